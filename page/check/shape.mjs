// SPDX-License-Identifier: GPL-3.0-or-later
//
// shape - sizes and openings of the page's files, and what npm may fetch for it. Speaks TAP.
import fs from "node:fs";
import path from "node:path";
import url from "node:url";

const page = path.resolve(path.dirname(url.fileURLToPath(import.meta.url)), "..");
let number = 0;
let failed = 0;
function say(what, wrong) {
    number++;
    if (wrong.length > 0) failed++;
    console.log(`${wrong.length > 0 ? "not ok" : "ok"} ${number} - ${what}`);
    for (const line of wrong) console.log(`# ${line}`);
}

const written = ["src", "mock", "check", "../tests/page"].flatMap((folder) =>
    fs
        .readdirSync(path.join(page, folder), { recursive: true })
        .filter((name) => /\.(tsx?|mjs|css)$/.test(name))
        .map((name) => path.join(folder, name)),
);
const read = (file) => fs.readFileSync(path.join(page, file), "utf8");
const linesOf = (file) => read(file).replace(/\n$/, "").split("\n");

say(
    `${written.length} files have at most 500 lines`,
    written.filter((f) => linesOf(f).length > 500).map((f) => `${f}: ${linesOf(f).length}`),
);
say(
    "no line has more than 100 columns",
    written.flatMap((file) =>
        linesOf(file).flatMap((line, i) =>
            [...line].length > 100 && !line.includes("lint:") ? [`${file}:${i + 1}`] : [],
        ),
    ),
);
say(
    "each file says its licence, its name and what it is",
    written.filter((file) => {
        const [first, second, third] = linesOf(file);
        const name = path.basename(file).replace(/\.\w+$/, "");
        if (!first.includes("SPDX-License-Identifier: GPL-3.0-or-later")) return true;
        return !file.endsWith(".css") && (second !== "//" || !third.startsWith(`// ${name} - `));
    }),
);

const lock = JSON.parse(read("package-lock.json"));
const wanted = JSON.parse(read("package.json"));
const direct = Object.keys({ ...wanted.dependencies, ...wanted.devDependencies });
say(
    "the lock file has exact versions with their hashes, and names no host",
    Object.entries(lock.packages)
        .filter(([name, p]) => name !== "" && (!p.integrity || !/^\d+\.\d+\.\d+$/.test(p.version)))
        .map(([name]) => name)
        .concat(read("package-lock.json").match(/"resolved".*|(?<!"url": ")https?:.*/g) ?? []),
);
const used = written.map(read).join("\n") + read("tsconfig.json") + read("package.json");
say(
    "every package that is asked for is used",
    direct.filter((name) => {
        const short = name.replace(/^@types\//, "");
        return !new RegExp(`(from |import |resolve\\(|require\\(|\\[|, )"${short}["/]`).test(used);
    }),
);
console.log(`1..${number}`);
process.exit(failed > 0 ? 1 : 0);
