// SPDX-License-Identifier: GPL-3.0-or-later
//
// frame - the pieces that pages are made of: heading, card, table, field, dialog, and what stands
// where an answer is still awaited.
import { cloneElement, isValidElement, type ComponentChildren, type JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { isPassing, type ApiError } from "../api";
import { word, words } from "../text";
import { CloseIcon, LeftIcon, WarnIcon } from "./icons";
import { plain, Shown } from "./shown";

type Children = { children?: ComponentChildren };

interface HeadProps extends Children {
    title: ComponentChildren;
    lead?: ComponentChildren;
}
export function Head({ title, lead, children }: HeadProps) {
    return (
        <header class="head">
            <div>
                <h1>{title}</h1>
                {lead && <p class="lead">{lead}</p>}
            </div>
            {children && <div class="tools">{children}</div>}
        </header>
    );
}

interface CardProps extends Children {
    title?: ComponentChildren;
    tools?: ComponentChildren;
    class?: string;
    flush?: boolean;
}
export function Card({ title, tools, children, class: name, flush }: CardProps) {
    const id = useId();
    return (
        <section
            class={`card ${flush ? "flush" : ""} ${name ?? ""}`}
            aria-labelledby={title ? id : undefined}
        >
            {title && (
                <div class="card-head">
                    <h2 id={id}>{title}</h2>
                    {tools}
                </div>
            )}
            {children}
        </section>
    );
}

/** A table whose rows become cards where there is no room. Roles are said, since display is not. */
interface TableProps extends Children {
    label: string;
    heads: { text: string; number?: boolean; hidden?: boolean }[];
    class?: string;
}
export function Table({ label, heads, children, class: name }: TableProps) {
    return (
        <table class={`rows ${name ?? ""}`} role="table" aria-label={label}>
            <thead role="rowgroup">
                <tr role="row">
                    {heads.map((head) => (
                        <th
                            key={head.text}
                            role="columnheader"
                            scope="col"
                            class={head.number ? "number" : undefined}
                        >
                            {head.hidden ? <span class="unseen">{head.text}</span> : head.text}
                        </th>
                    ))}
                </tr>
            </thead>
            <tbody role="rowgroup">{children}</tbody>
        </table>
    );
}

export function Line({ children, class: name }: Children & { class?: string }) {
    return (
        <tr role="row" class={name}>
            {children}
        </tr>
    );
}

interface CellProps extends Children {
    label?: string;
    number?: boolean;
    class?: string;
}
export function Cell({ label, number, children, class: name }: CellProps) {
    const classes = [number ? "number" : "", name ?? ""].join(" ").trim();
    return (
        <td role="cell" data-label={label} class={classes || undefined}>
            {children}
        </td>
    );
}

export function Facts({ children, wide }: Children & { wide?: boolean }) {
    return <dl class={wide ? "facts wide" : "facts"}>{children}</dl>;
}
export function Fact({ name, children }: Children & { name: string }) {
    return (
        <div>
            <dt>{name}</dt>
            <dd>{children}</dd>
        </div>
    );
}

interface FieldProps extends Children {
    label: string;
    hint?: string;
}
/** A label around one control; a hint describes it. */
export function Field({ label, hint, children }: FieldProps) {
    const id = useId();
    return (
        <div class="field">
            <label>
                <span class="label">{label}</span>
                {hint && isValidElement(children)
                    ? cloneElement(children, { "aria-describedby": id })
                    : children}
            </label>
            {hint && (
                <span class="hint" id={id}>
                    {hint}
                </span>
            )}
        </div>
    );
}

interface SelectProps {
    label: string;
    value: string;
    options: readonly (readonly [string, string])[];
    onPick: (value: string) => void;
    name?: string;
}
export function Select({ label, value, options, onPick, name }: SelectProps) {
    const known = options.some(([v]) => v === value);
    return (
        <Field label={label}>
            <select name={name} value={value} onChange={(e) => onPick(e.currentTarget.value)}>
                {!known && <option value={value}>{plain(value, 40)}</option>}
                {options.map(([v, text]) => (
                    <option key={v} value={v}>
                        {text}
                    </option>
                ))}
            </select>
        </Field>
    );
}

interface SwitchProps {
    label: string;
    value: string;
    options: readonly (readonly [string, string])[];
    onPick: (value: string) => void;
}
/** A few choices side by side, one of them pressed. */
export function Switch({ label, value, options, onPick }: SwitchProps) {
    return (
        <div class="switch" role="group" aria-label={label}>
            {options.map(([v, text]) => (
                <button key={v} type="button" aria-pressed={v === value} onClick={() => onPick(v)}>
                    {text}
                </button>
            ))}
        </div>
    );
}

interface SearchProps {
    label: string;
    value: string;
    name?: string;
    onSearch: (value: string) => void;
}
/** The search field; `/` goes there. Searches on Enter, and shortly after the last letter. */
export function Search({ label, value, name = "q", onSearch }: SearchProps) {
    const timer = useRef<ReturnType<typeof setTimeout>>();
    const input = useRef<HTMLInputElement>(null);
    useEffect(() => {
        if (input.current && document.activeElement !== input.current) input.current.value = value;
    }, [value]);
    useEffect(() => () => clearTimeout(timer.current), []);
    const later = (text: string) => {
        clearTimeout(timer.current);
        timer.current = setTimeout(() => onSearch(text.trim()), 350);
    };
    return (
        <form
            class="search"
            role="search"
            onSubmit={(e) => {
                e.preventDefault();
                clearTimeout(timer.current);
                onSearch(input.current?.value.trim() ?? "");
            }}
        >
            <Field label={label}>
                <input
                    ref={input}
                    type="search"
                    name={name}
                    defaultValue={value}
                    data-search
                    maxLength={256}
                    autocomplete="off"
                    spellcheck={false}
                    onInput={(e) => later(e.currentTarget.value)}
                />
            </Field>
        </form>
    );
}

/** Errors whose own text, in English, says more than the catalogue can. */
const detailed: ReadonlySet<string> = new Set(["invalid", "weak", "filter", "history", "unknown"]);

export function ErrorBox({ error, retry }: { error: ApiError; retry?: () => void }) {
    const w = words();
    const known = word(w.error, error.word);
    const text = known === error.word ? error.message || w.error.other : known;
    const isCalm = error.word === "no-history" || error.code === 404;
    const detail = detailed.has(error.word) && error.message !== text ? error.message : "";
    return (
        <div class={isCalm ? "notice" : "notice bad"} role="alert">
            <WarnIcon />
            <div>
                {!isCalm && <strong>{w.error.title}</strong>}
                <p>{text}</p>
                {detail && (
                    <p class="quiet">
                        <Shown text={detail} most={300} />
                    </p>
                )}
                {retry && isPassing(error) && (
                    <button type="button" onClick={retry}>
                        {w.common.retry}
                    </button>
                )}
            </div>
        </div>
    );
}

interface AwaitProps<T> {
    of: { data: T | null; error: ApiError | null; loading: boolean; reload: () => void };
    children: (data: T) => ComponentChildren;
}
export function Await<T>({ of, children }: AwaitProps<T>) {
    const w = words();
    return (
        <>
            {of.error && <ErrorBox error={of.error} retry={of.reload} />}
            {of.data !== null ? (
                <div class={of.loading ? "await busy" : "await"} aria-busy={of.loading}>
                    {children(of.data)}
                </div>
            ) : (
                !of.error && (
                    <p class="loading" role="status">
                        {w.common.loading}
                    </p>
                )
            )}
        </>
    );
}

interface DetailProps<T> extends AwaitProps<T> {
    /** The page of all of its kind, and what one is called until it is known which. */
    up: string;
    upName: string;
    one: string;
}
/** The page of one thing: the way up, and the thing as soon as it is there. */
export function Detail<T>({ of, up, upName, one, children }: DetailProps<T>) {
    return (
        <>
            <p class="crumb">
                <a href={up}>
                    <LeftIcon />
                    {upName}
                </a>
            </p>
            {of.data === null && <h1 class="unseen">{one}</h1>}
            <Await of={of}>{children}</Await>
        </>
    );
}

interface DialogProps extends Children {
    title: ComponentChildren;
    onClose: () => void;
    side?: boolean;
}
/** A modal dialog, in the middle or at the side. Esc and a click outside close it. */
export function Dialog({ title, onClose, side, children }: DialogProps) {
    const w = words();
    const ref = useRef<HTMLDialogElement>(null);
    const heading = useRef<HTMLHeadingElement>(null);
    const id = useId();
    useEffect(() => {
        const dialog = ref.current;
        const before = document.activeElement;
        if (dialog && !dialog.open) dialog.showModal();
        if (side) heading.current?.focus();
        return () => {
            dialog?.close();
            if (before instanceof HTMLElement && before.isConnected) before.focus();
        };
    }, []);
    const outside = (e: JSX.TargetedMouseEvent<HTMLDialogElement>) => {
        if (e.target === ref.current) onClose();
    };
    return (
        <dialog
            ref={ref}
            class={side ? "side" : "middle"}
            aria-labelledby={id}
            onCancel={(e) => {
                e.preventDefault();
                onClose();
            }}
            onMouseDown={outside}
        >
            <div class="dialog-body">
                <div class="dialog-head">
                    <h2 id={id} ref={heading} tabIndex={-1}>
                        {title}
                    </h2>
                    <button
                        type="button"
                        class="bare"
                        aria-label={w.common.close}
                        onClick={onClose}
                    >
                        <CloseIcon />
                    </button>
                </div>
                {children}
            </div>
        </dialog>
    );
}
