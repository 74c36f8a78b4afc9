// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_looks - every page in both languages, light and dark, wide and narrow; what axe-core finds;
// the pictures of the docs.
import assert from "node:assert/strict";
import fs from "node:fs";
import {
    ask,
    done,
    fits,
    isAccessible,
    isPressable,
    open,
    pages,
    settled,
    troubles,
    visit,
    walk,
} from "./browser.mjs";
import { root } from "./lab.mjs";

const narrow = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const speak = async (page, language) => {
    await page.evaluate(async (to) => {
        localStorage.setItem("ponor.language", to);
        const { csrf } = await (await fetch("/api/session")).json();
        const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
        await fetch("/api/language", {
            method: "POST",
            headers,
            body: JSON.stringify({ language: to }),
        });
    }, language);
};

/** The window is called as the page is. */
async function hasTitle(page) {
    const first = (await page.locator("h1").innerText()).split(" · ")[0];
    assert.ok((await page.title()).startsWith(first), `${await page.title()}, not ${first}`);
    assert.match(await page.title(), / · Ponor$/);
}

/** What people decided so far, for the pictures: nobody begins a day with an empty history. */
async function decide(page) {
    for (const [q, state, assignee, note] of [
        ["10.20.9.", "false-positive", "", "Made up by the test of hostile names."],
        ["DESK-22014", "acknowledged", "admin", "Called P. Gagnon: the updater was left over."],
        ["10.20.8.78", "closed", "", "A shared service; nothing is installed."],
    ]) {
        const { incidents } = await ask(page, `/api/incidents?state=new&q=${q}`);
        for (const { id } of incidents)
            await page.evaluate(
                async ([to, body]) => {
                    const { csrf } = await (await fetch("/api/session")).json();
                    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
                    await fetch(to, { method: "POST", headers, body: JSON.stringify(body) });
                },
                [`/api/incidents/${id}`, { state, note, ...(assignee ? { assignee } : {}) }],
            );
    }
}

async function openLine(page) {
    const { rows } = await ask(page, "/api/events?way=mmtls&most=1");
    await visit(
        page,
        `/events?app=WeChat&line=${rows[0].source}.${rows[0].sequence}@${rows[0].at}`,
    );
    await page.getByRole("dialog").locator(".json").waitFor();
}

export const cases = {
    "every page fits 1280 and 390 pixels, in both languages": async () => {
        const wrong = [];
        for (const options of [{}, narrow]) {
            const page = await open("/settings", options);
            await settled(page);
            for (const language of ["en", "fr"]) {
                await speak(page, language);
                await visit(page, "/settings");
                for (const at of pages) {
                    await walk(page, at);
                    for (const check of [fits, isPressable, hasTitle])
                        await check(page, `${at} (${language})`).catch((error) =>
                            wrong.push(error.message),
                        );
                    assert.equal(await page.locator("html").getAttribute("lang"), language);
                }
            }
            await speak(page, "en");
            await done(page);
        }
        assert.deepEqual(wrong, []);
    },
    "every page speaks French where it spoke English": async () => {
        const page = await open("/settings");
        await settled(page);
        const read = async () => {
            const said = {};
            await visit(page, "/settings");
            for (const at of pages) {
                await walk(page, at);
                said[at] = await page.$$eval(
                    "h1, h2, th, nav a, label .label, button:not(.clear)",
                    (all) =>
                        all.filter((e) => !e.querySelector("bdi")).map((e) => e.textContent.trim()),
                );
            }
            return said;
        };
        const english = await read();
        await speak(page, "fr");
        const french = await read();
        await speak(page, "en");
        const both = new RegExp(
            "^(Incidents?|Audit|Action|Note|Client|MAC|Code|UTC|English|Français|DNS|Total|" +
                "Menu|Pause|)$",
        );
        for (const at of pages) {
            const left = french[at].filter(
                (t) => english[at].includes(t) && /\p{L}/u.test(t) && !both.test(t),
            );
            assert.deepEqual(left, [], at);
        }
        await done(page);
    },
    "axe-core finds nothing serious, light and dark, wide and narrow": async () => {
        for (const [colorScheme, size] of [
            ["light", {}],
            ["dark", {}],
            ["light", narrow],
            ["dark", narrow],
        ]) {
            const page = await open("/settings", { colorScheme, bypassCSP: true, ...size });
            await settled(page);
            for (const at of pages) {
                await walk(page, at);
                const width = size.viewport?.width ?? 1280;
                await isAccessible(page, `${at} (${colorScheme}, ${width})`);
            }
            await openLine(page);
            await isAccessible(page, `a line (${colorScheme})`);
            await visit(page, "/events?app=WeChat&stopped=yes");
            await page.getByRole("button", { name: "More filters" }).click();
            await page.keyboard.press("?");
            await page.getByRole("dialog").waitFor();
            await isAccessible(page, `filters and help (${colorScheme})`);
            await done(page);
        }
        for (const colorScheme of ["light", "dark"]) {
            const page = await open("/", { colorScheme, stranger: true, bypassCSP: true });
            await settled(page);
            await isAccessible(page, `login (${colorScheme})`);
            await done(page);
        }
    },
    "the menu of a narrow page opens and leads on": async () => {
        const page = await open("/", narrow);
        await settled(page);
        const menu = page.getByRole("button", { name: "Menu" });
        assert.equal(await menu.getAttribute("aria-expanded"), "false");
        await menu.click();
        await page.getByRole("link", { name: "Devices", exact: true }).click();
        await page.getByRole("heading", { name: "Devices", level: 1 }).waitFor();
        assert.equal(await menu.getAttribute("aria-expanded"), "false");
        await done(page);
    },
    "no page breaks the content policy, or says an error": () => {
        assert.deepEqual(troubles, []);
    },
    pictures: async (world) => {
        if (!world.write) return;
        const folder = `${root}/docs/pictures`;
        fs.mkdirSync(folder, { recursive: true });
        const take = async (page, name) => {
            await settled(page);
            await page.waitForTimeout(400);
            await page.screenshot({ path: `${folder}/${name}.png` });
        };
        const tall = new Set(["overview", "incident"]);
        const page = await open("/settings", { viewport: { width: 1280, height: 900 } });
        await settled(page);
        await decide(page);
        const { incidents } = await ask(
            page,
            "/api/incidents?state=all&q=PHONE-MTREMBLAY&app=WeChat",
        );
        for (const [at, name] of [
            ["/", "overview"],
            ["/incidents", "incidents"],
            [`/incidents/${incidents[0].id}`, "incident"],
            ["/events?gateway=gw-01", "events"],
            [`/devices/${incidents[0].device.number}`, "device"],
            ["/lists", "lists"],
            ["/lists/wechat?show=hit", "list"],
            ["/audit", "audit"],
        ]) {
            await page.setViewportSize({ width: 1280, height: tall.has(name) ? 1500 : 900 });
            await visit(page, at);
            await take(page, name);
        }
        await openLine(page);
        await take(page, "line");
        await done(page);
        const dark = await open("/", {
            viewport: { width: 1280, height: 900 },
            colorScheme: "dark",
        });
        await speak(dark, "fr");
        await visit(dark, "/");
        await take(dark, "overview-dark-french");
        await speak(dark, "en");
        await done(dark);
        const phone = await open("/incidents", { ...narrow, deviceScaleFactor: 2 });
        await settled(phone);
        await take(phone, "incidents-phone");
        await done(phone);
    },
};
