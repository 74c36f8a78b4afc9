// SPDX-License-Identifier: GPL-3.0-or-later
//
// router - the address bar is the state: path and query as signals. Every filter stands in the URL,
// so that a view can be kept, sent and gone back to.
import { signal } from "@preact/signals";

export const path = signal(location.pathname);
export const search = signal(location.search);

function read(): void {
    here = location.href;
    path.value = location.pathname;
    search.value = location.search;
}

/** Where a page was left: the row that is there again has the focus, and stands where it stood. */
function back(): void {
    const left = location.href === here ? "" : new URL(here).pathname + new URL(here).search;
    wasBack = true;
    read();
    if (left === "") return;
    requestAnimationFrame(() => {
        const row = document.querySelector<HTMLElement>(
            `main [data-row][href="${CSS.escape(left)}"]`,
        );
        row?.focus({ preventScroll: true });
        const { top, bottom } = row?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
        if (top < 0 || bottom > innerHeight) row?.scrollIntoView({ block: "center" });
    });
}
let here = location.href;
let wasBack = false;
addEventListener("popstate", back);

/** Whether the present address is one that was gone back to. */
export const isBack = () => wasBack;

export function go(to: string, options: { replace?: boolean } = {}): void {
    if (to === location.pathname + location.search) return;
    const moved = to.split("?")[0] !== location.pathname;
    if (options.replace) history.replaceState(null, "", to);
    else history.pushState(null, "", to);
    wasBack = false;
    read();
    if (moved) {
        scrollTo(0, 0);
        document.getElementById("content")?.focus({ preventScroll: true });
    }
}

export function query(): URLSearchParams {
    return new URLSearchParams(search.value);
}

export type Query = Record<string, string | number | null | undefined>;

/** "/events?app=WeChat&device=7"; what is empty is left out. */
export function address(to: string, values: Query | URLSearchParams = {}): string {
    const params = new URLSearchParams();
    const pairs = values instanceof URLSearchParams ? [...values] : Object.entries(values);
    for (const [key, value] of pairs)
        if (value !== null && value !== undefined && value !== "")
            params.append(key, String(value));
    const text = params.toString();
    return text === "" ? to : `${to}?${text}`;
}

/** The present address with some values changed; null takes one away. */
export function changed(values: Query): string {
    const params = query();
    for (const [key, value] of Object.entries(values)) {
        if (value === null || value === undefined || value === "") params.delete(key);
        else params.set(key, String(value));
    }
    return address(path.value, params);
}

/** The parts of a path that match "/incidents/:id", or null. */
export function match(pattern: string, at: string): string[] | null {
    const wanted = pattern.split("/");
    const found = at.replace(/(.)\/$/, "$1").split("/");
    if (wanted.length !== found.length) return null;
    const parts: string[] = [];
    for (const [i, word] of wanted.entries()) {
        const part = found[i] ?? "";
        if (word.startsWith(":")) {
            try {
                parts.push(decodeURIComponent(part));
            } catch {
                return null;
            }
        } else if (word !== part) return null;
    }
    return parts;
}

/** A plain click on an inner link stays on the page; anything else is the browser's. */
export function onLink(event: MouseEvent): void {
    const link = (event.target as Element).closest?.("a");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    const to = new URL(link.href);
    if (to.pathname.startsWith("/api/") || to.pathname === "/metrics") return;
    if (to.hash !== "" && to.pathname === location.pathname && to.search === location.search)
        return;
    event.preventDefault();
    go(to.pathname + to.search);
}
