// SPDX-License-Identifier: GPL-3.0-or-later
//
// cases_login - the door: wrong password, first password, the change that it asks for.
import assert from "node:assert/strict";
import { done, keep, login, open, password, settled } from "./browser.mjs";
import { until } from "./lab.mjs";

export const cases = {
    "a wrong password is refused, and said": async () => {
        const page = await open("/incidents");
        await login(page, "admin", "not the password");
        assert.match(await page.getByRole("alert").innerText(), /wrong/);
        await done(page);
    },
    "the first password must be changed, and a weak one is refused": async (world) => {
        const page = await open("/incidents?state=all");
        await login(page, "admin", world.first);
        await page.getByRole("heading", { name: "Choose your own password" }).waitFor();
        const fill = async (old, next, again) => {
            await page.getByLabel("Present password").fill(old);
            await page.getByLabel("New password", { exact: true }).fill(next);
            await page.getByLabel("New password again").fill(again);
            await page.getByRole("button", { name: "Set password" }).click();
        };
        await fill(world.first, password, `${password}!`);
        assert.match(await page.getByRole("alert").innerText(), /differ/);
        await fill("something else entirely", password, password);
        await page.getByRole("alert").getByText("wrong").waitFor();
        await fill(world.first, password, password);
        await page.getByRole("heading", { name: "Incidents", level: 1 }).waitFor();
        assert.ok(page.url().endsWith("/incidents?state=all"), page.url());
        await settled(page);
        await keep(page);
        await done(page);
    },
    "all lines of three gateways are read": async (world) => {
        const page = await open("/");
        await settled(page);
        await until(
            "ingest",
            async () => {
                const { gateways } = await page.evaluate(async () =>
                    (await fetch("/api/gateways")).json(),
                );
                world.gateways = gateways;
                const lines = (program, name) =>
                    gateways.find((g) => g.program === program && g.gateway === name)?.lines ?? 0;
                return (
                    lines("dnsd", "gw-01") > 15 &&
                    lines("inspectd", "gw-01") > 4 &&
                    lines("dnsd", "gw-02") > 500
                );
            },
            90,
        );
        await done(page);
    },
};
