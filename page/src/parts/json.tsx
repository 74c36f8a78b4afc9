// SPDX-License-Identifier: GPL-3.0-or-later
//
// json - a line as it stands in its file: readable with its keys set apart, or exactly.
import { useState } from "preact/hooks";
import { words } from "../text";
import { Switch } from "./frame";
import { Shown } from "./shown";

const depthMost = 12;

function Value({ value, depth }: { value: unknown; depth: number }) {
    if (typeof value === "string")
        return (
            <span class="j-text">
                {'"'}
                <Shown text={value} most={400} />
                {'"'}
            </span>
        );
    if (value === null || typeof value !== "object")
        return <span class="j-word">{String(value)}</span>;
    if (depth > depthMost) return <span class="j-text">{JSON.stringify(value).slice(0, 400)}</span>;
    const isList = Array.isArray(value);
    const entries = isList ? value.map((v) => ["", v] as const) : Object.entries(value);
    const [open, close] = isList ? ["[", "]"] : ["{", "}"];
    if (entries.length === 0) return <span>{`${open}${close}`}</span>;
    if (isList && entries.every(([, v]) => typeof v !== "object"))
        return (
            <>
                [
                {entries.map(([, v], i) => (
                    <span key={i}>
                        {i > 0 && ", "}
                        <Value value={v} depth={depth + 1} />
                    </span>
                ))}
                ]
            </>
        );
    return (
        <>
            {open}
            <ul>
                {entries.map(([key, v], i) => (
                    <li key={i}>
                        {key !== "" && (
                            <>
                                <span class="j-key">
                                    <Shown text={key} most={80} short />
                                </span>
                                {": "}
                            </>
                        )}
                        <Value value={v} depth={depth + 1} />
                    </li>
                ))}
            </ul>
            {close}
        </>
    );
}

/** `exact`: the bytes of the line; without it the object alone is shown. */
export function JsonView({ raw, exact }: { raw: unknown; exact?: string }) {
    const w = words();
    const [how, setHow] = useState("pretty");
    const [copied, setCopied] = useState(false);
    const text = exact ?? JSON.stringify(raw);
    const copy = () => {
        navigator.clipboard
            ?.writeText(text)
            .then(() => setCopied(true))
            .catch(() => undefined);
    };
    return (
        <div class="json">
            <div class="row">
                <Switch
                    label={w.event.raw}
                    value={how}
                    options={[
                        ["pretty", w.event.pretty],
                        ["exact", w.event.exact],
                    ]}
                    onPick={setHow}
                />
                <button type="button" onClick={copy}>
                    {copied ? w.common.copied : w.common.copy}
                </button>
            </div>
            <div
                class="json-text"
                tabIndex={0}
                role="region"
                aria-label={how === "pretty" ? w.event.pretty : w.event.exact}
            >
                {how === "pretty" ? (
                    <Value value={raw} depth={0} />
                ) : (
                    <Shown text={text} most={4000} mono />
                )}
            </div>
        </div>
    );
}
