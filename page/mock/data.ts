// SPDX-License-Identifier: GPL-3.0-or-later
//
// data - made-up answers in the shapes of the API, for working on the page without consoled.
import type * as t from "../src/types";

let seed = 7;
export function random(n: number): number {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return Math.floor((seed / 0x7fffffff) * n);
}
const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
export const now = Date.now();
const hour = 3600000;
export const iso = (at: number) => new Date(at).toISOString().replace("Z", "456Z");

const people: [string, string, string, string][] = [
    ["PHONE-MTREMBLAY", "A-10442", "Marie Tremblay", "Ministers"],
    ["TABLET-0071", "A-20071", "K. Singh", "Field"],
    ["LAPTOP-7H2KQ", "A-31007", "J. Okafor", "Finance"],
    ["ANDROID-4c1f", "", "", ""],
    ["KIOSK-LOBBY-2", "A-00910", "Facilities", "Kiosks"],
    ["PHONE-AROY", "A-10519", "Alexandre Roy", "Communications"],
    ["LAPTOP-CONSUL-3", "A-34110", "Consulate, Shanghai", "Consular"],
    ["", "", "", ""],
    ["host\u202egnp.exe\u202c<b>x</b>", "", "=HYPERLINK(1)", ""],
    ["DESK-22014", "A-22014", "P. Gagnon", "Legal"],
];
export const devices: t.DeviceSeen[] = people.map(([host, tag, owner, group], i) => ({
    number: i + 1,
    key: tag ? `asset:${tag}` : `address:10.20.2.${i + 3}`,
    known: tag ? "inventory" : host ? "lease" : "unknown",
    mac: host ? `02:42:0a:14:02:0${i}` : "",
    host,
    tag,
    owner,
    group,
    address: `10.20.2.${i + 3}`,
    first: iso(now - 20 * 24 * hour),
    last: iso(now - random(3000) * 1000),
    incidents: 1 + random(3),
    attempts: 10 + random(4000),
    stopped: 8 + random(10),
}));

const apps = ["WeChat", "TikTok", "Kaspersky", "Encrypted DNS"];
const listOf: Record<string, string> = {
    WeChat: "wechat",
    TikTok: "tiktok",
    Kaspersky: "kaspersky",
    "Encrypted DNS": "encrypted-dns",
};
const namesOf: Record<string, string[]> = {
    WeChat: ["short.weixin.qq.com", "szshort.weixin.qq.com", "dns.weixin.qq.com", "web.wechat.com"],
    TikTok: ["api16-normal-c-useast1a.tiktokv.com", "www.tiktok.com", "log.byteoversea.com"],
    Kaspersky: ["dnl-01.geo.kaspersky.com", "ksn-file-geo.kaspersky-labs.com"],
    "Encrypted DNS": ["mask.icloud.com", "dns.google", "cloudflare-dns.com"],
};
const hostile = [
    "<img src=x onerror=alert(1)>.weixin.qq.com",
    "abc\u202egro.elpmaxe\u202c.qq.com",
    `${"a".repeat(10000)}.weixin.qq.com`,
    "=cmd|' /C calc'!A0.qq.com",
    "\u05d0\u05d1\u05d2.\u0000\u0007.wechat.com",
];

const stories: [
    number,
    number,
    t.Confidence,
    number,
    [string, number][],
    Record<string, number>,
    Record<string, number>,
][] = [
    [
        0,
        0,
        "sure",
        100,
        [
            ["mmtls", 212],
            ["installed-names", 388],
            ["many-hours", 61],
            ["many-days", 9],
        ],
        { installed: 560, visited: 40 },
        { dns: 310, mmtls: 212, tls: 70, httpdns: 8 },
    ],
    [
        5,
        0,
        "sure",
        90,
        [
            ["installed-names", 122],
            ["update", 4],
            ["many-hours", 22],
        ],
        { installed: 122, update: 4 },
        { dns: 100, tls: 26 },
    ],
    [
        1,
        1,
        "sure",
        78,
        [
            ["installed-names", 77],
            ["many-names", 8],
        ],
        { installed: 77 },
        { dns: 50, quic: 27 },
    ],
    [
        3,
        3,
        "likely",
        62,
        [
            ["bypass", 310],
            ["ways-around", 4],
            ["many-hours", 40],
        ],
        { bypass: 310 },
        { doh: 120, dot: 90, "other-dns": 80, doq: 20 },
    ],
    [
        2,
        2,
        "likely",
        54,
        [
            ["update", 31],
            ["many-days", 12],
        ],
        { update: 31 },
        { dns: 20, http: 11 },
    ],
    [8, 0, "likely", 45, [["installed-names", 2]], { installed: 2 }, { tls: 2 }],
    [
        4,
        1,
        "visited",
        32,
        [
            ["visited", 22],
            ["many-hours", 5],
        ],
        { visited: 22 },
        { dns: 12, tls: 10 },
    ],
    [9, 0, "visited", 20, [["visited", 3]], { visited: 3 }, { dns: 3 }],
    [6, 0, "context", 8, [["context", 41]], { context: 41 }, { answer: 41 }],
    [7, 1, "context", 4, [["context", 2]], { context: 2 }, { address: 2 }],
];
export const incidents: t.IncidentDetail[] = stories.map(
    ([device, app, confidence, points, reasons, evidence, ways], i) => {
        const attempts = Object.values(evidence).reduce((a, b) => a + b, 0);
        const name = apps[app] as string;
        return {
            id: i + 1,
            device: devices[device] as t.Device,
            app: name,
            first: iso(now - (20 - i) * 24 * hour),
            last: iso(now - (i * 47 + 3) * 60000),
            attempts,
            stopped: confidence === "context" ? 0 : Math.floor(attempts * (i % 2 ? 1 : 0.97)),
            evidence,
            ways,
            hours: 61 - i * 5,
            days: 9 - (i % 8),
            unresolved: i === 0 ? 14 : 0,
            names: i === 5 ? hostile : (namesOf[name] as string[]),
            list: listOf[name] as string,
            rule: `${listOf[name]}:14`,
            source: `${listOf[name]}.yaml:14`,
            authority: "Treasury Board of Canada Secretariat, notice of 2023-10-30",
            ticket: "SEC-2023-0117",
            group: "mobile",
            gateway: "gw-01",
            score: {
                points,
                confidence,
                reasons: reasons.map(([word, count]) => ({
                    word,
                    count,
                    text: `${count} ${word}`,
                })),
            },
            state:
                i === 4 ? "acknowledged" : i === 7 ? "closed" : i === 9 ? "false-positive" : "new",
            reopened: i === 2,
            assignee: i === 4 ? "a.roy" : "",
            changed: null,
            notes: 0,
            steps:
                i === 4
                    ? [
                          {
                              at: iso(now - 9 * hour),
                              by: "a.roy",
                              state: "acknowledged",
                              assignee: "a.roy",
                              note: "Called the owner.\nThe updater is left over.",
                          },
                      ]
                    : [],
            days_series: Array.from({ length: 14 }, (_, d) => {
                const rows = random(attempts / 6 + 2);
                return {
                    at: iso(Math.floor(now / 86400000 - 13 + d) * 86400000),
                    rows,
                    stopped: Math.floor(rows * 0.9),
                };
            }),
        } as t.IncidentDetail;
    },
);

const ways = ["dns", "dns", "dns", "tls", "quic", "mmtls", "doh", "answer"];
export function row(sequence: number, at: number): t.Row {
    const app = pick(apps);
    const device = pick(devices);
    const way = pick(ways);
    const wire = !["dns", "answer"].includes(way);
    const stopped = random(8) > 0;
    if (random(60) === 0)
        return {
            ...row(sequence, at),
            kind: "health",
            app: "",
            action: "packets-dropped",
            reason: "12 packets were dropped before they could be read, and not seen, on eth1",
            client: "",
            device: null,
            name: "",
            rule: "",
            evidence: "",
            stopped: false,
        };
    return {
        source: wire ? 2 : 1,
        sequence,
        at: iso(at),
        kind: "traffic",
        app,
        list: listOf[app] as string,
        rule: `${listOf[app]}:${10 + random(60)}`,
        action: wire
            ? stopped
                ? "flow-drop"
                : "flow-observe"
            : stopped
              ? pick(["dns-sinkhole", "dns-nxdomain"])
              : "dns-observe",
        way,
        evidence: pick(["installed", "installed", "visited", "update", "context", "bypass"]),
        group: "mobile",
        gateway: pick(["gw-01", "gw-02"]),
        program: wire ? "inspectd" : "dnsd",
        client: device.address,
        client_port: 40000 + random(20000),
        server: wire ? "198.51.100.240" : "10.20.0.53",
        server_port: wire ? 443 : 53,
        name:
            way === "mmtls"
                ? ""
                : random(14) === 0
                  ? pick(hostile)
                  : pick(namesOf[app] as string[]),
        reason: "name is on a list",
        severity: 4,
        stopped,
        device,
    };
}
export const rows: t.Row[] = Array.from({ length: 900 }, (_, i) =>
    row(9000 - i, now - i * 41000 - random(30000)),
);

export function gateways(): t.Gateway[] {
    const chain = { whole: true, breaks: 0, missing: 0, text: "", at: null };
    const health = {
        dropped: 0,
        flows_full: 0,
        gather_full: 0,
        events_lost: 0,
        blind_seconds: 0,
        restarts: 0,
        last_bad_at: null,
        last_bad: "",
    };
    const one = {
        folder: "/var/lib/ponor/events",
        last_at: iso(now - 4000),
        read_at: iso(now),
        behind_seconds: 0,
        lines: 981223,
        chain,
        lost: 0,
        sampled: 0,
        health,
        past: false,
    };
    return [
        { ...one, gateway: "gw-01", program: "dnsd" },
        {
            ...one,
            gateway: "gw-01",
            program: "inspectd",
            lines: 41201,
            health: {
                ...health,
                blind_seconds: 42,
                dropped: 1204,
                last_bad: "1204 packets were dropped",
                last_bad_at: iso(now - 5 * hour),
            },
        },
        {
            ...one,
            gateway: "gw-02",
            program: "dnsd",
            lines: 12044,
            last_at: iso(now - 300000),
            chain: {
                whole: false,
                breaks: 1,
                missing: 6,
                text: "blocked.jsonl:7: this line was changed",
                at: iso(now - 7 * hour),
            },
        },
    ];
}

export function overview(from: string): t.Overview {
    const days = Number.parseInt(/-(\d+)/.exec(from)?.[1] ?? "7", 10);
    const hours = from.endsWith("d") ? days * 24 : days;
    const bucket = hours > 24 * 8 ? 86400 : 3600;
    const start = Math.floor((now - hours * hour) / (bucket * 1000)) * bucket * 1000;
    const series: t.Overview["series"] = [];
    for (let at = start; at < now; at += bucket * 1000) {
        const busy = 1 + Math.max(0, Math.sin(((at / hour) % 24) / 3.8 - 1.6)) * 6;
        const values: Record<string, [number, number]> = {};
        for (const [i, app] of apps.entries()) {
            const n = Math.floor((random(30) + 10) * busy * (1.2 - i * 0.28));
            if (n > 0) values[app] = [n, Math.floor(n * 0.9)];
        }
        series.push({ at: iso(at), values });
    }
    const sum = (app: string, k: 0 | 1) =>
        series.reduce((n, s) => n + (s.values[app]?.[k] ?? 0), 0);
    const counted = apps.map((app) => ({ app, rows: sum(app, 0), stopped: sum(app, 1) }));
    const states = { new: 0, acknowledged: 0, closed: 0, "false-positive": 0 };
    for (const i of incidents) states[i.state]++;
    return {
        from: iso(start),
        until: iso(now),
        bucket_seconds: bucket,
        totals: {
            rows: counted.reduce((n, a) => n + a.rows, 0),
            stopped: counted.reduce((n, a) => n + a.stopped, 0),
            devices: devices.length,
            incidents: states,
        },
        apps: counted,
        series,
        gateways: gateways(),
        latest: incidents.filter((i) => i.state === "new").slice(0, 8),
        store: {
            kind: "sqlite",
            first: iso(now - 90 * 24 * hour),
            last: iso(now),
            rows: 10412223,
            bytes: 2.9e9,
            waiting: 0,
            text: "",
        },
    };
}

export const lists: t.ListDetail[] = apps.map((app, i) => {
    const id = listOf[app] as string;
    const rules_list: t.Rule[] = Array.from({ length: 24 }, (_, k) => {
        const hit = random(3) > 0;
        return {
            rule: `${id}:${20 + k * 3}`,
            kind: k === 0 ? "protocol" : k % 9 === 8 ? "address" : k % 4 === 3 ? "name" : "domain",
            value:
                k === 0
                    ? "mmtls"
                    : k % 9 === 8
                      ? "203.0.113.0/24"
                      : `n${k}.${(namesOf[app] as string[])[0]}`,
            action: k % 7 === 6 ? "observe" : "sinkhole",
            evidence: pick(["installed", "visited", "context"]),
            note: k % 5 === 0 ? "HTTPDNS of the app: it asks here in parallel with DNS" : "",
            ticket: k % 6 === 0 ? "SEC-2026-0030" : "",
            line: 20 + k * 3,
            rows: hit ? random(4000) + 1 : 0,
            stopped: hit ? random(1000) : 0,
            first: hit ? iso(now - 50 * 24 * hour) : null,
            last: hit ? iso(now - random(90000) * 1000) : null,
        };
    });
    return {
        list: id,
        title: app === "WeChat" ? "WeChat (Weixin)" : app,
        app,
        authority: "Treasury Board of Canada Secretariat, notice of 2023-10-30",
        reference: "https://www.canada.ca/en/treasury-board-secretariat/news/2023/10/notice.html",
        owner: "netsec@agency.example",
        ticket: "SEC-2023-0117",
        serial: 2026112402,
        review_by: ["2027-03-31", "2026-12-10", "2026-10-01", null][i] ?? null,
        review: (["fine", "soon", "past", "none"] as const)[i] ?? "none",
        action: "sinkhole",
        evidence: "installed",
        rules: rules_list.length,
        never_hit: rules_list.filter((r) => r.rows === 0).length,
        rows: 40122 - i * 9000,
        stopped: 39000 - i * 9000,
        last: iso(now - i * hour),
        rules_list,
    };
});
