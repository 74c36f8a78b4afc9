// SPDX-License-Identifier: GPL-3.0-or-later
//
// catalogues - both languages are complete, every key is used, and no component holds text itself.
// Speaks TAP. Completeness of keys is also the compiler's; here texts are looked at, too.
import fs from "node:fs";
import path from "node:path";
import url from "node:url";
import ts from "typescript";

const source = path.resolve(path.dirname(url.fileURLToPath(import.meta.url)), "../src");
let number = 0;
let failed = 0;
function say(what, wrong) {
    number++;
    if (wrong.length > 0) failed++;
    console.log(`${wrong.length > 0 ? "not ok" : "ok"} ${number} - ${what}`);
    for (const line of wrong) console.log(`# ${line}`);
}

function parse(file) {
    const kind = file.endsWith(".tsx") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
    return ts.createSourceFile(
        file,
        fs.readFileSync(file, "utf8"),
        ts.ScriptTarget.ES2022,
        true,
        kind,
    );
}

/** A literal that is built of several, as one; of a function its source. */
function textOf(value) {
    if (ts.isStringLiteralLike(value)) return value.text;
    if (ts.isBinaryExpression(value)) return textOf(value.left) + textOf(value.right);
    return value.getText();
}

/** What of a text is shown: all, or what a function has in quotes, with "0" for its values. */
function said(text) {
    if (!text.includes("=>")) return [text];
    const out = [];
    const visit = (node) => {
        if (ts.isStringLiteralLike(node)) out.push(node.text);
        if (ts.isTemplateExpression(node))
            out.push(node.head.text + node.templateSpans.map((s) => `0${s.literal.text}`).join(""));
        ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile("text.ts", `(${text})`, ts.ScriptTarget.ES2022, true));
    return out;
}

/** "nav.overview" -> the text, or the source of the function that makes it. */
function catalogue(language) {
    const out = new Map();
    const walk = (node, before) => {
        for (const p of node.properties) {
            const key = before + (p.name.text ?? p.name.getText());
            let value = p.initializer;
            while (ts.isAsExpression(value)) value = value.expression;
            if (ts.isObjectLiteralExpression(value)) walk(value, `${key}.`);
            else if (out.has(key)) throw new Error(`${language}: ${key} stands twice`);
            else out.set(key, textOf(value));
        }
    };
    const visit = (node) => {
        if (ts.isVariableDeclaration(node)) {
            let value = node.initializer;
            while (ts.isAsExpression(value)) value = value.expression;
            walk(value, "");
        } else ts.forEachChild(node, visit);
    };
    for (const file of files(path.join(source, "words", language))) visit(parse(file));
    return out;
}

function files(folder) {
    return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const at = path.join(folder, entry.name);
        return entry.isDirectory() ? files(at) : /\.tsx?$/.test(at) ? [at] : [];
    });
}

const en = catalogue("en");
const fr = catalogue("fr");
say(
    `English and French have the same ${en.size} keys`,
    [...en.keys()]
        .filter((k) => !fr.has(k))
        .map((k) => `fr lacks ${k}`)
        .concat([...fr.keys()].filter((k) => !en.has(k)).map((k) => `en lacks ${k}`)),
);
say(
    "no text is empty",
    [en, fr].flatMap((c, i) =>
        [...c].filter(([, t]) => t.trim() === "").map(([k]) => `${["en", "fr"][i]}: ${k}`),
    ),
);

/* Words that are the same in both: names of protocols and answers, and words that French shares. */
const same = new RegExp(
    "^(brand|way|action|language|wayLong\\.dnscrypt|time\\.(utc|titleUtc)|" +
        "settings\\.(totpSecretName|version|lead|code))\\b",
);
const shared = new Set([
    "Incidents",
    "Incident",
    "Audit",
    "Action",
    "Note",
    "Menu",
    "Client",
    "Pause",
    "Total",
    "MAC",
    "Code",
    "Route",
]);
say(
    "French is translated",
    [...en]
        .filter(([k, t]) => fr.get(k) === t && !same.test(k) && !shared.has(t))
        .map(([k, t]) => `${k}: ${t}`),
);
const holes = (t) =>
    [...t.matchAll(/\$\{(\w+)\}/g)]
        .map((m) => m[1])
        .sort()
        .join();
say(
    "both say the same values",
    [...en]
        .filter(
            ([k, t]) =>
                t.includes("=>") && holes(t) !== holes(fr.get(k) ?? "") && !holes(t).includes("k"),
        )
        .map(([k, t]) => `${k}: en has {${holes(t)}}, fr {${holes(fr.get(k) ?? "")}}`),
);

/* As the Translation Bureau has it for Canada: a space that does not break before a colon and
 * inside of guillemets, none before a semicolon, a question mark or an exclamation mark. */
const spacing = [
    [/[^\S\u00a0]:(?!\S)/, "an ordinary space before a colon"],
    [/[\p{L}\p{N}}\u00bb)]:(?=\s|$)/u, "no space before a colon"],
    [/\s[;?!](?!\S)/, "a space before a semicolon, question or exclamation mark"],
    [/\u00ab(?!\u00a0)|(?<!\u00a0)\u00bb/, "no fixed space inside of guillemets"],
    [/\p{L}'\p{L}/u, "a typewriter's apostrophe"],
];
say(
    "French is spaced and written as in Canada",
    [...fr].flatMap(([k, t]) =>
        said(t).flatMap((shown) =>
            spacing
                .filter(([wrong]) => wrong.test(shown))
                .map(([, why]) => `${k}: ${why}: ${shown}`),
        ),
    ),
);
say(
    "English has the same apostrophes everywhere",
    [...en]
        .filter(([, t]) => said(t).some((shown) => /\p{L}'\p{L}/u.test(shown)))
        .map(([k, t]) => `${k}: ${t}`),
);

const spoken = new Set([
    "aria-label",
    "title",
    "placeholder",
    "alt",
    "label",
    "hint",
    "lead",
    "name",
]);
const components = files(source).filter((f) => f.endsWith(".tsx"));
const literal = [];
for (const file of components) {
    const tree = parse(file);
    const lineOf = (node) => tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    const place = (node) =>
        `${path.relative(source, file)}:${lineOf(node)}`;
    const visit = (node) => {
        if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text))
            literal.push(`${place(node)}: ${node.text.trim()}`);
        if (ts.isJsxAttribute(node) && node.initializer && ts.isStringLiteral(node.initializer)) {
            const name = node.name.getText();
            const isForm = name === "name" && /^[a-z-]+$/.test(node.initializer.text);
            if (spoken.has(name) && !isForm && /\p{L}{2}/u.test(node.initializer.text))
                literal.push(`${place(node)}: ${name}="${node.initializer.text}"`);
        }
        if (
            ts.isJsxExpression(node) &&
            node.expression &&
            ts.isStringLiteralLike(node.expression) &&
            !ts.isJsxAttribute(node.parent) &&
            /\p{L}{2}/u.test(node.expression.text)
        )
            literal.push(`${place(node)}: ${node.expression.text}`);
        ts.forEachChild(node, visit);
    };
    visit(tree);
}
say(`no literal text stands in ${components.length} components`, literal);

/* A part that is read by a word of the API is used as a whole. */
const all = files(source)
    .filter((f) => !f.startsWith(path.join(source, "words")))
    .map((f) => fs.readFileSync(f, "utf8"))
    .join("\n");
const wholes = new RegExp(
    "^(state|confidence|confidenceLong|evidence|evidenceLong|way|wayLong|action|known|kind|" +
        "reason|error|review|ruleKind|auditAction|permission|language|nav)\\.",
);
/* Of these the key is a filter's name, or the state of a connection. */
const named = new Set(["event.time", "tail.connecting", "tail.away"]);
say(
    "every key is used",
    [...en.keys()].filter((key) => {
        const last = new RegExp(`\\.${key.split(".").at(-1)}\\b`);
        return !wholes.test(key) && !named.has(key) && !last.test(all);
    }),
);

console.log(`1..${number}`);
process.exit(failed > 0 ? 1 : 0);
