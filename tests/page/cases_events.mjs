// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_events - every filter, the table that loads on, one line and why, exports.
import assert from "node:assert/strict";
import { ask, done, open, queryOf, settled, visit } from "./browser.mjs";
import { linesOf } from "./lab.mjs";

const filters = [
    ["app", "WeChat", (r) => r.app === "WeChat"],
    ["list", "tiktok", (r) => r.list === "tiktok"],
    ["action", "dns-observe", (r) => r.action === "dns-observe"],
    ["way", "mmtls", (r) => r.way === "mmtls"],
    ["evidence", "update", (r) => r.evidence === "update"],
    ["group", "mobile", (r) => r.group === "mobile"],
    ["gateway", "gw-02", (r) => r.gateway === "gw-02"],
    ["program", "inspectd", (r) => r.program === "inspectd"],
    ["client", "10.20.2.0/24", (r) => r.client.startsWith("10.20.2.")],
    ["rule", "tiktok:14", (r) => r.rule === "tiktok:14"],
    ["device", "PHONE-MTREMBLAY", (r) => r.device.host === "PHONE-MTREMBLAY"],
    ["stopped", "no", (r) => !r.stopped],
    ["severity", "5", (r) => r.severity >= 5],
    ["traffic", "no", null],
    ["from", "-2h", (r, now) => Date.parse(r.at) >= now - 7260000],
    ["until", "-1d", (r, now) => Date.parse(r.at) < now - 86000000],
    ["name", "kaspersky.com", (r) => /(^|\.)kaspersky\.com$/.test(r.name)],
];

async function more(page) {
    if (!(await page.locator("#more-filters").count()))
        await page.getByRole("button", { name: "More filters" }).click();
}

async function set(page, name, value) {
    const field = page.locator(`main [name="${name}"]`).first();
    const waits = page.waitForResponse(
        (r) => r.url().includes("/api/events?") && r.url().includes(`${name}=`),
    );
    if ((await field.evaluate((e) => e.tagName)) === "SELECT") await field.selectOption(value);
    else {
        await field.fill(value);
        await field.blur();
    }
    const answer = await (await waits).json();
    await settled(page);
    return answer;
}

export const cases = {
    "every filter of events filters, stands in the URL and can be taken away": async () => {
        const page = await open();
        const device = (await ask(page, "/api/devices?q=PHONE-MTREMBLAY")).devices[0].number;
        await visit(page, "/events");
        await more(page);
        for (const [name, value, holds] of filters) {
            const check = holds ?? (() => true);
            const { rows } = await set(page, name, value);
            assert.ok(rows.length > 0, `${name}=${value} finds nothing`);
            const now = Date.now();
            for (const row of rows)
                assert.ok(check(row, now), `${name}=${value}: ${JSON.stringify(row)}`);
            assert.equal(queryOf(page)[name], name === "device" ? String(device) : value);
            if (name === "device") await page.locator(".chip", { hasText: value }).waitFor();
            assert.equal(await page.locator("main tbody tr").count(), rows.length);
            await page.locator(".chip.filter").click();
            await settled(page);
            assert.equal(queryOf(page)[name], undefined);
        }
        await done(page);
    },
    "notices and health are shown when they are asked for": async () => {
        const page = await open();
        await visit(page, "/events?traffic=no&program=inspectd&order=oldest");
        assert.match(
            await page.locator("main tbody").innerText(),
            /events are written from now on|record-started/,
        );
        await done(page);
    },
    "several filters hold together, and all are cleared at once": async () => {
        const page = await open();
        await visit(page, "/events?app=WeChat&client=10.20.2.3&stopped=yes");
        assert.equal(await page.locator(".chip.filter").count(), 3);
        assert.ok((await page.locator("main tbody tr").count()) > 3);
        await page.getByRole("link", { name: "Clear all" }).click();
        await settled(page);
        assert.deepEqual(queryOf(page), {});
        await done(page);
    },
    "what no filter can mean is refused in words": async () => {
        const page = await open();
        await visit(page, "/events?client=nonsense");
        assert.match(await page.getByRole("alert").innerText(), /not understood/);
        await done(page);
    },
    "the table loads on, without doubles and in order": async () => {
        const page = await open();
        await visit(page, "/events?gateway=gw-02");
        assert.equal(await page.locator("main tbody tr").count(), 100);
        for (let i = 0; i < 3; i++) {
            const before = await page.locator("main tbody tr").count();
            await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
            await page.waitForFunction(
                (n) => document.querySelectorAll("main tbody tr").length > n,
                before,
            );
        }
        const links = await page.$$eval("main tbody [data-row]", (all) =>
            all.map((a) => a.getAttribute("href")),
        );
        assert.equal(new Set(links).size, links.length);
        const times = await page.$$eval("main tbody .time time", (all) =>
            all.map((t) => t.dateTime),
        );
        assert.deepEqual(times, [...times].sort().reverse());
        await done(page);
    },
    "a line says why, and is shown exactly as it stands in its file": async () => {
        const page = await open();
        await visit(page, "/events?app=WeChat&gateway=gw-01&program=dnsd&name=wechat.com");
        const row = page.locator("main [data-row]").first();
        await row.focus();
        await page.keyboard.press("Enter");
        const drawer = page.getByRole("dialog");
        await drawer.locator(".json").waitFor();
        const text = await drawer.innerText();
        for (const word of [
            "wechat.yaml:",
            "Treasury Board of Canada Secretariat",
            "SEC-2023-0117",
            "encrypted-dns",
            "LAPTOP-7H2KQ",
        ])
            assert.ok(text.includes(word), `${word} in ${text}`);
        const sequence = Number(/line=\d+\.(\d+)/.exec(decodeURIComponent(page.url()))[1]);
        await drawer.getByRole("button", { name: "Exact" }).click();
        const shown = await drawer.locator(".json-text").innerText();
        assert.equal(shown, linesOf("events").get(sequence));
        const before = page.url();
        await page.keyboard.press("j");
        await page.waitForFunction((u) => location.href !== u, before);
        await drawer.locator(".json").waitFor();
        await page.keyboard.press("k");
        await page.waitForFunction((u) => location.href === u, before);
        await page.keyboard.press("Escape");
        await drawer.waitFor({ state: "detached" });
        assert.ok(!page.url().includes("line="));
        assert.ok(
            await row.evaluate((e) => e === document.activeElement),
            "focus comes back to the row",
        );
        await done(page);
    },
    "a link to a line opens it": async () => {
        const page = await open();
        const { rows } = await ask(page, "/api/events?way=mmtls&most=1");
        await visit(page, `/events?line=${rows[0].source}.${rows[0].sequence}@${rows[0].at}`);
        const drawer = page.getByRole("dialog");
        await drawer.locator(".json").waitFor();
        assert.match(await drawer.innerText(), /WeChat’s own protocol/);
        await done(page);
    },
    "events are exported as filtered, and safe in a spreadsheet": async () => {
        const page = await open();
        await visit(page, "/events?client=10.20.9.0/24");
        const read = async (name) => {
            const waits = page.waitForEvent("download");
            await page.getByRole("link", { name }).click();
            const download = await waits;
            let text = "";
            for await (const part of await download.createReadStream()) text += part;
            return [download.suggestedFilename(), text];
        };
        const [jsonName, json] = await read("Export JSON");
        const [csvName, csv] = await read("Export CSV");
        assert.match(jsonName, /\.json$/);
        assert.match(csvName, /\.csv$/);
        const rows = JSON.parse(json);
        assert.equal(rows.length, 7);
        assert.ok(rows.every((r) => r.client.startsWith("10.20.9.")));
        assert.ok(csv.includes("'=cmd|"), "a formula is made text");
        assert.ok(!/(^|,|")=cmd/m.test(csv));
        await done(page);
    },
};
