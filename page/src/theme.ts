// SPDX-License-Identifier: GPL-3.0-or-later
//
// theme - light, dark, or as the system says.
import { signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";
const kept = localStorage.getItem("ponor.theme");
/** As chosen. */
export const chosenTheme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "auto");
const system = matchMedia("(prefers-color-scheme: dark)");
/** What is in view; whoever draws with colours of its own reads it to be drawn again. */
export const theme = signal<"light" | "dark">("light");

function show(): void {
    const chosen = chosenTheme.value;
    theme.value = chosen === "auto" ? (system.matches ? "dark" : "light") : chosen;
    document.documentElement.dataset["theme"] = theme.value;
}

export function setTheme(to: Theme): void {
    if (to === "auto") localStorage.removeItem("ponor.theme");
    else localStorage.setItem("ponor.theme", to);
    chosenTheme.value = to;
    show();
}

system.addEventListener("change", show);
show();
