// SPDX-License-Identifier: GPL-3.0-or-later
//
// incidents - one row a device and app, the most certain first.
import { session, useApi } from "../api";
import { Await, Card, Head, Search, Select } from "../parts/frame";
import { DownloadIcon } from "../parts/icons";
import { IncidentRows } from "../parts/incident_rows";
import { plain } from "../parts/shown";
import { address, changed, go, query } from "../router";
import { count, words } from "../text";
import { useTitle } from "../title";
import { states, type Incident } from "../types";
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
    return (
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
                options={[
                    ["", i.leastAny],
                    ["70", w.confidence.sure],
                    ["40", i.orMore(w.confidence.likely)],
                    ["15", i.orMore(w.confidence.visited)],
                ]}
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
    );
}

function Pager({ total, skip }: { total: number; skip: number }) {
    const w = words();
    if (total <= most && skip === 0) return null;
    const last = Math.min(total, skip + most);
    return (
        <nav class="pager" aria-label={w.common.more}>
            <a
                class="button"
                aria-disabled={skip === 0}
                href={skip === 0 ? undefined : changed({ skip: skip > most ? skip - most : null })}
            >
                {w.common.previous}
            </a>
            <span>{w.common.range(count(skip + 1), count(last), count(total))}</span>
            <a
                class="button"
                aria-disabled={last >= total}
                href={last >= total ? undefined : changed({ skip: skip + most })}
            >
                {w.common.next}
            </a>
        </nav>
    );
}

export function IncidentsPage(_: { id: string }) {
    const w = words();
    const i = w.incident;
    useTitle(i.title);
    const filters = useFilters();
    const skip = Math.max(0, Number.parseInt(query().get("skip") ?? "0", 10) || 0);
    const loaded = useApi<{ incidents: Incident[]; total: number }>(
        address("/api/incidents", { ...filters, skip: skip || null, most }),
        30,
    );
    return (
        <>
            <Head title={i.title} lead={i.lead}>
                <a class="button" download href={address("/api/export/incidents.csv", filters)}>
                    <DownloadIcon />
                    {i.exportCsv}
                </a>
                <a class="button" download href={address("/api/export/incidents.json", filters)}>
                    <DownloadIcon />
                    {i.exportJson}
                </a>
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
                                <p class="empty">{i.none}</p>
                            ) : (
                                <IncidentRows incidents={data.incidents} label={i.title} />
                            )}
                        </Card>
                        <Pager total={data.total} skip={skip} />
                    </>
                )}
            </Await>
        </>
    );
}
