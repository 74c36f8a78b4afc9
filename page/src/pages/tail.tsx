// SPDX-License-Identifier: GPL-3.0-or-later
//
// tail - events as they are written. Bounded: the newest 500 stay, and 500 wait while paused.
import { useEffect, useRef, useState } from "preact/hooks";
import { session } from "../api";
import { EventDrawer, lineAddress } from "../parts/event_detail";
import { EventFilters, filterQuery } from "../parts/event_filters";
import { EventRows, lineOf } from "../parts/event_rows";
import { Card, Head } from "../parts/frame";
import { PauseIcon, PlayIcon } from "../parts/icons";
import { address, changed, go, query } from "../router";
import { count, words } from "../text";
import { useTitle } from "../title";
import type { Row } from "../types";

const most = 500;
/** Rows come in bursts; the table is drawn at most five times a second. */
const drawEvery = 200;

type Link = "connecting" | "live" | "away";

function useTail(to: string, paused: boolean) {
    const [rows, setRows] = useState<Row[]>([]);
    const [link, setLink] = useState<Link>("connecting");
    const [skipped, setSkipped] = useState(0);
    const [waiting, setWaiting] = useState(0);
    const pausedNow = useRef(paused);
    pausedNow.current = paused;
    const queue = useRef<Row[]>([]);

    useEffect(() => {
        queue.current = [];
        setRows([]);
        setSkipped(0);
        setLink("connecting");
        let retry: ReturnType<typeof setTimeout> | undefined;
        let source: EventSource;
        const connect = () => {
            source = new EventSource(to);
            source.onopen = () => setLink("live");
            source.onerror = () => {
                setLink("away");
                if (source.readyState === EventSource.CLOSED) {
                    fetch("/api/session", { credentials: "same-origin" })
                        .then((answer) => {
                            if (answer.status === 401) session.value = null;
                        })
                        .catch(() => undefined);
                    clearTimeout(retry);
                    retry = setTimeout(connect, 3000);
                }
            };
            source.addEventListener("row", (e) => {
                queue.current.unshift(JSON.parse((e as MessageEvent<string>).data) as Row);
                if (queue.current.length > most) queue.current.length = most;
            });
            source.addEventListener("skipped", (e) => {
                const told = JSON.parse((e as MessageEvent<string>).data) as { count: number };
                setSkipped((n) => n + told.count);
            });
        };
        connect();
        const draw = setInterval(() => {
            setWaiting(pausedNow.current ? queue.current.length : 0);
            if (pausedNow.current || queue.current.length === 0) return;
            const fresh = queue.current;
            queue.current = [];
            setRows((old) => [...fresh, ...old].slice(0, most));
        }, drawEvery);
        return () => {
            clearInterval(draw);
            clearTimeout(retry);
            source.close();
        };
    }, [to]);
    return { rows, link, skipped, waiting, clear: () => setRows([]) };
}

export function TailPage(_: { id: string }) {
    const w = words();
    const t = w.tail;
    useTitle(t.title);
    const [paused, setPaused] = useState(false);
    const filters = filterQuery();
    const line = query().get("line") ?? "";
    const tail = useTail(address("/api/tail", { ...filters, from: null, until: null }), paused);
    const { rows } = tail;
    const at = rows.findIndex((row) => lineOf(row) === line);
    const open = (row: Row | undefined) =>
        row ? () => go(changed({ line: lineOf(row) }), { replace: true }) : null;
    const state =
        tail.link === "live" ? (paused ? t.paused(count(tail.waiting)) : t.live) : t[tail.link];
    return (
        <>
            <Head title={t.title} lead={t.lead}>
                <span class={`pulse ${paused ? "paused" : tail.link}`} role="status">
                    {state}
                </span>
                <button
                    type="button"
                    class="primary"
                    aria-pressed={paused}
                    onClick={() => setPaused(!paused)}
                >
                    {paused ? <PlayIcon /> : <PauseIcon />}
                    {paused ? t.resume : t.pause}
                </button>
                <button type="button" onClick={tail.clear}>
                    {t.clear}
                </button>
            </Head>
            <EventFilters timeless />
            {tail.skipped > 0 && (
                <p class="notice warn" role="status">
                    {t.skipped(count(tail.skipped))}
                </p>
            )}
            <p class="found">{t.shown(count(rows.length), rows.length)}</p>
            <Card flush>
                {rows.length === 0 ? (
                    <p class="empty">{t.waiting}</p>
                ) : (
                    <EventRows
                        rows={rows}
                        label={t.title}
                        fresh
                        to={(row) => changed({ line: lineOf(row) })}
                    />
                )}
            </Card>
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
