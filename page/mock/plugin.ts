// SPDX-License-Identifier: GPL-3.0-or-later
//
// plugin - the API of data.ts inside Vite's servers: `npm run dev`, or a built page by
// `vite preview`, with consoled's content policy. Never part of the built page.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import * as data from "./data";

const policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "font-src 'self'; " +
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

let isIn = process.env["MOCK_LOGIN"] !== "1";
const account = {
    name: "a.roy",
    permission: "admin",
    totp: false,
    must_change: false,
    language: "",
};
const session = () => ({
    account,
    csrf: "c",
    ends: null,
    version: "0.1.0",
    now: data.iso(Date.now()),
});

type Answer = { code?: number; body?: unknown };

function readers(url: URL): Answer {
    const q = url.searchParams;
    const path = url.pathname;
    const id = decodeURIComponent(path.split("/")[3] ?? "");
    if (path === "/api/overview") return { body: data.overview(q.get("from") ?? "-7d") };
    if (path === "/api/series") {
        const by = q.get("by") as keyof (typeof data.rows)[0];
        const values = new Set(data.rows.map((r) => String(r[by])));
        return {
            body: {
                by,
                bucket_seconds: 0,
                series: [...values].map((value) => ({ value, rows: 1, stopped: 1 })),
            },
        };
    }
    if (path === "/api/incidents") {
        const state = (q.get("state") ?? "all").split(",");
        const found = data.incidents.filter(
            (i) =>
                (state[0] === "all" || state.includes(i.state)) &&
                (!q.get("app") || i.app === q.get("app")) &&
                i.score.points >= Number(q.get("least") ?? 0) &&
                (!q.get("q") ||
                    JSON.stringify(i)
                        .toLowerCase()
                        .includes((q.get("q") ?? "").toLowerCase())),
        );
        return { body: { incidents: found, total: found.length } };
    }
    if (path.startsWith("/api/incidents/")) return { body: data.incidents[Number(id) - 1] };
    if (path === "/api/events") {
        const skip = Number(q.get("after") ?? 0);
        const most = Number(q.get("most") ?? 100);
        const found = data.rows.filter(
            (r) =>
                (!q.get("app") || r.app === q.get("app")) &&
                (!q.get("device") || r.device?.number === Number(q.get("device"))) &&
                (!q.get("client") || r.client === q.get("client")),
        );
        return {
            body: {
                rows: found.slice(skip, skip + most),
                next: skip + most < found.length ? String(skip + most) : null,
                complete: true,
                reached: null,
            },
        };
    }
    if (path.startsWith("/api/events/")) {
        const row =
            data.rows.find((r) => r.sequence === Number(path.split("/")[4])) ?? data.rows[0];
        const raw = {
            "@timestamp": row?.at,
            event: {
                kind: "event",
                category: ["network"],
                action: row?.action,
                sequence: row?.sequence,
            },
            source: { ip: row?.client, port: row?.client_port },
            dns: { question: { name: row?.name, type: "A" } },
            ponor: { app: row?.app, lost: 0, strict: true },
        };
        return {
            body: {
                row,
                raw,
                raw_text: JSON.stringify(raw),
                why: {
                    list: row?.list,
                    title: "WeChat (Weixin)",
                    rule: row?.rule,
                    rule_name: "weixin.qq.com",
                    file: "wechat.yaml",
                    line: 14,
                    authority: "Treasury Board of Canada Secretariat, notice of 2023-10-30",
                    reference: "https://www.canada.ca/notice",
                    ticket: "SEC-2023-0117",
                    owner: "netsec@agency.example",
                    note: "",
                    serial: 2026112401,
                    serial_now: 2026112402,
                    asked_before: ["encrypted-dns"],
                    text: "The name short.weixin.qq.com is below weixin.qq.com, " +
                        "which the list WeChat (Weixin) sinkholes.",
                },
            },
        };
    }
    if (path === "/api/devices") return { body: { devices: data.devices, more: false } };
    if (path.startsWith("/api/devices/")) {
        const device = data.devices[Number(id) - 1];
        return {
            body: {
                ...device,
                addresses: [
                    {
                        address: device?.address,
                        first: device?.first,
                        last: device?.last,
                        rows: 400,
                    },
                ],
                incidents: data.incidents.filter((i) => i.device.number === Number(id)),
            },
        };
    }
    if (path === "/api/lists") return { body: { lists: data.lists, generation: 12, known: true } };
    if (path.startsWith("/api/lists/")) return { body: data.lists.find((l) => l.list === id) };
    if (path === "/api/gateways") return { body: { gateways: data.gateways() } };
    if (path === "/api/audit")
        return {
            body: {
                lines: ["login", "case-closed", "case-noted", "password-changed"].map(
                    (action, i) => ({
                        sequence: 9 - i,
                        at: data.iso(data.now - i * 999999),
                        by: "a.roy",
                        from: "127.0.0.1",
                        action,
                        about: i === 0 ? "a.roy" : "asset:A-10442 WeChat",
                        raw: { action, chain: "9f86d081" },
                    }),
                ),
                next: 5,
                chain: { whole: true, lines: 9, text: "" },
            },
        };
    if (path === "/api/accounts")
        return {
            body: {
                accounts: [
                    ["a.roy", "admin"],
                    ["k.singh", "analyst"],
                    ["auditor", "viewer"],
                ].map(([name, permission], i) => ({
                    name,
                    permission,
                    totp: i === 0,
                    disabled: i === 2,
                    must_change: i === 1,
                    created: data.iso(data.now - 9e9),
                    last_login: i === 1 ? null : data.iso(data.now),
                    locked_until: null,
                })),
            },
        };
    return { code: 404, body: { error: { word: "not-found", text: "There is no such route." } } };
}

function writers(url: URL, body: Record<string, unknown>): Answer {
    const path = url.pathname;
    if (path === "/api/login") {
        if (body["password"] === "wrong")
            return { code: 401, body: { error: { word: "wrong", text: "" } } };
        if (body["name"] === "totp" && !body["code"])
            return { code: 401, body: { error: { word: "code-needed", text: "" } } };
        isIn = true;
        account.must_change = body["name"] === "admin";
        return { body: session() };
    }
    if (path === "/api/logout") isIn = false;
    if (path === "/api/password") account.must_change = false;
    if (path === "/api/totp")
        return {
            body: {
                secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                uri: "otpauth://totp/Ponor:a.roy?secret=JBSWY3DPEHPK3PXP&issuer=Ponor",
            },
        };
    if (path === "/api/totp/confirm") account.totp = true;
    if (path === "/api/totp/off") account.totp = false;
    const incident = /^\/api\/incidents\/(\d+)$/.exec(path);
    if (incident) {
        const found = data.incidents[Number(incident[1]) - 1];
        if (found) {
            Object.assign(found, body);
            found.steps.push({
                at: data.iso(Date.now()),
                by: account.name,
                state: null,
                assignee: null,
                note: null,
                ...body,
            });
        }
        return { body: found };
    }
    return { code: 204 };
}

function tail(answer: ServerResponse): void {
    answer.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    let sequence = 20000;
    const timer = setInterval(() => {
        answer.write(`event: row\ndata: ${JSON.stringify(data.row(sequence++, Date.now()))}\n\n`);
    }, 300);
    answer.on("close", () => clearInterval(timer));
}

function serve(request: IncomingMessage, answer: ServerResponse, next: () => void): void {
    const url = new URL(request.url ?? "/", "http://mock");
    if (!url.pathname.startsWith("/api/")) return next();
    if (url.pathname === "/api/tail") return tail(answer);
    const say = ({ code = 200, body }: Answer) => {
        answer.writeHead(code, { "Content-Type": "application/json", "Cache-Control": "no-store" });
        answer.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (request.method === "GET") {
        if (!isIn) return say({ code: 401, body: { error: { word: "login", text: "" } } });
        return say(url.pathname === "/api/session" ? { body: session() } : readers(url));
    }
    let text = "";
    request.on("data", (part) => (text += String(part)));
    request.on("end", () => say(writers(url, JSON.parse(text || "{}"))));
}

export function mock(): Plugin {
    return {
        name: "mock",
        configureServer: (server) => void server.middlewares.use(serve),
        configurePreviewServer: (server) =>
            void server.middlewares.use((request, answer, next) => {
                answer.setHeader("Content-Security-Policy", policy);
                serve(request, answer, next);
            }),
    };
}
