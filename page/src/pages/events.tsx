// SPDX-License-Identifier: GPL-3.0-or-later
//
// events - every line, filtered by the URL; the table loads on, a drawer shows one line.
import { useEffect, useRef, useState } from "preact/hooks";
import {
    type ApiError,
    asError,
    isPassing,
    read,
    remember,
    remembered,
    retryMs,
} from "../api";
import { EventDrawer, lineAddress } from "../parts/event_detail";
import { EventFilters, filterQuery } from "../parts/event_filters";
import { EventRows, lineOf } from "../parts/event_rows";
import { Exports } from "../parts/exports";
import { Card, ErrorBox, Head, Select } from "../parts/frame";
import { address, changed, go, isBack, query } from "../router";
import { count, words } from "../text";
import { useTitle } from "../title";
import type { Events, Row } from "../types";

const most = 100;
const rowsMost = 5000;

interface Held {
    rows: Row[];
    next: string | null;
    complete: boolean;
    loading: boolean;
    error: ApiError | null;
}
const empty: Held = { rows: [], next: null, complete: true, loading: true, error: null };

/** Gone back to, the rows are those that were left. */
const left = (to: string) => (isBack() ? remembered<Held>(`rows ${to}`) : null);

/** The rows of an address, page after page. */
function useRows(to: string): Held & { more: () => void; again: () => void } {
    const [held, hold] = useState<Held>(() => left(to) ?? empty);
    const abort = useRef<AbortController>();
    const again = useRef(() => {});
    const timer = useRef<ReturnType<typeof setTimeout>>();

    const load = (after: string | null, before: Row[]) => {
        abort.current?.abort();
        clearTimeout(timer.current);
        const mine = new AbortController();
        abort.current = mine;
        again.current = () => load(after, before);
        hold((h) => ({ ...h, loading: true }));
        read<Events>(after ? `${to}&after=${encodeURIComponent(after)}` : to, mine.signal)
            .then(({ rows, next, complete }) => {
                const all = [...before, ...rows];
                const now = { rows: all, next, complete, loading: false, error: null };
                remember(`rows ${to}`, now);
                hold(now);
            })
            .catch((failed: unknown) => {
                if (mine.signal.aborted) return;
                const error = asError(failed);
                const passes = isPassing(error);
                hold((h) => ({ ...h, rows: passes ? h.rows : before, loading: false, error }));
                if (passes) timer.current = setTimeout(again.current, retryMs);
            });
    };
    useEffect(() => {
        const known = left(to);
        hold((h) => known ?? { ...h, error: null });
        if (!known) load(null, []);
        return () => {
            abort.current?.abort();
            clearTimeout(timer.current);
        };
    }, [to]);
    return {
        ...held,
        more: () => {
            if (held.next && !held.loading && held.rows.length < rowsMost)
                load(held.next, held.rows);
        },
        again: () => again.current(),
    };
}

/** At the end of the table: asks for more when it comes into view, or is pressed. */
function End({ held }: { held: ReturnType<typeof useRows> }) {
    const w = words();
    const ref = useRef<HTMLDivElement>(null);
    const more = useRef(held.more);
    more.current = held.more;
    useEffect(() => {
        if (!ref.current) return;
        const watch = new IntersectionObserver(
            (seen) => {
                if (seen.some((s) => s.isIntersecting)) more.current();
            },
            { rootMargin: "300px" },
        );
        watch.observe(ref.current);
        return () => watch.disconnect();
    }, [held.rows.length]);
    if (held.next === null) return null;
    if (held.rows.length >= rowsMost)
        return <p class="end quiet">{w.common.first(count(rowsMost))}</p>;
    return (
        <div class="end" ref={held.complete ? ref : undefined}>
            {!held.complete && <span class="quiet">{w.event.incomplete}</span>}
            <button type="button" disabled={held.loading} onClick={held.more}>
                {held.loading ? w.common.loading : held.complete ? w.common.more : w.event.goOn}
            </button>
        </div>
    );
}

export function EventsPage(_: { id: string }) {
    const w = words();
    const e = w.event;
    useTitle(e.title);
    const filters = filterQuery();
    const order = query().get("order") ?? "newest";
    const line = query().get("line") ?? "";
    const held = useRows(address("/api/events", { ...filters, order, most }));
    const { rows } = held;
    const at = rows.findIndex((row) => lineOf(row) === line);
    const open = (row: Row | undefined) =>
        row ? () => go(changed({ line: lineOf(row) }), { replace: true }) : null;
    return (
        <>
            <Head title={e.title} lead={e.lead}>
                <Exports of="events" filters={filters} />
            </Head>
            <EventFilters />
            {held.error && <ErrorBox error={held.error} retry={held.again} />}
            <div class="found-row">
                <p class="found" role="status">
                    {held.loading && rows.length === 0
                        ? w.common.loading
                        : held.next === null
                          ? e.found(count(rows.length), rows.length)
                          : e.foundSoFar(count(rows.length))}
                </p>
                <Select
                    name="order"
                    label={e.order}
                    value={order}
                    options={[
                        ["newest", e.newest],
                        ["oldest", e.oldest],
                    ]}
                    onPick={(value) => go(changed({ order: value === "newest" ? null : value }))}
                />
            </div>
            <div
                class={held.loading && rows.length > 0 ? "await busy" : "await"}
                aria-busy={held.loading}
            >
                {rows.length > 0 && (
                    <Card flush>
                        <EventRows
                            rows={rows}
                            label={e.title}
                            to={(row) => changed({ line: lineOf(row) })}
                        />
                    </Card>
                )}
                {rows.length === 0 && !held.loading && !held.error && (
                    <p class="empty card">{e.none}</p>
                )}
            </div>
            <End held={held} />
            {line !== "" && lineAddress(line) !== null && (
                <EventDrawer
                    line={line}
                    onClose={() => go(changed({ line: null }))}
                    previous={at > 0 ? open(rows[at - 1]) : null}
                    next={at >= 0 ? open(rows[at + 1]) : null}
                />
            )}
        </>
    );
}
