// SPDX-License-Identifier: GPL-3.0-or-later
//
// browser - Debian's Chromium, and what all cases ask of a page.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import { root, site } from "./lab.mjs";

const require = createRequire(`${root}/page/package.json`);
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const password = "karst water finds its way";
const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

let browser = null;
let state = null; // cookies of the admin's session
export const troubles = []; // what any page said on its console

export async function closeBrowser() {
    await browser?.close();
}

/** Where a page may stand that goes elsewhere at once: of the same origin, and cheap. */
export const blank = "/healthz";

/** A page of its own; `bypassCSP` only where axe-core is put into it. */
export async function open(at = blank, options = {}) {
    browser ??= await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
    const context = await browser.newContext({
        viewport: { width: 1280, height: 860 },
        locale: "en-CA",
        timezoneId: "America/Toronto",
        acceptDownloads: true,
        ...(state && !options.stranger ? { storageState: state } : {}),
        ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(90000);
    page.on("pageerror", (error) => troubles.push(`${at}: ${error.message}`));
    page.on("console", (message) => {
        const text = message.text();
        const isExpected = /status of (4\d\d|503)|ERR_(INCOMPLETE_CHUNKED|FAILED)/.test(text);
        if (message.type() !== "error" || isExpected) return;
        troubles.push(`${at}: ${text}`);
    });
    await page.goto(site + at);
    return page;
}

export async function done(page) {
    await page.context().close();
}

export async function keep(page) {
    state = await page.context().storageState();
}

export async function login(page, name, word, code) {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(word);
    await page.getByRole("button", { name: "Log in" }).click();
    if (code) {
        await page.getByLabel("Code").fill(code());
        await page.getByRole("button", { name: "Log in" }).click();
    }
}

/** Until the page has what it asked for. */
export async function settled(page) {
    await page.waitForFunction(
        () =>
            document.querySelector("h1") &&
            !document.querySelector("main > .loading, main .loading, [aria-busy=true]"),
    );
}

export async function visit(page, at) {
    await page.goto(site + at);
    await settled(page);
}

/** As by a link: the page is not loaded anew. */
export async function walk(page, at) {
    await page.evaluate((to) => {
        const link = document.createElement("a");
        link.href = to;
        document.body.append(link);
        link.click();
        link.remove();
    }, at);
    await settled(page);
}

/** The API as the page's own session sees it. */
export function ask(page, to) {
    return page.evaluate(async (address) => (await fetch(address)).json(), to);
}

export const queryOf = (page) => Object.fromEntries(new URL(page.url()).searchParams);

/** Texts of a column of the first table. */
export function column(page, label) {
    return page.$$eval(`main table.rows td[data-label="${label}"]`, (cells) =>
        cells.map((cell) => cell.textContent.trim()),
    );
}

/** No serious or critical finding. */
export async function isAccessible(page, what) {
    if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
    const found = await page.evaluate(() =>
        globalThis.axe.run(document, { resultTypes: ["violations"] }),
    );
    const bad = found.violations.filter((v) => v.impact === "serious" || v.impact === "critical");
    const told = bad.map(
        (v) =>
            `${what}: ${v.id} (${v.impact}): ${v.nodes
                .slice(0, 3)
                .map((n) => n.target.join(" "))
                .join(", ")}`,
    );
    assert.deepEqual(told, []);
}

/** Nothing stands out of the page, a card, a tile or a cell of a table. */
export async function fits(page, what) {
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${what} is ${over} pixels too wide`);
    const cut = await page.$$eval(".card, .tile, td, .facts dt, .facts dd", (all) =>
        all
            .filter((e) => e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1)
            .map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`),
    );
    assert.deepEqual(cut, [], `${what} is cut`);
}

/** Whatever can be pressed is at least 24 pixels high and wide (WCAG 2.2, 2.5.8). */
export async function isPressable(page, what) {
    const small = await page.$$eval("a[href], button, input, select, textarea, label", (all) =>
        all
            .filter((e) => e.getClientRects().length > 0)
            .filter((e) => !e.closest(".unseen, .skip") && !e.closest("label input"))
            .filter((e) => e.tagName !== "LABEL" || e.querySelector("[type=radio]"))
            .filter((e) => e.offsetHeight < 24 || e.offsetWidth < 24)
            .map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`),
    );
    assert.deepEqual([...new Set(small)].slice(0, 8), [], what);
}

export const pages = [
    "/",
    "/incidents",
    "/incidents/1",
    "/events",
    "/devices",
    "/devices/1",
    "/lists",
    "/lists/wechat",
    "/tail",
    "/audit",
    "/accounts",
    "/settings",
];
