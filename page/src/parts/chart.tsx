// SPDX-License-Identifier: GPL-3.0-or-later
//
// chart - counts over time as stacked bars (uPlot), readable by keyboard and as a table. The legend
// is a row of switches.
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { count, short, words } from "../text";
import { dayText, hourText, zone } from "../time";
import { theme } from "../theme";
import { colour, pattern, strokes, strokeWidth } from "./palette";
import { Cell, Line, Table } from "./frame";
import { plain, Shown } from "./shown";

export interface Part {
    name: string;
    /** Its place in the palette. */
    index: number;
    values: number[];
}
interface Props {
    /** Begin of each bucket, milliseconds. */
    at: number[];
    bucketSeconds: number;
    parts: Part[];
    height?: number;
}

function Swatch({ index }: { index: number }) {
    const id = useId();
    return (
        <svg class="swatch" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">
            <defs>
                <pattern id={id} width="8" height="8" patternUnits="userSpaceOnUse">
                    <rect width="8" height="8" fill={colour(index)} />
                    <path
                        d={strokes(index)}
                        class="hatch"
                        stroke-width={strokeWidth(index)}
                        fill="none"
                    />
                </pattern>
            </defs>
            <rect width="14" height="14" rx="3" fill={`url(#${id})`} />
        </svg>
    );
}

function style(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Sums from the bottom up; the tallest first, so that each covers the one before. */
function stacked(parts: Part[], length: number): number[][] {
    const sums: number[][] = [];
    let below = new Array<number>(length).fill(0);
    for (const part of parts) {
        below = below.map((n, i) => n + (part.values[i] ?? 0));
        sums.unshift(below);
    }
    return sums;
}

/** Days are named below their middle, as many as there is room for. */
function middles(xs: number[], width: number): number[] {
    const each = Math.max(1, Math.ceil(xs.length / Math.max(1, Math.floor(width / 90))));
    return xs.filter((_, i) => i % each === 0);
}

function axes(xs: number[], bucketSeconds: number): uPlot.Axis[] {
    const spanSeconds = xs.length * bucketSeconds;
    const ink = style("--quiet");
    const grid = { stroke: style("--line"), width: 1 };
    const font = `12px ${style("--sans")}`;
    const label = (t: number) => (spanSeconds > 3 * 86400 ? dayText(t * 1000) : hourText(t * 1000));
    return [
        {
            stroke: ink,
            font,
            grid: { show: false },
            ticks: { ...grid, size: 4 },
            space: 90,
            size: 32,
            ...(bucketSeconds >= 86400
                ? { splits: (u: uPlot) => middles(xs, u.bbox.width / devicePixelRatio) }
                : {}),
            values: (u, splits) =>
                splits.map((t) => (t >= (u.scales["x"]?.max ?? t) ? "" : label(t))),
        },
        {
            stroke: ink,
            font,
            grid,
            ticks: { show: false },
            size: 52,
            incrs: [1, 2, 5]
                .flatMap((n) => [0, 1, 2, 3, 4, 5, 6, 7, 8].map((e) => n * 10 ** e))
                .sort((a, b) => a - b),
            values: (_u, splits) => splits.map((n) => short(n)),
        },
    ];
}

export function StackChart({ at, bucketSeconds, parts, height = 240 }: Props) {
    const w = words();
    const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
    const [asTable, setAsTable] = useState(false);
    const [here, setHere] = useState<number | null>(null);
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const shown = useMemo(() => parts.filter((p) => !hidden.has(p.name)), [parts, hidden]);
    const mode = theme.value;
    const times = zone.value;

    useEffect(() => {
        const element = box.current;
        if (!element || at.length === 0 || asTable) return;
        const half = bucketSeconds / 2;
        const xs = at.map((t) => t / 1000 + half);
        const first = (at[0] ?? 0) / 1000;
        const last = (at[at.length - 1] ?? 0) / 1000 + bucketSeconds;
        const ground = style("--card");
        const u = new uPlot(
            {
                width: element.clientWidth,
                height,
                legend: { show: false },
                padding: [12, 8, 0, 0],
                cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
                scales: {
                    x: { time: true, range: () => [first, last] },
                    y: { range: (_u, _min, max) => [0, Math.max(4, (max ?? 0) * 1.08)] },
                },
                tzDate: (t) =>
                    times === "utc"
                        ? uPlot.tzDate(new Date(t * 1000), "Etc/UTC")
                        : new Date(t * 1000),
                axes: axes(xs, bucketSeconds),
                series: [
                    {},
                    ...[...shown].reverse().map((part) => ({
                        label: plain(part.name, 40),
                        fill: () => pattern(part.index, ground) as CanvasPattern,
                        stroke: ground,
                        width: 1,
                        points: { show: false },
                        paths: uPlot.paths.bars!({ size: [0.86, 64], radius: 0 }),
                    })),
                ],
                hooks: { setCursor: [(p) => setHere(p.cursor.idx ?? null)] },
            },
            [xs, ...stacked(shown, at.length)] as uPlot.AlignedData,
            element,
        );
        plot.current = u;
        const watch = new ResizeObserver(() => u.setSize({ width: element.clientWidth, height }));
        watch.observe(element);
        return () => {
            watch.disconnect();
            u.destroy();
            plot.current = null;
            setHere(null);
        };
    }, [at, bucketSeconds, shown, height, asTable, mode, times]);

    if (at.length === 0 || parts.length === 0) return <p class="empty">{w.chart.empty}</p>;

    const move = (step: number) => {
        const u = plot.current;
        if (!u) return;
        const next = Math.max(
            0,
            Math.min(at.length - 1, (here ?? (step > 0 ? -1 : at.length)) + step),
        );
        u.setCursor({ left: u.valToPos(u.data[0][next] ?? 0, "x"), top: 1 });
        setHere(next);
    };
    const onKey = (e: KeyboardEvent) => {
        const far = e.shiftKey ? 10 : 1;
        if (e.key === "ArrowLeft") move(-far);
        else if (e.key === "ArrowRight") move(far);
        else if (e.key === "Home") move(-at.length);
        else if (e.key === "End") move(at.length);
        else return;
        e.preventDefault();
    };
    const toggle = (name: string) => {
        const next = new Set(hidden);
        if (!next.delete(name)) next.add(name);
        setHidden(next);
    };
    const text = (i: number) => hourText(at[i] ?? 0);
    const sum = (part: Part) => part.values.reduce((a, b) => a + b, 0);
    const spoken =
        here === null
            ? ""
            : `${text(here)}: ${shown
                  .map((p) => `${plain(p.name, 40)} ${count(p.values[here] ?? 0)}`)
                  .join(", ")}`;

    return (
        <div class="chart">
            <div class="chart-head">
                <div class="legend" role="group" aria-label={w.chart.legend}>
                    {parts.map((part) => {
                        const on = !hidden.has(part.name);
                        return (
                            <button
                                key={part.name}
                                type="button"
                                aria-pressed={on}
                                title={
                                    on
                                        ? w.chart.hide(plain(part.name, 40))
                                        : w.chart.show(plain(part.name, 40))
                                }
                                onClick={() => toggle(part.name)}
                            >
                                <Swatch index={part.index} />
                                <Shown text={part.name} most={40} short />
                                <span class="n">
                                    {count(here === null ? sum(part) : (part.values[here] ?? 0))}
                                </span>
                            </button>
                        );
                    })}
                    <span class="at">{here === null ? w.chart.total : text(here)}</span>
                </div>
                <button type="button" class="link" onClick={() => setAsTable(!asTable)}>
                    {asTable ? w.chart.chart : w.chart.table}
                </button>
            </div>
            {asTable ? (
                <div class="scroll" tabIndex={0} role="region" aria-label={w.chart.table}>
                    <Table
                        label={w.chart.table}
                        class="compact plain"
                        heads={[
                            { text: w.chart.at },
                            ...shown.map((p) => ({ text: plain(p.name, 40), number: true })),
                        ]}
                    >
                        {at.map((_, i) =>
                            shown.some((p) => (p.values[i] ?? 0) > 0) ? (
                                <Line key={i}>
                                    <Cell>{text(i)}</Cell>
                                    {shown.map((p) => (
                                        <Cell key={p.name} number>
                                            {count(p.values[i] ?? 0)}
                                        </Cell>
                                    ))}
                                </Line>
                            ) : null,
                        )}
                    </Table>
                </div>
            ) : (
                <div
                    class="plot"
                    ref={box}
                    role="group"
                    tabIndex={0}
                    aria-label={w.chart.label(text(0), text(at.length - 1))}
                    onKeyDown={onKey}
                />
            )}
            <p class="unseen" aria-live="polite">
                {spoken}
            </p>
        </div>
    );
}
