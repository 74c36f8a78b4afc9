// SPDX-License-Identifier: GPL-3.0-or-later
//
// shown - a text that somebody else chose, shown as text whatever it holds: isolated in direction,
// with control, invisible and direction marks made visible, and cut when it is long.
import { useState } from "preact/hooks";
import { count, words } from "../text";

/* Control, format, private, unassigned and lone surrogate code points; line and paragraph marks;
 * blanks that are not a space; piles of combining marks. */
const odd = new RegExp(
    [
        "[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cn}\\p{Cs}\\p{Zl}\\p{Zp}]",
        "[\\u00a0\\u115f\\u1160\\u1680\\u2000-\\u200a\\u202f\\u205f\\u2800\\u3000\\u3164\\uffa0]",
        "(?<=\\p{M}{2})\\p{M}",
    ].join("|"),
    "u",
);

function code(character: string): string {
    return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** For titles and other places that hold no elements. */
export function plain(text: string, most = 120): string {
    const cut = [...text.slice(0, most * 2)].slice(0, most);
    const safe = cut.map((c) => (odd.test(c) ? `[${code(c)}]` : c)).join("");
    return cut.length < text.length && text.length > most ? `${safe}\u2026` : safe;
}

/** A date does not break at its hyphens. */
function whole(run: string): (string | preact.JSX.Element)[] {
    return run
        .split(/((?<!\d)\d{4}-\d{2}-\d{2}(?!\d))/)
        .map((part, i) => (i % 2 === 1 ? <span class="whole">{part}</span> : part))
        .filter((part) => part !== "");
}

function pieces(text: string, explain: (code: string) => string) {
    const out: (string | preact.JSX.Element)[] = [];
    let run = "";
    let marks = 0;
    for (const c of text) {
        marks = /\p{M}/u.test(c) ? marks + 1 : 0;
        if (odd.test(c) || marks > 2) {
            out.push(...whole(run));
            run = "";
            out.push(
                <span class="odd" title={explain(code(c))}>
                    {code(c)}
                </span>,
            );
        } else run += c;
    }
    out.push(...whole(run));
    return out;
}

interface Props {
    text: string | null | undefined;
    /** Characters shown at first. */
    most?: number;
    /** No button to show the rest: inside links and buttons. */
    short?: boolean;
    mono?: boolean;
}

export function Shown({ text, most = 160, short, mono }: Props) {
    const w = words();
    const [all, setAll] = useState(false);
    if (text === null || text === undefined || text === "") return <span class="none">–</span>;
    const cut = !all && text.length > most;
    const part = cut ? text.slice(0, most).replace(/[\ud800-\udbff]$/, "") : text;
    return (
        <>
            <bdi dir="auto" class={mono ? "shown mono" : "shown"}>
                {pieces(part, w.common.oddCharacter)}
                {cut && "\u2026"}
            </bdi>
            {!short && text.length > most && (
                <button type="button" class="link more" onClick={() => setAll(!all)}>
                    {all ? w.common.showLess : w.common.showAll(count(text.length))}
                </button>
            )}
        </>
    );
}

/** A note of several lines. */
export function Prose({ text }: { text: string }) {
    return (
        <div class="prose">
            {text.split(/\r?\n/).map((line, i) => (
                <p key={i}>{line === "" ? "\u00a0" : <Shown text={line} most={1000} />}</p>
            ))}
        </div>
    );
}
