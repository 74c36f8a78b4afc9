// SPDX-License-Identifier: GPL-3.0-or-later
//
// text - the page's words in the reader's language. All text stands in words/.
import { computed, effect, signal } from "@preact/signals";
import { en } from "./words/en";
import { fr } from "./words/fr";
import type { Same } from "./words/same";

export type Catalogue = Same<typeof en>;
export type Language = "en" | "fr";

const kept = localStorage.getItem("ponor.language");
export const language = signal<Language>(
    kept === "fr" || kept === "en" ? kept : navigator.language.startsWith("fr") ? "fr" : "en",
);
const catalogues: Record<Language, Catalogue> = { en, fr };
const now = computed(() => catalogues[language.value]);

effect(() => {
    document.documentElement.lang = language.value;
});

/** The words of the language in use; a component that calls it is drawn again when that changes. */
export function words(): Catalogue {
    return now.value;
}

export function setLanguage(to: Language): void {
    localStorage.setItem("ponor.language", to);
    language.value = to;
}

/** A word of the API from a part of the catalogue; a word that is newer than the page as it is. */
export function word(part: Readonly<Record<string, string>>, key: string): string {
    return Object.hasOwn(part, key) ? (part[key] ?? key) : key;
}

const locale = () => (language.value === "fr" ? "fr-CA" : "en-CA");

export function count(n: number): string {
    return new Intl.NumberFormat(locale()).format(n);
}

/** 12,345 as 12K, for small places; the whole number stands in a title. */
export function short(n: number): string {
    return new Intl.NumberFormat(locale(), {
        notation: n >= 10000 ? "compact" : "standard",
        maximumFractionDigits: 1,
    }).format(n);
}

export function bytes(n: number): string {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
    let i = 0;
    while (n >= 1000 && i < units.length - 1) {
        n /= 1000;
        i++;
    }
    return new Intl.NumberFormat(locale(), {
        style: "unit",
        unit: units[i],
        unitDisplay: "short",
        maximumFractionDigits: n < 10 ? 1 : 0,
    }).format(n);
}

export function seconds(n: number): string {
    const unit = n < 120 ? "second" : n < 7200 ? "minute" : n < 172800 ? "hour" : "day";
    const size = { second: 1, minute: 60, hour: 3600, day: 86400 }[unit];
    return new Intl.NumberFormat(locale(), {
        style: "unit",
        unit,
        unitDisplay: "short",
        maximumFractionDigits: n / size < 10 ? 1 : 0,
    }).format(n / size);
}

/** Rounded down: 100% is all of it, and nothing less. */
export function percent(part: number, whole: number): string {
    return new Intl.NumberFormat(locale(), { style: "percent" }).format(
        whole === 0 ? 0 : Math.floor((part / whole) * 100) / 100,
    );
}

export function list(items: readonly string[]): string {
    return new Intl.ListFormat(locale(), { type: "conjunction" }).format(items);
}

export function ago(at: number, from: number): string {
    const gone = Math.max(0, (from - at) / 1000);
    const format = new Intl.RelativeTimeFormat(locale(), { numeric: "always", style: "short" });
    if (gone < 90) return format.format(-Math.round(gone), "second");
    if (gone < 5400) return format.format(-Math.round(gone / 60), "minute");
    if (gone < 129600) return format.format(-Math.round(gone / 3600), "hour");
    return format.format(-Math.round(gone / 86400), "day");
}

export function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return new Intl.DateTimeFormat(locale(), options);
}
