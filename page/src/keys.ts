// SPDX-License-Identifier: GPL-3.0-or-later
//
// keys - the page's keyboard: `/` search, j and k through rows, g and a letter to a page, `?` help.
import { signal } from "@preact/signals";
import { go } from "./router";

export const helpIsOpen = signal(false);

export const places: Record<string, string> = {
    o: "/",
    i: "/incidents",
    e: "/events",
    d: "/devices",
    l: "/lists",
    t: "/tail",
    s: "/settings",
};

let goesTo = 0;

function isTyping(target: EventTarget | null): boolean {
    return (
        target instanceof HTMLTextAreaElement ||
        target instanceof HTMLSelectElement ||
        (target instanceof HTMLInputElement &&
            !["checkbox", "radio", "button"].includes(target.type))
    );
}

function step(by: number): void {
    const dialog = document.querySelector("dialog[open]");
    if (dialog) {
        dialog.querySelector<HTMLElement>(by > 0 ? "[data-next]" : "[data-previous]")?.click();
        return;
    }
    const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
    const at = rows.findIndex((row) => row === document.activeElement);
    const inside = rows.findIndex((row) => row.closest("tr")?.contains(document.activeElement));
    const from = at >= 0 ? at : inside;
    const next = rows[from < 0 ? (by > 0 ? 0 : rows.length - 1) : from + by];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
}

export function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target)) {
        if (event.key === "Escape") (event.target as HTMLElement).blur();
        return;
    }
    if (Date.now() - goesTo < 1500 && places[event.key]) {
        goesTo = 0;
        if (!document.querySelector("dialog[open]")) go(places[event.key] ?? "/");
        event.preventDefault();
        return;
    }
    switch (event.key) {
        case "/":
            document.querySelector<HTMLElement>("main [data-search]")?.focus();
            break;
        case "j":
            step(1);
            break;
        case "k":
            step(-1);
            break;
        case "g":
            goesTo = Date.now();
            break;
        case "?":
            helpIsOpen.value = !helpIsOpen.value;
            break;
        default:
            return;
    }
    event.preventDefault();
}
