// SPDX-License-Identifier: GPL-3.0-or-later
//
// event_filters - every filter of the events page, and those that hold as chips to take away.
import { useState } from "preact/hooks";
import { changed, go, query } from "../router";
import { word, words } from "../text";
import { useValues, type Word } from "../values";
import { DeviceEntry, Entry, Holding } from "./filters";
import { Search, Select } from "./frame";
import { plain } from "./shown";

export const filterKeys = [
    "from",
    "until",
    "name",
    "client",
    "device",
    "app",
    "list",
    "rule",
    "action",
    "way",
    "evidence",
    "group",
    "gateway",
    "program",
    "stopped",
    "severity",
    "traffic",
] as const;
export type FilterKey = (typeof filterKeys)[number];

export function filterQuery(): Record<FilterKey, string> {
    const q = query();
    return Object.fromEntries(filterKeys.map((k) => [k, q.get(k) ?? ""])) as Record<
        FilterKey,
        string
    >;
}

const set = (key: FilterKey) => (value: string) => go(changed({ [key]: value, line: null }));

/** What a filter's value is called. */
function named(key: FilterKey, value: string): string {
    const w = words();
    if (key === "way") return word(w.way, value);
    if (key === "evidence") return word(w.evidence, value);
    if (key === "stopped") return value === "no" ? w.event.stoppedNo : w.event.stoppedYes;
    if (key === "traffic") return value === "no" ? w.event.trafficNo : w.event.trafficYes;
    if (key === "action")
        return `${word(w.action, value.replace(/^(dns|flow)-/, ""))} (${plain(value, 30)})`;
    const period = periods().find(([from]) => from === value);
    return key === "from" && period ? period[1] : plain(value, 60);
}

function WordSelect({ by, value }: { by: Word; value: string }) {
    const w = words();
    const values = useValues(by);
    return (
        <Select
            name={by}
            label={w.event[by]}
            value={value}
            options={[["", w.common.all], ...values.map((v) => [v, named(by, v)] as const)]}
            onPick={set(by)}
        />
    );
}

const periods = () => {
    const w = words();
    return [
        ["-1h", w.time.hour],
        ["-24h", w.time.day],
        ["-7d", w.time.week],
        ["-30d", w.time.month],
    ] as const;
};

function Period({ value }: { value: string }) {
    const w = words();
    return (
        <Select
            name="period"
            label={w.time.period}
            value={value}
            options={[["", w.time.allTime], ...periods()]}
            onPick={(from) => go(changed({ from, until: null, line: null }))}
        />
    );
}

export function EventFilters({ timeless }: { timeless?: boolean }) {
    const w = words();
    const e = w.event;
    const f = filterQuery();
    const hidden: readonly FilterKey[] = [
        "from",
        "until",
        "device",
        "list",
        "rule",
        "way",
        "evidence",
        "group",
        "gateway",
        "program",
        "severity",
        "traffic",
    ];
    const labels = Object.fromEntries(filterKeys.map((key) => [key, e[key]])) as Record<
        FilterKey,
        string
    >;
    const inside = hidden.filter((k) => f[k] !== "" && !(k === "from" && f.from.startsWith("-")));
    const [open, setOpen] = useState(inside.length > 0);
    return (
        <>
            <div class="filters">
                <Search label={e.search} name="name" value={f.name} onSearch={set("name")} />
                {!timeless && <Period value={f.until === "" ? f.from : ""} />}
                <WordSelect by="app" value={f.app} />
                <Entry
                    name="client"
                    label={e.client}
                    value={f.client}
                    hint={e.clientHint}
                    onPick={set("client")}
                />
                <WordSelect by="action" value={f.action} />
                <Select
                    name="stopped"
                    label={e.stopped}
                    value={f.stopped}
                    options={[
                        ["", w.common.all],
                        ["yes", w.common.yes],
                        ["no", w.common.no],
                    ]}
                    onPick={set("stopped")}
                />
            </div>
            {open && (
                <div class="filters second" id="more-filters">
                    <WordSelect by="list" value={f.list} />
                    <WordSelect by="way" value={f.way} />
                    <WordSelect by="evidence" value={f.evidence} />
                    <WordSelect by="gateway" value={f.gateway} />
                    <WordSelect by="program" value={f.program} />
                    <WordSelect by="group" value={f.group} />
                    <Entry name="rule" label={e.rule} value={f.rule} onPick={set("rule")} />
                    <DeviceEntry value={f.device} onPick={set("device")} />
                    <Select
                        name="severity"
                        label={e.severity}
                        value={f.severity}
                        options={[
                            ["", w.common.any],
                            ...["1", "2", "3", "4", "5", "6", "7"].map((n) => [n, n] as const),
                        ]}
                        onPick={set("severity")}
                    />
                    <Select
                        name="traffic"
                        label={e.traffic}
                        value={f.traffic}
                        options={[
                            ["", e.trafficYes],
                            ["no", e.trafficNo],
                        ]}
                        onPick={set("traffic")}
                    />
                    {!timeless && (
                        <>
                            {(["from", "until"] as const).map((key) => (
                                <Entry
                                    key={key}
                                    name={key}
                                    label={e[key]}
                                    value={f[key]}
                                    hint={e.timeHint}
                                    onPick={set(key)}
                                />
                            ))}
                        </>
                    )}
                </div>
            )}
            <div class="holding">
                <button
                    type="button"
                    class="more-filters"
                    aria-expanded={open}
                    aria-controls={open ? "more-filters" : undefined}
                    onClick={() => setOpen(!open)}
                >
                    {open ? e.fewerFilters : e.moreFilters}
                </button>
                <Holding filters={f} labels={labels} named={named} />
            </div>
        </>
    );
}
