// SPDX-License-Identifier: GPL-3.0-or-later
//
// run - the analyst's page in a real browser against running programs. Speaks TAP.
//
// Usage: node run.mjs BUILD [--write] [WORD…]   BUILD: the build folder; --write: makes the
// pictures in docs/pictures; WORD: only cases whose name has it (the login always runs).
import { spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import url from "node:url";

const self = url.fileURLToPath(import.meta.url);
const options = process.argv.slice(2);
const named = options.find((o) => !o.startsWith("--"));
const build = named && path.resolve(named);
if (!build) {
    console.error("usage: node run.mjs BUILD [--write] [WORD...]");
    process.exit(2);
}
if (!options.includes("--inside")) {
    if (process.getuid() !== 0 || spawnSync("unshare", ["-n", "true"]).status !== 0) {
        console.log("1..0 # SKIP the page's test makes a network namespace and needs root");
        process.exit(0);
    }
    const inside = ["-n", "--", process.execPath, self, ...options, "--inside"];
    process.exit(spawnSync("unshare", inside, { stdio: "inherit" }).status ?? 1);
}

const { begin, log, stopAll } = await import("./lab.mjs");
const { closeBrowser } = await import("./browser.mjs");
const words = options.filter((o) => !o.startsWith("--") && o !== named);
const files = [
    "login",
    "overview",
    "incidents",
    "events",
    "lists",
    "tail",
    "people",
    "keys",
    "hostile",
    "back",
    "errors",
    "looks",
];

process.on("unhandledRejection", () => undefined); // a wait that its case gave up
let failed = 0;
let number = 0;
const world = { first: "", write: options.includes("--write") };
try {
    world.first = await begin(build);
    for (const file of files) {
        const { cases } = await import(`./cases_${file}.mjs`);
        for (const [name, run] of Object.entries(cases)) {
            if (file !== "login" && words.length > 0 && !words.some((w) => name.includes(w)))
                continue;
            number++;
            const begun = Date.now();
            try {
                await run(world);
                console.log(`ok ${number} - ${name}`);
                console.log(`# ${((Date.now() - begun) / 1000).toFixed(1)} s`);
            } catch (error) {
                failed++;
                console.log(`not ok ${number} - ${name}`);
                for (const line of String(error.stack ?? error).split("\n"))
                    console.log(`# ${line}`);
                if (file === "login")
                    throw new Error("nobody can log in, so nothing else is tried");
            }
        }
    }
    const said = log("consoled");
    number++;
    const isSane = !/Sanitizer|runtime error|exited|restart/.test(said);
    if (!isSane) failed++;
    console.log(`${isSane ? "ok" : "not ok"} ${number} - consoled said nothing bad`);
    if (!isSane) for (const line of said.split("\n")) console.log(`# ${line}`);
} catch (error) {
    failed++;
    console.log(`not ok ${++number} - the lab begins`);
    for (const line of String(error.stack ?? error).split("\n")) console.log(`# ${line}`);
    for (const name of ["dnsd", "inspectd", "consoled"])
        try {
            for (const line of log(name).split("\n")) console.log(`# ${line}`);
        } catch {
            console.log(`# ${name} was not started`);
        }
} finally {
    await closeBrowser();
    stopAll();
}
console.log(`1..${number}`);
process.exit(failed > 0 ? 1 : 0);
