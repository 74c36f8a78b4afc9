// SPDX-License-Identifier: GPL-3.0-or-later
//
// events - every line, filtered by the URL; the table loads on, a drawer shows one line.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, read } from "../api";
import { EventDrawer, lineAddress } from "../parts/event_detail";
import { EventFilters, filterQuery } from "../parts/event_filters";
import { EventRows, lineOf } from "../parts/event_rows";
import { Card, ErrorBox, Head, Select } from "../parts/frame";
import { DownloadIcon } from "../parts/icons";
import { address, changed, go, query } from "../router";
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

/** The rows of an address, page after page. */
function useRows(to: string): Held & { more: () => void; again: () => void } {
    const [held, hold] = useState<Held>(empty);
    const [turn, setTurn] = useState(0);
    const abort = useRef<AbortController>();

    const load = (after: string | null, before: Row[]) => {
        abort.current?.abort();
        const mine = new AbortController();
        abort.current = mine;
        hold((h) => ({ ...h, loading: true, error: null }));
        read<Events>(after ? `${to}&after=${encodeURIComponent(after)}` : to, mine.signal)
            .then((page) =>
                hold({
                    rows: [...before, ...page.rows],
                    next: page.next,
                    complete: page.complete,
                    loading: false,
                    error: null,
                }),
            )
            .catch((error: unknown) => {
                if (mine.signal.aborted) return;
                const known =
                    error instanceof ApiError ? error : new ApiError(0, "other", String(error));
                hold((h) => ({ ...h, rows: before, loading: false, error: known }));
            });
    };
    useEffect(() => {
        load(null, []);
        return () => abort.current?.abort();
    }, [to, turn]);
    return {
        ...held,
        more: () => {
            if (held.next && !held.loading && held.rows.length < rowsMost)
                load(held.next, held.rows);
        },
        again: () => setTurn((n) => n + 1),
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
                <a class="button" download href={address("/api/export/events.csv", filters)}>
                    <DownloadIcon />
                    {w.incident.exportCsv}
                </a>
                <a class="button" download href={address("/api/export/events.json", filters)}>
                    <DownloadIcon />
                    {w.incident.exportJson}
                </a>
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
