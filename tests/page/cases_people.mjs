// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_people - accounts, what each may, second factor, audit, settings.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { done, login, open, password, settled, visit } from "./browser.mjs";

/** RFC 6238 with SHA-1, 30 seconds, 6 digits. */
function totp(secret, steps = 0) {
    const bits = [...secret].map((c) =>
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"),
    );
    const key = Buffer.from(
        bits
            .join("")
            .match(/.{8}/g)
            .map((b) => Number.parseInt(b, 2)),
    );
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
    const mac = createHmac("sha1", key).update(counter).digest();
    const at = mac[19] & 15;
    return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

const first = "a first password to hand over";

async function enter(name, word, code) {
    const page = await open("/", { stranger: true });
    await login(page, name, word, code);
    return page;
}

/** Through the change that the first login asks for. */
async function enterFirst(name) {
    const page = await enter(name, first);
    await page.getByLabel("Present password").fill(first);
    await page.getByLabel("New password", { exact: true }).fill(password);
    await page.getByLabel("New password again").fill(password);
    await page.getByRole("button", { name: "Set password" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    return page;
}

export const cases = {
    "an admin adds accounts": async () => {
        const page = await open();
        await visit(page, "/accounts");
        for (const [name, permission] of [
            ["k.singh", "analyst"],
            ["auditor", "viewer"],
        ]) {
            await page.getByRole("button", { name: "Add an account" }).click();
            const dialog = page.getByRole("dialog");
            await dialog.getByLabel("Name").fill(name);
            await dialog.getByLabel("Role").selectOption(permission);
            await dialog.getByLabel("First password").fill(first);
            await dialog.getByRole("button", { name: "Add", exact: true }).click();
            await dialog.waitFor({ state: "detached" });
        }
        await page.locator("main tbody tr").nth(2).waitFor();
        assert.match(await page.locator("main tbody").innerText(), /must change password/);
        await done(page);
    },
    "a viewer looks and decides nothing": async () => {
        const page = await enterFirst("auditor");
        assert.equal(await page.getByRole("link", { name: "Accounts" }).count(), 0);
        await visit(page, "/incidents/1");
        assert.match(await page.locator("main").innerText(), /may look, not decide/);
        await visit(page, "/accounts");
        assert.match(await page.getByRole("alert").innerText(), /may not do that/);
        await done(page);
    },
    "an analyst decides; a second factor is set up, asked for and taken away": async () => {
        const page = await enterFirst("k.singh");
        await visit(page, "/incidents/2");
        await page.getByRole("radio", { name: "false positive" }).check();
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByText("Saved.").waitFor();
        await visit(page, "/settings");
        await page.getByRole("button", { name: "Set up an authenticator" }).click();
        const secret = (await page.locator(".secret").innerText()).replace(/\s/g, "");
        assert.match(await page.locator("main").innerText(), /otpauth:\/\/totp\/Ponor/);
        await page.getByLabel("Code").fill(totp(secret, -1));
        await page.getByRole("button", { name: "Confirm" }).click();
        await page.getByText("The second factor is on.").waitFor();
        await page.getByRole("button", { name: "Log out" }).click();
        await page.getByRole("heading", { name: "Log in" }).waitFor();
        await login(page, "k.singh", password, () => totp(secret));
        await page.getByRole("heading", { name: "Log in" }).waitFor({ state: "detached" });
        await visit(page, "/settings");
        await page.getByRole("button", { name: "Take the second factor away" }).click();
        await page.getByLabel("Code").fill(totp(secret, 1));
        await page.getByRole("button", { name: "Take the second factor away" }).click();
        await page.getByText("The second factor is off.").waitFor();
        await done(page);
    },
    "an account is disabled, and its session is over": async () => {
        const page = await enter("auditor", password);
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        const admin = await open();
        await visit(admin, "/accounts");
        await admin.getByRole("button", { name: "Change auditor" }).click();
        await admin.getByRole("button", { name: "Disable" }).click();
        await admin.getByText("disabled", { exact: true }).waitFor();
        await page.getByRole("link", { name: "Devices" }).first().click();
        await page.getByRole("heading", { name: "Log in" }).waitFor();
        await done(page);
        await done(admin);
    },
    "audit shows who did what, and that its chain is whole": async () => {
        const page = await open();
        await visit(page, "/audit");
        assert.match(await page.locator("main .notice").innerText(), /The chain is whole/);
        const text = await page.locator("main tbody").innerText();
        for (const word of [
            "k.singh",
            "called an incident a false positive",
            "added an account",
            "auditor",
            "127.0.0.1",
        ])
            assert.ok(text.includes(word), `${word} in ${text}`);
        await page.locator("main [data-row]").first().click();
        const drawer = page.getByRole("dialog");
        await drawer.locator(".json").waitFor();
        assert.match(await drawer.innerText(), /chain/);
        await page.mouse.click(1200, 840); // in the drawer, below what it says
        assert.ok(await drawer.isVisible(), "a click inside of it does not close it");
        await page.mouse.click(200, 400);
        await drawer.waitFor({ state: "detached" });
        await done(page);
    },
    "language, theme and time zone are kept": async () => {
        const page = await open();
        await visit(page, "/settings");
        const pick = (group, name) =>
            page
                .locator("main")
                .getByRole("group", { name: group })
                .getByRole("button", { name })
                .click();
        await pick("Theme", "Dark");
        await pick("Time zone", "Local");
        assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
        await visit(page, "/events");
        const time = page.locator("main tbody .time time").first();
        const utc = new Date((await time.getAttribute("datetime")).replace(/\d{3}Z/, "Z"));
        const local = utc.toLocaleTimeString("en-GB", { timeZone: "America/Toronto" });
        assert.ok(
            (await time.innerText()).includes(local),
            `${await time.innerText()}, not ${local}`,
        );
        assert.ok((await time.getAttribute("title")).includes(utc.toISOString().slice(11, 19)));
        await visit(page, "/settings");
        await pick("Language", "Français");
        await page.reload();
        await settled(page);
        assert.equal(await page.locator("h1").innerText(), "Paramètres");
        const spoken = await page.evaluate(
            async () => (await (await fetch("/api/session")).json()).account.language,
        );
        assert.equal(spoken, "fr");
        const kept = page.waitForResponse((r) => r.url().endsWith("/api/language"));
        await page
            .locator("main")
            .getByRole("group", { name: "Langue" })
            .getByRole("button", { name: "English" })
            .click();
        await kept;
        await done(page);
    },
};
