// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_tail - events as they come: at once, held back, bounded.
import assert from "node:assert/strict";
import { done, open, settled } from "./browser.mjs";
import { clients, dig } from "./lab.mjs";

const rows = (page) => page.locator("main tbody tr");

async function live(page) {
    await settled(page);
    await page.locator(".pulse.live").waitFor();
}

export const cases = {
    "an event comes into view while it is looked at": async () => {
        const page = await open("/tail");
        await live(page);
        dig(clients[0], "now.weixin.qq.com");
        await page.getByText("now.weixin.qq.com").first().waitFor();
        await done(page);
    },
    "a pause holds rows back, and gives them later": async () => {
        const page = await open("/tail");
        await live(page);
        await page.getByRole("button", { name: "Pause" }).click();
        dig(clients[0], "held.weixin.qq.com");
        await page.getByText("Paused, 1 waiting").waitFor();
        assert.equal(await rows(page).count(), 0);
        await page.getByRole("button", { name: "Go on" }).click();
        await page.getByText("held.weixin.qq.com").first().waitFor();
        await page.getByRole("button", { name: "Clear" }).click();
        assert.equal(await rows(page).count(), 0);
        await done(page);
    },
    "a filter holds for what comes": async () => {
        const page = await open("/tail?app=TikTok");
        await live(page);
        dig(clients[0], "other.weixin.qq.com");
        dig(clients[2], "wanted.tiktok.com");
        await page.getByText("wanted.tiktok.com").first().waitFor();
        assert.equal(await page.getByText("other.weixin.qq.com").count(), 0);
        await done(page);
    },
    "of many rows the newest 500 stay": async () => {
        const page = await open("/tail");
        await live(page);
        const names = Array.from({ length: 640 }, (_, i) => `n${i}.weixin.qq.com`);
        for (let i = 0; i < names.length; i += 80) {
            // Not faster than the server gives them to one reader.
            dig(clients[0], ...names.slice(i, i + 80));
            await page
                .getByText(`n${i + 79}.weixin.qq.com`)
                .first()
                .waitFor();
        }
        assert.equal(await rows(page).count(), 500);
        assert.equal(await page.getByText("n100.weixin.qq.com").count(), 0);
        await done(page);
    },
};
