// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_keys - the page without a mouse.
import assert from "node:assert/strict";
import { done, open, pages, settled, walk } from "./browser.mjs";

const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");

export const cases = {
    "the first Tab is a way past the navigation": async () => {
        const page = await open("/incidents");
        await settled(page);
        await page.keyboard.press("Tab");
        assert.equal(await focused(page), "Skip to content");
        await page.keyboard.press("Enter");
        assert.equal(await page.evaluate(() => document.activeElement.id), "content");
        await done(page);
    },
    "every control is reached by Tab, and shows its focus": async () => {
        const page = await open("/settings");
        await settled(page);
        for (const at of pages) {
            await walk(page, at);
            const found = await page.evaluate(() => {
                const wanted =
                    "a[href], button:not([disabled]), input:not([tabindex='-1']), select, textarea";
                const visible = [...document.querySelectorAll(wanted)].filter(
                    (e) => e.getClientRects().length,
                );
                return {
                    all: visible.length,
                    reachable: visible.filter((e) => e.tabIndex >= 0).length,
                };
            });
            assert.equal(found.reachable, found.all, at);
            await page.keyboard.press("Tab");
            await page.keyboard.press("Tab");
            const outline = await page.evaluate(
                () => getComputedStyle(document.activeElement).outlineStyle,
            );
            assert.notEqual(outline, "none", at);
        }
        await done(page);
    },
    "an incident is found, opened and decided by keys alone": async () => {
        const page = await open("/");
        await settled(page);
        await page.keyboard.press("g");
        await page.keyboard.press("i");
        await page.getByRole("heading", { name: "Incidents", level: 1 }).waitFor();
        await settled(page);
        await page.keyboard.press("/");
        await page.keyboard.type("TABLET-0071");
        await page.keyboard.press("Enter");
        await page.waitForFunction(() => location.search.includes("q=TABLET"));
        await settled(page);
        await page.keyboard.press("Escape");
        await page.keyboard.press("j");
        assert.match(await focused(page), /TABLET-0071/);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: /TABLET-0071/ }).waitFor();
        await settled(page);
        await page.getByRole("radio", { name: "new" }).focus();
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("Tab");
        await page.keyboard.press("Tab");
        await page.keyboard.press("Tab");
        await page.keyboard.type("Taken in.");
        await page.keyboard.press("Tab");
        assert.equal(await focused(page), "Save");
        await page.keyboard.press("Enter");
        await page.getByText("Saved.").waitFor();
        await page.locator(".head .state.closed").waitFor();
        await done(page);
    },
    "j and k go through rows, ? shows the keys, Esc closes": async () => {
        const page = await open("/events");
        await settled(page);
        const at = () =>
            page.evaluate(() =>
                [...document.querySelectorAll("main [data-row]")].indexOf(document.activeElement),
            );
        await page.keyboard.press("j");
        await page.keyboard.press("j");
        await page.keyboard.press("j");
        assert.equal(await at(), 2);
        await page.keyboard.press("k");
        assert.equal(await at(), 1);
        await page.keyboard.press("?");
        await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        assert.equal(await at(), 1);
        for (const [key, to] of [
            ["e", "/events"],
            ["d", "/devices"],
            ["l", "/lists"],
            ["t", "/tail"],
            ["s", "/settings"],
            ["o", "/"],
        ]) {
            await page.keyboard.press("g");
            await page.keyboard.press(key);
            assert.equal(new URL(page.url()).pathname, to);
        }
        await done(page);
    },
};
