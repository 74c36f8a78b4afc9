// SPDX-License-Identifier: GPL-3.0-or-later
//
// lab - dnsd, inspectd and consoled in a network namespace of their own, with clients that ask and
// connect, so that the page has real lines to show.
//
// Used by run.mjs, which is inside the namespace already. Ends what it started, by its process.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import tls from "node:tls";
import url from "node:url";
import { writeInventory, writeStory } from "./story.mjs";

export const root = path.resolve(path.dirname(url.fileURLToPath(import.meta.url)), "../..");
const resolver = "10.20.0.53";
const server = "198.18.0.3"; // RFC 2544: no address of anybody's
export const clients = [3, 4, 5, 6, 7].map((n) => `10.20.2.${n}`);
const port = 8053;
export const site = `http://127.0.0.1:${port}`;

export const folder = fs.mkdtempSync(path.join(os.tmpdir(), "ponor-page-"));
fs.chmodSync(folder, 0o755);
const children = [];

export function stopAll() {
    for (const child of children.reverse()) child.kill("SIGTERM");
    const limit = Date.now() + 5000;
    while (Date.now() < limit && children.some((c) => c.exitCode === null && alive(c.pid)))
        execFileSync("sleep", ["0.05"]);
    fs.rmSync(folder, { recursive: true, force: true });
}
function alive(pid) {
    try {
        return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
        return false;
    }
}

export const log = (name) => fs.readFileSync(path.join(folder, `${name}.log`), "utf8");

function start(name, program, ...options) {
    const out = fs.openSync(path.join(folder, `${name}.log`), "a");
    const child = spawn(program, options, { stdio: ["ignore", out, out] });
    children.push(child);
    return child;
}

export async function until(what, condition, seconds = 90) {
    const limit = Date.now() + seconds * 1000;
    for (;;) {
        const result = await condition();
        if (result) return result;
        if (Date.now() > limit) throw new Error(`${what} did not happen within ${seconds} s`);
        await new Promise((done) => setTimeout(done, 50));
    }
}

function configuration(build) {
    const page = [`${build}/page`, `${root}/build/page`].find((p) =>
        fs.existsSync(`${p}/index.html`),
    );
    if (!page) throw new Error("the page is not built: ./dev build");
    const lists = ["encrypted-dns", "wechat", "kaspersky", "tiktok"];
    return `
gateway: gw-01
image: ${folder}/policy.image
control: ${folder}/control.sock
lists:
${lists.map((list) => `  - {list: ${list}, file: ${folder}/${list}.yaml}`).join("\n")}
groups:
  - {group: mobile, clients: [10.20.0.0/16], lists: [${lists.join(", ")}]}
dnsd:
  listen: [${resolver}@53]
  allow: [10.20.0.0/16]
  sinkhole: [10.20.0.99]
  workers: 1
  query_timeout: 2s
  stale: {after: 900ms}
  recurse: {trust_anchor: ''}
  events: {folder: ${folder}/events}
inspectd:
  control: ${folder}/inspectd.sock
  interfaces: [lo]
  memory: 32M
  buffer: 4M
  events: {folder: ${folder}/seen}
consoled:
  listen: [127.0.0.1@${port}]
  control: ${folder}/consoled.sock
  folder: ${folder}/console
  page: ${page}
  events: [${folder}/events, ${folder}/seen, ${folder}/gw-02]
  session: {wrong: 50}
  history: {folder: ${folder}/history}
  devices: {inventory: ${folder}/inventory.csv}
`;
}

/** Several questions of one client in one dig. */
export function dig(client, ...names) {
    const asked = names.flatMap((name) => [name, "A"]);
    execFileSync("dig", [`@${resolver}`, "-b", client, "+tries=1", "+time=3", "+short", ...asked]);
}

function connect(client, toPort) {
    return new Promise((done) => {
        const socket = net.connect({ host: server, port: toPort, localAddress: client });
        socket.on("connect", () => done(socket)).on("error", () => done(null));
    });
}

async function hello(client, name) {
    const socket = await connect(client, 443);
    if (!socket) return;
    await new Promise((done) => {
        const secure = tls.connect({ socket, servername: name, rejectUnauthorized: false });
        secure.on("error", done).on("close", done).on("secureConnect", done);
        setTimeout(done, 1000);
    });
    socket.destroy();
}

/** What the client says first in a capture of this project. */
function firstBytes(name) {
    const file = fs.readFileSync(`${root}/tests/captures/${name}/packets.pcap`);
    for (let at = 24; at < file.length;) {
        const length = file.readUInt32LE(at + 8);
        const packet = file.subarray(at + 16, at + 16 + length);
        const ip = packet.subarray(14);
        const tcp = ip.subarray((ip[0] & 15) * 4, ip.readUInt16BE(2));
        const payload = tcp.subarray((tcp[12] >> 4) * 4);
        if (payload.length > 0) return payload;
        at += 16 + length;
    }
    throw new Error(`${name} holds no payload`);
}

async function mmtls(client, times) {
    const bytes = firstBytes("mmtls-8080");
    for (let i = 0; i < times; i++) {
        const socket = await connect(client, 8080);
        if (!socket) continue;
        socket.write(bytes);
        await new Promise((done) => setTimeout(done, 60));
        socket.destroy();
    }
}

function serve() {
    for (const open of [80, 443, 8080]) {
        const listener = net.createServer((socket) => {
            socket.on("error", () => undefined).on("data", () => socket.end());
        });
        listener.listen(open, server);
        listener.unref();
    }
}

async function traffic() {
    const [phone, laptop, tablet, desk, bypasser] = clients;
    const weixin = ["short", "szshort", "long", "extshort", "dns", "minorshort"];
    dig(phone, ...weixin.map((n) => `${n}.weixin.qq.com`), "wx.qq.com");
    dig(laptop, "www.wechat.com", "web.wechat.com");
    dig(tablet, "api16-normal-c-useast1a.tiktokv.com", "log.byteoversea.com", "www.tiktok.com");
    dig(
        desk,
        "dnl-01.geo.kaspersky.com",
        "ksn-file-geo.kaspersky-labs.com",
        "dnl-02.geo.kaspersky.com",
    );
    dig(bypasser, "mask.icloud.com", "dns.google", "cloudflare-dns.com");
    dig(phone, "\\000\\007\\226\\128\\174<b>.weixin.qq.com");
    await mmtls(phone, 4);
    await hello(phone, "szshort.weixin.qq.com");
    await hello(laptop, "www.wechat.com");
    await hello(bypasser, "dns.google");
}

export async function begin(build) {
    execFileSync("ip", ["link", "set", "lo", "up"]);
    for (const address of [resolver, "10.20.0.99", server, ...clients])
        execFileSync("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
    const programs = `${build}/dnsd/programs`;
    for (const list of ["encrypted-dns", "wechat", "kaspersky", "tiktok"])
        fs.copyFileSync(`${root}/blocklists/${list}.yaml`, `${folder}/${list}.yaml`);
    const file = `${folder}/ponor.yaml`;
    fs.writeFileSync(file, configuration(build));
    writeInventory(`${folder}/inventory.csv`);
    writeStory(`${folder}/gw-02`);
    serve();
    start("dnsd", `${programs}/dnsd`, "-c", file);
    await until("dnsd", () => answers(programs, file));
    start("inspectd", `${programs}/inspectd`, "-c", file);
    await until("inspectd", () => log("inspectd").includes("; policy: "));
    await traffic();
    start("consoled", `${programs}/consoled`, "-c", file);
    await until("consoled", async () => {
        try {
            return (await fetch(`${site}/healthz`)).ok;
        } catch {
            return false;
        }
    });
    return fs.readFileSync(`${folder}/console/first-password`, "utf8").trim();
}

function answers(programs, file) {
    const said = spawnSync(`${programs}/ponor`, ["-c", file, "status"], { timeout: 5000 });
    return String(said.stdout).includes("in service");
}

/** Every line of a folder of event files, by its number. */
export function linesOf(name) {
    const out = new Map();
    for (const file of fs.readdirSync(`${folder}/${name}`).filter((f) => f.endsWith(".jsonl")))
        for (const line of fs.readFileSync(`${folder}/${name}/${file}`, "latin1").split("\n"))
            if (line !== "") out.set(JSON.parse(line).event.sequence, line);
    return out;
}
