// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_back - Back leads to what was left: the rows, the place, the focus.
import assert from "node:assert/strict";
import { ask, blank, done, open, settled, visit } from "./browser.mjs";

const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("href"));

export const cases = {
    "Back from an incident leads to its row": async () => {
        const page = await open(blank, { viewport: { width: 1280, height: 500 } });
        await visit(page, "/incidents?state=all");
        const row = page.locator("main [data-row]").nth(7);
        const to = await row.getAttribute("href");
        await row.focus();
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Decision" }).waitFor();
        await page.goBack();
        await page.locator("select[name=state]").waitFor();
        await page.waitForFunction(
            (href) => document.activeElement?.getAttribute("href") === href,
            to,
        );
        assert.equal(await page.locator("select[name=state]").inputValue(), "all");
        const box = await row.boundingBox();
        assert.ok(box.y >= 0 && box.y < 500, `the row stands at ${box.y}`);
        await settled(page);
        await page.keyboard.press("j");
        assert.equal(
            await focused(page),
            await page.locator("main [data-row]").nth(8).getAttribute("href"),
        );
        await done(page);
    },
    "Back to events has all rows that were loaded, at the place that was left": async () => {
        const page = await open();
        await visit(page, "/events?gateway=gw-02");
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        await page.waitForFunction(() => document.querySelectorAll("main tbody tr").length > 100);
        await settled(page);
        const count = await page.locator("main tbody tr").count();
        const device = page.locator("main tbody tr").nth(120).locator(".device a");
        await device.scrollIntoViewIfNeeded();
        const at = (await device.boundingBox()).y;
        await device.click();
        await page.getByRole("heading", { name: "Addresses it had" }).waitFor();
        await page.goBack();
        await page.locator("main tbody tr").nth(120).waitFor();
        assert.equal(await page.locator("main tbody tr").count(), count);
        await page.waitForFunction((y) => Math.abs(scrollY - y) < 400, await device.evaluate(
            (e, top) => e.getBoundingClientRect().top + scrollY - top,
            at,
        ));
        await done(page);
    },
    "a filter that no control shows stands as a chip, by the device's name": async () => {
        const page = await open();
        const { devices } = await ask(page, "/api/devices?q=TABLET-0071");
        await visit(page, `/incidents?state=all&device=${devices[0].number}`);
        await page.locator(".chip.filter", { hasText: "TABLET-0071" }).waitFor();
        const few = await page.locator("main tbody tr").count();
        await page.locator(".chip.filter", { hasText: "TABLET-0071" }).click();
        await page.waitForFunction(() => !location.search.includes("device="));
        await page.waitForFunction(
            (n) => document.querySelectorAll("main tbody tr").length > n,
            few,
        );
        await page.goBack();
        await page.locator(".chip.filter", { hasText: "TABLET-0071" }).waitFor();
        await done(page);
    },
};
