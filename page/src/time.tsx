// SPDX-License-Identifier: GPL-3.0-or-later
//
// time - times as people read them: UTC or local as they chose, the other one in the title.
import { computed, signal } from "@preact/signals";
import type { Time } from "./types";
import { ago, dateFormat, words } from "./text";

export type Zone = "utc" | "local";
export const zone = signal<Zone>(localStorage.getItem("ponor.zone") === "local" ? "local" : "utc");

export function setZone(to: Zone): void {
    localStorage.setItem("ponor.zone", to);
    zone.value = to;
}

/** The present, as far as the page needs it: moves twice a minute. */
export const present = signal(Date.now());
setInterval(() => {
    present.value = Date.now();
}, 30000);

const two = (n: number) => String(n).padStart(2, "0");

const parts = (at: Date, utc: boolean) => {
    const local = new Date(at.getTime() - at.getTimezoneOffset() * 60000);
    const text = (utc ? at : local).toISOString();
    return { day: text.slice(0, 10), clock: text.slice(11, 19) };
};

export const zoneName = computed(() => {
    if (zone.value === "utc") return "UTC";
    const offset = -new Date(present.value).getTimezoneOffset();
    const sign = offset < 0 ? "\u2212" : "+";
    return `UTC${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
});

export function timeText(at: Date, utc: boolean): string {
    const { day, clock } = parts(at, utc);
    return `${day} ${clock}`;
}

/** "2026-11-24 03:00:00", exact and in the other zone in its title. */
export function When({ at, relative }: { at: Time | null | undefined; relative?: boolean }) {
    const w = words();
    if (!at) return <span class="none">{w.common.never}</span>;
    const date = new Date(at);
    if (Number.isNaN(date.getTime())) return <span class="none">{at}</span>;
    const utc = zone.value === "utc";
    const { day, clock } = parts(date, utc);
    const other = timeText(date, !utc);
    const title = utc ? w.time.titleLocal(other) : w.time.titleUtc(other);
    return (
        <time class="when" dateTime={at} title={relative ? `${day} ${clock} (${title})` : title}>
            {relative ? (
                ago(date.getTime(), Math.max(present.value, Date.now() - 30000))
            ) : (
                <>
                    <span class="day">{day}</span> <span class="clock">{clock}</span>
                </>
            )}
        </time>
    );
}

export function dayText(at: number): string {
    return dateFormat({
        day: "numeric",
        month: "short",
        timeZone: zone.value === "utc" ? "UTC" : undefined,
    }).format(at);
}

export function hourText(at: number): string {
    return dateFormat({
        day: "numeric",
        month: "short",
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
        timeZone: zone.value === "utc" ? "UTC" : undefined,
    }).format(at);
}
