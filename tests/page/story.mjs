// SPDX-License-Identifier: GPL-3.0-or-later
//
// story - two weeks of another gateway, written as dnsd writes them, with a real chain: enough to
// look at, and names, owners and values that nobody would choose in good faith.
import { createHash } from "node:crypto";
import fs from "node:fs";

const hour = 3600000;
const lists = {
    WeChat: [
        "wechat",
        "SEC-2023-0117",
        ["short.weixin.qq.com", "long.weixin.qq.com", "web.wechat.com"],
    ],
    TikTok: [
        "tiktok",
        "SEC-2023-0021",
        ["api16.tiktokv.com", "log.byteoversea.com", "www.tiktok.com"],
    ],
    Kaspersky: [
        "kaspersky",
        "SEC-2023-0118",
        ["dnl-01.geo.kaspersky.com", "ksn-file-geo.kaspersky-labs.com"],
    ],
    "Encrypted DNS": ["encrypted-dns", "SEC-2026-0030", ["mask.icloud.com", "dns.google"]],
};

/** What a page must show as text, whatever it is. */
export const hostile = {
    html: "<img src=x onerror=window.struck=1>.weixin.qq.com",
    turned: "abc\u202egro.elpmaxe\u202c.weixin.qq.com",
    formula: "=cmd|' /C calc'!A0.weixin.qq.com",
    controls: "a\u0000b\u0007c\u001b[31m\u200b.weixin.qq.com",
    marks: `z${"\u0301".repeat(40)}.weixin.qq.com`,
    long: `${"a".repeat(9986)}.weixin.qq.com`, // 10,000 characters
};
export const owners = {
    "10.20.9.1": ["host\u202egnp.exe\u202c", '=HYPERLINK("http://evil.example")', "A-66001"],
    "10.20.9.2": ["<script>window.struck=1</script>", 'O\'Neil & "Sons"', "A-66002"],
};

const people = [
    ["10.20.2.3", "PHONE-MTREMBLAY", "Marie Tremblay", "A-10442"],
    ["10.20.2.4", "LAPTOP-7H2KQ", "J. Okafor", "A-31007"],
    ["10.20.2.5", "TABLET-0071", "K. Singh", "A-20071"],
    ["10.20.2.6", "DESK-22014", "P. Gagnon", "A-22014"],
    ["10.20.4.2", "PHONE-AROY", "Alexandre Roy", "A-10519"],
    ["10.20.4.3", "KIOSK-LOBBY-2", "Facilities", "A-00910"],
];

export function writeInventory(file) {
    const quote = (text) => `"${text.replaceAll('"', '""')}"`;
    const rows = people.map(([address, host, owner, tag]) => [address, host, owner, tag]);
    for (const [address, [host, owner, tag]] of Object.entries(owners))
        rows.push([address, host, owner, tag]);
    const lines = rows.map((row) => [...row, "mobile"].map(quote).join(","));
    fs.writeFileSync(file, ["address,host,owner,tag,group", ...lines, ""].join("\n"));
}

/** JSON in pure ASCII, as event lines are. */
function ascii(value) {
    return JSON.stringify(value).replace(
        /[\u007f-\uffff]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

function line(sequence, at, client, app, name, evidence, action) {
    const [list, ticket] = lists[app];
    const denied = action !== "observe";
    return {
        "@timestamp": new Date(at).toISOString().replace("Z", "000Z"),
        ecs: { version: "8.11.0" },
        event: {
            kind: "event",
            category: ["network"],
            type: ["protocol", denied ? "denied" : "info"],
            action: `dns-${action}`,
            reason: "name is on a list",
            severity:
                evidence === "bypass"
                    ? 5
                    : evidence === "visited"
                      ? 3
                      : evidence === "context"
                        ? 2
                        : 4,
            module: "ponor",
            dataset: "ponor.dns",
            sequence,
            duration: 41000,
        },
        observer: {
            vendor: "Ponor",
            product: "dnsd",
            type: "dns",
            name: "gw-02",
            version: "0.1.0",
        },
        source: { ip: client, port: 53411 },
        destination: { ip: "10.20.0.54", port: 53 },
        network: { transport: "udp", protocol: "dns", application: list },
        dns: {
            type: "answer",
            question: { name, type: "A", class: "IN" },
            response_code: "NOERROR",
        },
        rule: {
            id: `${list}:14`,
            name: "weixin.qq.com",
            ruleset: list,
            category: "banned-app",
            version: "2026112401",
        },
        ponor: {
            action,
            seen: "question",
            group: "mobile",
            app,
            evidence,
            authority: "Treasury Board of Canada Secretariat, notice of 2023-10-30",
            ticket,
            source: `${list}.yaml:14`,
            lost: 0,
        },
    };
}

let seed = 11;
function random(n) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return Math.floor((seed / 0x7fffffff) * n);
}

/** Who does what, how often an hour at the busiest, and for how many days back. */
const habits = [
    ["10.20.4.2", "WeChat", "installed", 4, 12],
    ["10.20.2.3", "WeChat", "installed", 3, 14],
    ["10.20.2.5", "TikTok", "installed", 3, 9],
    ["10.20.2.6", "Kaspersky", "update", 1, 14],
    ["10.20.4.3", "TikTok", "visited", 1, 5],
    ["10.20.8.77", "Encrypted DNS", "bypass", 3, 6],
    ["10.20.8.78", "WeChat", "context", 1, 10],
];

export function writeStory(folder) {
    fs.mkdirSync(folder, { mode: 0o755 });
    const now = Date.now();
    const told = [];
    for (const [client, app, evidence, often, days] of habits)
        for (let at = now - days * 24 * hour; at < now - hour; at += hour) {
            const busy = Math.sin((((at / hour) % 24) / 24) * 2 * Math.PI - 2.4) + 0.35;
            for (let i = 0; i < often * busy; i++) {
                const names = lists[app][2];
                const name = names[random(names.length)];
                const action = evidence === "context" ? "observe" : "sinkhole";
                told.push([at + random(hour), client, app, name, evidence, action]);
            }
        }
    let at = now - 2 * hour;
    for (const name of Object.values(hostile))
        told.push([(at += 1000), "10.20.9.1", "WeChat", name, "installed", "sinkhole"]);
    told.push([at + 1000, "10.20.9.2", "WeChat", "web.wechat.com", "visited", "sinkhole"]);
    told.sort((a, b) => a[0] - b[0]);
    let chain = "0".repeat(64);
    const lines = told.map((event, i) => {
        const object = line(i + 1, ...event);
        object.ponor.chain = chain;
        const text = ascii(object);
        chain = createHash("sha256").update(text).digest("hex");
        return text;
    });
    fs.writeFileSync(`${folder}/blocked.jsonl`, `${lines.join("\n")}\n`);
}
