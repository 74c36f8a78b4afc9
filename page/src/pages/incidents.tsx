// SPDX-License-Identifier: GPL-3.0-or-later
//
// incidents - one row a device and app, the most certain first.
import { session, useApi } from "../api";
import { Exports } from "../parts/exports";
import { Holding } from "../parts/filters";
import { Await, Card, Head, Search, Select } from "../parts/frame";
import { IncidentRows } from "../parts/incident_rows";
import { Pager, skipped } from "../parts/pager";
import { plain } from "../parts/shown";
import { address, changed, go, query, search } from "../router";
import { count, word, words } from "../text";
import { useTitle } from "../title";
import { pointsFrom, states, type Incident } from "../types";
import { useValues } from "../values";

const most = 50;
const open = "new,acknowledged";

function useFilters() {
    const q = query();
    return {
        state: q.get("state") ?? open,
        app: q.get("app") ?? "",
        q: q.get("q") ?? "",
        least: q.get("least") ?? "",
        device: q.get("device") ?? "",
        assignee: q.get("assignee") ?? "",
        sort: q.get("sort") ?? "score",
    };
}

function Filters() {
    const w = words();
    const i = w.incident;
    const filters = useFilters();
    const apps = useValues("app");
    const pick = (key: string) => (value: string) => go(changed({ [key]: value, skip: null }));
    const me = session.value?.account.name ?? "";
    const sure = [
        ["", i.leastAny],
        [String(pointsFrom.sure), w.confidence.sure],
        [String(pointsFrom.likely), i.orMore(w.confidence.likely)],
        [String(pointsFrom.visited), i.orMore(w.confidence.visited)],
    ] as const;
    const named = (key: string, value: string) => {
        if (key === "state") return value === "all" ? w.common.all : word(w.state, value);
        if (key === "least") return sure.find(([points]) => points === value)?.[1] ?? value;
        return value;
    };
    return (
        <>
        <div class="filters">
            <Search label={i.search} value={filters.q} onSearch={pick("q")} />
            <Select
                name="state"
                label={i.state}
                value={filters.state}
                options={[
                    [open, i.open],
                    ...states.map((s) => [s, w.state[s]] as const),
                    ["all", w.common.all],
                ]}
                onPick={pick("state")}
            />
            <Select
                name="app"
                label={i.app}
                value={filters.app}
                options={[["", w.common.all], ...apps.map((a) => [a, plain(a, 40)] as const)]}
                onPick={pick("app")}
            />
            <Select
                name="least"
                label={i.least}
                value={filters.least}
                options={sure}
                onPick={pick("least")}
            />
            <Select
                name="assignee"
                label={i.assignee}
                value={filters.assignee}
                options={[
                    ["", w.common.any],
                    [me, i.assigneeMe],
                ]}
                onPick={pick("assignee")}
            />
        </div>
        <div class="holding">
            <Holding
                filters={filters}
                labels={{
                    q: w.common.search,
                    state: i.state,
                    app: i.app,
                    least: i.least,
                    assignee: i.assignee,
                    device: i.device,
                }}
                named={named}
            />
        </div>
        </>
    );
}

export function IncidentsPage(_: { id: string }) {
    const w = words();
    const i = w.incident;
    useTitle(i.title);
    const filters = useFilters();
    const skip = skipped();
    const loaded = useApi<{ incidents: Incident[]; total: number }>(
        address("/api/incidents", { ...filters, skip: skip || null, most }),
        30,
    );
    return (
        <>
            <Head title={i.title} lead={i.lead}>
                <Exports of="incidents" filters={filters} />
            </Head>
            <Filters />
            <Await of={loaded}>
                {(data) => (
                    <>
                        <div class="found-row">
                            <p class="found" role="status">
                                {i.found(count(data.total), data.total)}
                            </p>
                            <Select
                                name="sort"
                                label={i.sort}
                                value={filters.sort}
                                options={[
                                    ["score", i.sortScore],
                                    ["last", i.sortLast],
                                    ["attempts", i.sortAttempts],
                                ]}
                                onPick={(sort) => go(changed({ sort, skip: null }))}
                            />
                        </div>
                        <Card flush>
                            {data.incidents.length === 0 ? (
                                <p class="empty">
                                    {search.value === "" ? i.noneOpen : i.none}
                                </p>
                            ) : (
                                <IncidentRows incidents={data.incidents} label={i.title} />
                            )}
                        </Card>
                        <Pager
                            skip={skip}
                            most={most}
                            more={skip + data.incidents.length < data.total}
                        >
                            <span>
                                {w.common.range(
                                    count(skip + 1),
                                    count(skip + data.incidents.length),
                                    count(data.total),
                                )}
                            </span>
                        </Pager>
                    </>
                )}
            </Await>
        </>
    );
}
