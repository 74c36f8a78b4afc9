// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_lists - what is banned, by whom, and which rules never met anything.
import assert from "node:assert/strict";
import { ask, column, done, open, queryOf, settled, visit } from "./browser.mjs";

export const cases = {
    "lists name authority, review and hits": async () => {
        const page = await open();
        await visit(page, "/lists");
        const { lists } = await ask(page, "/api/lists");
        assert.equal(await page.locator("main tbody tr").count(), lists.length);
        const text = await page.locator("main tbody").innerText();
        for (const word of [
            "WeChat (Weixin)",
            "Treasury Board of Canada Secretariat",
            "2027-03-31",
            "in date",
        ])
            assert.ok(text.includes(word), `${word} in ${text}`);
        await done(page);
    },
    "a date does not break at its hyphens": async () => {
        const page = await open();
        for (const width of [1280, 1000, 390]) {
            await page.setViewportSize({ width, height: 800 });
            await visit(page, "/lists");
            const lines = await page.$$eval("main .whole", (all) =>
                all.map((e) => e.getClientRects().length),
            );
            assert.ok(lines.length >= 3 && lines.every((n) => n === 1), `${width}: ${lines}`);
        }
        await done(page);
    },
    "a list shows its rules, those with hits, and those never hit": async () => {
        const page = await open();
        await visit(page, "/lists");
        await page.locator("main [data-row]").filter({ hasText: "WeChat" }).click();
        await settled(page);
        const list = await ask(page, "/api/lists/wechat");
        const rows = page.locator("main tbody tr");
        assert.equal(await rows.count(), list.rules_list.length);
        const never = list.rules_list.filter((r) => r.rows === 0).length;
        assert.ok(never > 0 && never < list.rules_list.length);
        await page.getByLabel("Show").selectOption("never");
        assert.equal(await rows.count(), never);
        assert.ok((await column(page, "Hits")).every((n) => n === "0"));
        await page.getByLabel("Show").selectOption("hit");
        assert.equal(await rows.count(), list.rules_list.length - never);
        await page.getByRole("searchbox").fill("mmtls");
        await page.waitForFunction(() => location.search.includes("q=mmtls"));
        assert.deepEqual(queryOf(page), { show: "hit", q: "mmtls" });
        assert.equal(await rows.count(), 1);
        await page.locator("main [data-row]").first().click();
        await settled(page);
        assert.equal(queryOf(page).rule, list.rules_list.find((r) => r.value === "mmtls").rule);
        assert.ok((await page.locator("main tbody tr").count()) >= 4);
        await done(page);
    },
};
