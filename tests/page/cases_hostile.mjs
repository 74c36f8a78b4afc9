// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_hostile - names that nobody would choose in good faith are text, and are seen for what
// they are.
import assert from "node:assert/strict";
import { ask, done, open, settled, visit, walk } from "./browser.mjs";
import { hostile, owners } from "./story.mjs";

const isHarmless = async (page) => {
    assert.equal(await page.evaluate(() => window.struck), undefined);
    assert.equal(await page.locator("main img, main script, main b, main i").count(), 0);
    assert.ok(
        !/[\u202a-\u202e\u2066-\u2069\u200b\u0000-\u0008]/.test(
            await page.locator("body").innerText(),
        ),
    );
    assert.ok(!/[\u202a-\u202e]/.test(await page.title()));
};

export const cases = {
    "hostile names are text in the table of events": async () => {
        const page = await open();
        await visit(page, "/events?client=10.20.9.0/24");
        await isHarmless(page);
        const text = await page.locator("main tbody").innerText();
        for (const word of [
            hostile.html.slice(0, 30),
            "U+202E",
            "U+202C",
            "U+0000",
            "U+001B",
            "U+200B",
            "U+0301",
            hostile.formula.slice(0, 12),
        ])
            assert.ok(text.includes(word), `${word} in ${text.slice(0, 2000)}`);
        await done(page);
    },
    "a name of 10,000 characters is cut, and shown whole when asked": async () => {
        assert.equal(hostile.long.length, 10000);
        const page = await open();
        await visit(page, "/events?client=10.20.9.0/24");
        const height = () => page.evaluate(() => document.querySelector("main table").offsetHeight);
        assert.ok((await height()) < 2000, `${await height()} pixels`);
        const button = page.getByRole("button", { name: "Show all 10,000 characters" });
        await button.click();
        const cell = page.locator("td.name", {
            has: page.getByRole("button", { name: "Show less" }),
        });
        assert.equal(await cell.locator(".shown").innerText(), hostile.long);
        assert.ok(
            (await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0,
        );
        await page.getByRole("button", { name: "Show less" }).click();
        await button.waitFor();
        await done(page);
    },
    "hostile owners and hosts are text in devices, incidents and titles": async () => {
        const page = await open();
        for (const [address, [, owner, tag]] of Object.entries(owners)) {
            const { devices } = await ask(page, `/api/devices?q=${tag}`);
            const incident = (
                await ask(page, `/api/incidents?state=all&device=${devices[0].number}`)
            ).incidents[0];
            for (const at of [
                `/devices/${devices[0].number}`,
                `/incidents/${incident.id}`,
                `/devices?q=${tag}`,
                `/incidents?state=all&q=${tag}`,
            ]) {
                await visit(page, at);
                await isHarmless(page);
                const text = await page.locator("main").innerText();
                assert.ok(
                    text.includes(owner) && text.includes(address),
                    `${at}: ${text.slice(0, 800)}`,
                );
            }
        }
        await done(page);
    },
    "a hostile line is shown exactly, and harms nobody": async () => {
        const page = await open("/settings");
        await settled(page);
        const { rows } = await ask(page, "/api/events?client=10.20.9.1&most=20");
        for (const row of rows) {
            await walk(page, `/events?line=${row.source}.${row.sequence}@${row.at}`);
            await page.getByRole("dialog").locator(".json").waitFor();
            await isHarmless(page);
            await page.getByRole("button", { name: "Exact" }).click();
            await isHarmless(page);
        }
        await done(page);
    },
    "hostile values in the address bar are text, too": async () => {
        const page = await open();
        const value = encodeURIComponent('"><img src=x onerror=window.struck=1>\u202e');
        for (const at of [
            `/events?app=${value}&name=${value}&line=${value}`,
            `/incidents?q=${value}&state=${value}`,
            `/lists/${value}`,
            `/devices/${value}`,
            `/?from=${value}`,
        ]) {
            await page.goto(new URL(at, page.url()).href);
            await page.locator("h1").waitFor();
            await page.waitForTimeout(200);
            assert.equal(await page.evaluate(() => window.struck), undefined, at);
            assert.equal(await page.locator("main img").count(), 0, at);
        }
        await settled(page).catch(() => undefined);
        await done(page);
    },
};
