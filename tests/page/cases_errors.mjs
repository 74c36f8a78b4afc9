// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_errors - what the page does while consoled is away, has nothing yet, or says no; and that
// nobody has to begin anew afterwards.
import assert from "node:assert/strict";
import { ask, done, open, settled, visit } from "./browser.mjs";

const rows = (page) => page.locator("main tbody tr").count();
const isGone = (page) => page.getByRole("alert").waitFor({ state: "detached" });

export const cases = {
    "while consoled is away what was shown stays, and the page goes on by itself": async () => {
        const page = await open();
        for (const [at, api] of [
            ["/incidents?state=all", "**/api/incidents?*"],
            ["/events", "**/api/events?*"],
        ]) {
            await visit(page, at);
            const before = await rows(page);
            assert.ok(before > 5);
            await page.route(api, (route) => route.abort());
            await page.locator("select[name=app]").selectOption("WeChat");
            await page.getByRole("alert").getByText("does not answer").waitFor();
            assert.equal(await rows(page), before, at);
            assert.ok(await page.getByRole("button", { name: "Try again" }).isVisible());
            await page.unroute(api);
            await isGone(page);
            await settled(page);
            const apps = await page.$$eval("main td[data-label^=App]", (all) =>
                all.map((cell) => cell.textContent),
            );
            assert.ok(apps.length > 0 && apps.every((app) => app.startsWith("WeChat")), at);
        }
        await done(page);
    },
    "while nothing answers nobody is shown the door": async () => {
        const page = await open("/login-is-not-asked-for");
        await settled(page);
        await page.route("**/api/session", (route) => route.abort());
        await page.reload();
        await page.getByRole("alert").getByText("does not answer").waitFor();
        assert.equal(await page.getByLabel("Password").count(), 0);
        await page.unroute("**/api/session");
        await page.getByRole("heading", { name: "No such page" }).waitFor();
        await done(page);
    },
    "no history yet is said calmly, and its first line brings the page": async () => {
        const page = await open("/settings");
        await settled(page);
        const error = { word: "no-history", text: "" };
        await page.route("**/api/overview?*", (route) =>
            route.fulfill({ status: 503, json: { error } }),
        );
        await page.getByRole("link", { name: "Overview" }).click();
        await page.getByText("There is no history yet").first().waitFor();
        assert.equal(await page.locator(".notice.bad").count(), 0);
        await page.unroute("**/api/overview?*");
        await page.locator(".tile").first().waitFor();
        await isGone(page);
        await done(page);
    },
    "what is not there is said, and leads on": async () => {
        const page = await open();
        for (const at of ["/incidents/999999", "/devices/999999", "/lists/no-such-list"]) {
            await visit(page, at);
            assert.match(await page.getByRole("alert").innerText(), /no such thing here/);
            assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0);
            await page.locator(".crumb a").click();
            await settled(page);
            assert.ok((await rows(page)) > 0, at);
        }
        await done(page);
    },
    "who could not be logged out is still in, and is told": async () => {
        const page = await open("/");
        await settled(page);
        await page.route("**/api/logout", (route) => route.abort());
        await page.getByRole("button", { name: "Log out" }).click();
        await page.locator(".foot").getByRole("alert").waitFor();
        assert.equal(await page.getByRole("heading", { name: "Overview" }).count(), 1);
        await done(page);
    },
    "a lost connection to live is said, and comes back": async () => {
        const page = await open("/devices");
        await settled(page);
        await page.route("**/api/tail*", (route) => route.abort());
        await page.getByRole("link", { name: "Live" }).click();
        await page.locator(".pulse.away").waitFor();
        await page.unroute("**/api/tail*");
        await page.locator(".pulse.live").waitFor();
        await done(page);
    },
    "a table without a row says why": async () => {
        const page = await open();
        for (const [at, text] of [
            ["/incidents?q=no-such-thing", "No incident matches these filters."],
            ["/events?name=no-such-thing.example", "No event matches."],
            ["/devices?q=no-such-thing", "No device matches."],
            ["/lists/wechat?q=no-such-thing", "No rule matches."],
        ]) {
            await visit(page, at);
            assert.ok((await page.locator("main .empty").innerText()).includes(text), at);
        }
        assert.equal((await ask(page, "/api/incidents?q=no-such-thing")).total, 0);
        await done(page);
    },
};
