// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_incidents - the list with its filters, one incident, and what is decided about it.
import assert from "node:assert/strict";
import { ask, column, done, open, queryOf, settled, visit } from "./browser.mjs";

const sure = async (page) =>
    (await ask(page, "/api/incidents?state=all&q=PHONE-MTREMBLAY&app=WeChat")).incidents[0];

async function picked(page, name, value, check) {
    await page.locator(`select[name=${name}]`).selectOption(value);
    await page.waitForFunction(
        ([n, v]) => new URL(location.href).searchParams.get(n) === v,
        [name, value],
    );
    await settled(page);
    await check();
    await page.reload();
    await settled(page);
    assert.equal(await page.locator(`select[name=${name}]`).inputValue(), value);
    await check();
}

export const cases = {
    "every filter of incidents filters, and stands in the URL": async () => {
        const page = await open();
        await visit(page, "/incidents");
        await picked(page, "app", "TikTok", async () => {
            const apps = await column(page, "App");
            assert.ok(apps.length > 0 && apps.every((a) => a === "TikTok"), apps.join());
        });
        await visit(page, "/incidents");
        await picked(page, "least", "70", async () => {
            const scores = await column(page, "Certainty");
            assert.ok(
                scores.length > 0 && scores.every((s) => s.startsWith("sure")),
                scores.join(),
            );
        });
        await visit(page, "/incidents");
        await picked(page, "state", "closed", async () => {
            assert.match(await page.locator("main").innerText(), /No incident matches/);
        });
        await visit(page, "/incidents?state=all");
        await picked(page, "sort", "attempts", async () => {
            const attempts = (await column(page, "Attempts")).map((t) =>
                Number(/^[\d,]+/.exec(t)[0].replace(/,/g, "")),
            );
            assert.deepEqual(
                attempts,
                [...attempts].sort((a, b) => b - a),
            );
        });
        await visit(page, "/incidents");
        await page.getByRole("searchbox").fill("Marie Tremblay");
        await page.waitForFunction(() => location.search.includes("q=Marie"));
        await settled(page);
        const names = await page.$$eval("main tbody .lead-cell .title", (all) =>
            all.map((n) => n.textContent),
        );
        assert.ok(names.length > 0 && names.every((n) => n === "PHONE-MTREMBLAY"), names.join());
        await done(page);
    },
    "a visit and an installed client look different, and the page says why": async () => {
        const page = await open();
        await visit(page, "/incidents?state=all");
        const { id } = await sure(page);
        await visit(page, `/incidents/${id}`);
        const text = await page.locator("main").innerText();
        for (const word of [
            "sure",
            "The app is installed",
            "mmtls, which only the app speaks",
            "SEC-2023-0117",
            "wechat.yaml:",
        ])
            assert.ok(text.includes(word), `${word} in ${text}`);
        const visitor = (await ask(page, "/api/incidents?state=all&q=LAPTOP-7H2KQ")).incidents[0];
        await visit(page, `/incidents/${visitor.id}`);
        assert.match(await page.locator("main").innerText(), /perhaps only in a browser/);
        await done(page);
    },
    "a decision is kept, shown to others and found by its filters": async () => {
        const page = await open();
        await visit(page, "/incidents");
        const { id } = await sure(page);
        await visit(page, `/incidents/${id}`);
        await page.getByRole("radio", { name: "acknowledged" }).check();
        await page.getByRole("button", { name: "Assign to me" }).click();
        await page.getByLabel("Note").fill("Called the owner.\n<b>Device comes in on Monday.</b>");
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByText("Saved.").waitFor();
        await settled(page);
        await page.getByLabel("Note").fill("more");
        assert.equal(await page.getByText("Saved.").count(), 0, "no longer so");
        await page.reload();
        await settled(page);
        const steps = await page.locator(".steps").innerText();
        for (const word of [
            "admin",
            "acknowledged",
            "assigned it to admin",
            "Called the owner.",
            "<b>Device comes in",
        ])
            assert.ok(steps.includes(word), `${word} in ${steps}`);
        assert.match(await page.locator(".head .state").innerText(), /acknowledged/);
        await visit(page, "/incidents?state=acknowledged");
        assert.equal(await page.locator("main tbody tr").count(), 1);
        await page.locator("select[name=assignee]").selectOption("admin");
        await settled(page);
        assert.equal(queryOf(page).assignee, "admin");
        assert.equal(await page.locator("main tbody tr").count(), 1);
        await done(page);
    },
    "incidents are exported as CSV and JSON": async () => {
        const page = await open();
        await visit(page, "/incidents?state=all");
        for (const [name, check] of [
            ["Export JSON", (text) => assert.ok(JSON.parse(text).length > 4)],
            [
                "Export CSV",
                (text) => assert.ok(!/(^|,)"?[=+@]/m.test(text) && text.includes("WeChat")),
            ],
        ]) {
            const waits = page.waitForEvent("download");
            await page.getByRole("link", { name }).click();
            const stream = await (await waits).createReadStream();
            let text = "";
            for await (const part of stream) text += part;
            check(text);
        }
        await done(page);
    },
    "a device shows its addresses, incidents and events": async () => {
        const page = await open();
        await visit(page, "/devices");
        await page.getByRole("searchbox").fill("PHONE-MTREMBLAY");
        await page.waitForFunction(() => location.search.includes("q="));
        await settled(page);
        assert.equal(await page.locator("main tbody tr").count(), 1);
        await page.locator("main [data-row]").first().click();
        await settled(page);
        await page.locator("main .card").nth(3).waitFor();
        const text = await page.locator("main").innerText();
        for (const word of [
            "Marie Tremblay",
            "A-10442",
            "by the inventory",
            "10.20.2.3",
            "WeChat",
            "weixin.qq.com",
        ])
            assert.ok(text.includes(word), `${word} in ${text}`);
        await done(page);
    },
};
