// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_overview - the first minute.
import assert from "node:assert/strict";
import { ask, done, open, settled, visit } from "./browser.mjs";

export const cases = {
    "the overview says how many devices, and names the most certain": async () => {
        const page = await open("/");
        await settled(page);
        const told = await ask(page, "/api/overview?from=-7d");
        assert.ok(told.totals.devices >= 5, JSON.stringify(told.totals));
        assert.match(
            await page.locator(".lead").first().innerText(),
            /devices tried to reach a banned app/,
        );
        const tile = await page.locator(".tile .value").first().innerText();
        assert.equal(Number(tile.replace(/\D/g, "")), told.totals.incidents.new);
        const first = page.locator("main table.rows [data-row]").first();
        assert.equal(await first.getAttribute("href"), `/incidents/${told.latest[0].id}`);
        assert.ok(["sure", "likely"].includes(told.latest[0].score.confidence));
        await done(page);
    },
    "the chart has a legend of switches, is read by arrow keys, and is a table too": async () => {
        const page = await open("/");
        await settled(page);
        const legend = page.getByRole("group", { name: "Apps shown" });
        const wechat = legend.getByRole("button", { name: /WeChat/ });
        await wechat.focus();
        await page.keyboard.press("Enter");
        assert.equal(await wechat.getAttribute("aria-pressed"), "false");
        await page.keyboard.press("Space");
        assert.equal(await wechat.getAttribute("aria-pressed"), "true");
        await page.locator(".plot").focus();
        await page.keyboard.press("End");
        await page.keyboard.press("ArrowLeft");
        assert.match(await page.locator(".chart [aria-live]").innerText(), /:00: .*WeChat \d/);
        await page.getByRole("button", { name: "Show as table" }).click();
        assert.ok((await page.locator(".chart table tbody tr").count()) > 3);
        await done(page);
    },
    "the period stands in the URL": async () => {
        const page = await open("/");
        await settled(page);
        await page.getByLabel("Period").selectOption("-30d");
        assert.ok(page.url().endsWith("?from=-30d"));
        await settled(page);
        await page.goBack();
        await settled(page);
        assert.equal(await page.getByLabel("Period").inputValue(), "-7d");
        await done(page);
    },
    "gateways show their chains, and what they lost": async (world) => {
        const page = await open("/");
        await settled(page);
        const rows = page.locator("#gateways tbody tr");
        assert.equal(await rows.count(), world.gateways.length);
        const text = await page.locator("#gateways").innerText();
        for (const word of ["gw-01", "gw-02", "dnsd", "inspectd", "whole"])
            assert.ok(text.includes(word), text);
        await done(page);
    },
    "what the tiles say is so: kinds of certainty, whole percents, gateways and not programs":
        async (world) => {
            const page = await open("/settings");
            await settled(page);
            await page.route("**/api/overview?*", async (route) => {
                const json = await (await route.fetch()).json();
                Object.assign(json.totals, { rows: 10000, stopped: 9999 });
                await route.fulfill({ json });
            });
            await page.getByRole("link", { name: "Overview" }).click();
            const tiles = page.locator(".tile");
            await tiles.first().getByText(/\d+ sure, \d+ likely/).waitFor();
            const sure = (await ask(page, "/api/incidents?state=new&least=70")).total;
            assert.ok((await tiles.first().innerText()).includes(`${sure} sure`));
            assert.match(await tiles.nth(1).innerText(), /99%/);
            const names = new Set(world.gateways.map((g) => g.gateway));
            assert.ok(names.size < world.gateways.length);
            assert.equal(await tiles.nth(3).locator(".value").innerText(), String(names.size));
            await done(page);
        },
    "of many apps the smallest are one part of the chart, and none is left out": async () => {
        const page = await open("/settings");
        await settled(page);
        const apps = Array.from({ length: 11 }, (_, i) => `App ${i}`);
        await page.route("**/api/overview?*", async (route) => {
            const json = await (await route.fetch()).json();
            json.apps = apps.map((app) => ({ app, rows: 3, stopped: 2 }));
            for (const point of json.series)
                point.values = Object.fromEntries(apps.map((app) => [app, [3, 2]]));
            await route.fulfill({ json });
        });
        await page.getByRole("link", { name: "Overview" }).click();
        const parts = page.getByRole("group", { name: "Apps shown" }).getByRole("button");
        await parts.first().waitFor();
        assert.equal(await parts.count(), 8);
        const counts = (await parts.allInnerTexts()).map((t) => Number(/\d+$/.exec(t)[0]));
        assert.equal(counts[7], counts[0] * 4);
        assert.match(await parts.nth(7).innerText(), /^others/);
        await done(page);
    },
    "an address that leads nowhere says so": async () => {
        const page = await open();
        await visit(page, "/no/such/page");
        assert.match(await page.locator("h1").innerText(), /No such page/);
        await done(page);
    },
};
