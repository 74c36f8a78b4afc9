// SPDX-License-Identifier: GPL-3.0-or-later
//
// overview - the first minute: which devices, how sure, what was done; and whether gateways see.
import { useMemo, useState } from "preact/hooks";
import { useApi } from "../api";
import { StackChart, type Part } from "../parts/chart";
import { Await, Card, Fact, Facts, Head, Select, Switch } from "../parts/frame";
import { Gateways, troubles } from "../parts/gateways";
import { IncidentRows } from "../parts/incident_rows";
import { StateMark } from "../parts/marks";
import { Shown } from "../parts/shown";
import { address, changed, go, query } from "../router";
import { bytes, count, percent, words } from "../text";
import { When } from "../time";
import { useTitle } from "../title";
import { pointsFrom, states, type Gateway, type Overview } from "../types";

interface TileProps {
    name: string;
    value: string;
    below: string;
    to: string;
    tone?: string;
}
function Tile({ name, value, below, to, tone }: TileProps) {
    return (
        <a class={`tile ${tone ?? ""}`} href={to}>
            <span class="name">{name}</span>
            <span class="value">{value}</span>
            <span class="below">{below}</span>
        </a>
    );
}

/** How many new incidents have so many points. */
function useNew(least: number): number | null {
    const to = address("/api/incidents", { state: "new", least, most: 1 });
    return useApi<{ total: number }>(to, 30).data?.total ?? null;
}

function Tiles({ data, from }: { data: Overview; from: string }) {
    const w = words();
    const o = w.overview;
    const { totals } = data;
    const named = (gateways: Gateway[]) => new Set(gateways.map((g) => g.gateway)).size;
    const present = data.gateways.filter((g) => !g.past);
    const bad = named(present.filter((g) => troubles(g).length > 0));
    const sure = useNew(pointsFrom.sure);
    const likely = useNew(pointsFrom.likely);
    return (
        <div class="tiles">
            <Tile
                name={o.newIncidents}
                value={count(totals.incidents.new ?? 0)}
                below={
                    sure !== null && likely !== null && totals.incidents.new > 0
                        ? o.howSure(count(sure), count(Math.max(0, likely - sure)))
                        : o.toReview
                }
                to="/incidents?state=new"
                tone={totals.incidents.new ? "strong" : ""}
            />
            <Tile
                name={o.stopped}
                value={count(totals.stopped)}
                below={`${o.ofAll(count(totals.rows))} · ${percent(totals.stopped, totals.rows)}`}
                to={address("/events", { from, stopped: "yes" })}
            />
            <Tile
                name={o.devices}
                value={count(totals.devices)}
                below={o.withAttempts}
                to="/devices"
            />
            <Tile
                name={o.gatewaysFine}
                value={count(named(present))}
                below={bad === 0 ? o.allFine : o.needLook(bad)}
                to="#gateways"
                tone={bad === 0 ? "" : "bad"}
            />
        </div>
    );
}

/** Colours that are told apart. */
const partsMost = 8;

/** Every bucket of the period, also those without a row; the apps with the fewest rows as one. */
function useParts(data: Overview, stopped: boolean): { at: number[]; parts: Part[] } {
    const others = words().common.others;
    return useMemo(() => {
        const step = Math.max(1, data.bucket_seconds) * 1000;
        const known = new Map(data.series.map((s) => [Date.parse(s.at), s.values]));
        const times = [...known.keys()];
        const first = Math.floor(Date.parse(data.from) / step) * step;
        const from = Math.max(Math.min(first, ...times), Date.parse(data.until) - 2000 * step);
        const at: number[] = [];
        for (let t = from; t < Date.parse(data.until) && at.length < 2000; t += step) at.push(t);
        const apps = data.apps.map((a) => a.app);
        const values = (name: string) =>
            at.map((t) => known.get(t)?.[name]?.[stopped ? 1 : 0] ?? 0);
        const own = apps.length > partsMost ? apps.slice(0, partsMost - 1) : apps;
        const parts: Part[] = own.map((name, index) => ({ name, index, values: values(name) }));
        if (own.length < apps.length) {
            const rest = apps.slice(own.length).map(values);
            const sums = at.map((_, i) => rest.reduce((n, one) => n + (one[i] ?? 0), 0));
            parts.push({ name: others, index: own.length, values: sums });
        }
        return { at, parts };
    }, [data, stopped, others]);
}

function Series({ data }: { data: Overview }) {
    const w = words();
    const [stopped, setStopped] = useState("yes");
    const { at, parts } = useParts(data, stopped === "yes");
    return (
        <Card
            title={w.overview.blockedTitle}
            tools={
                <Switch
                    label={w.event.stopped}
                    value={stopped}
                    options={[
                        ["yes", w.overview.showStopped],
                        ["no", w.overview.showAll],
                    ]}
                    onPick={setStopped}
                />
            }
        >
            <StackChart at={at} bucketSeconds={data.bucket_seconds} parts={parts} />
        </Card>
    );
}

function States({ data }: { data: Overview }) {
    const w = words();
    const counts = data.totals.incidents;
    const most = Math.max(1, ...states.map((s) => counts[s] ?? 0));
    return (
        <Card title={w.overview.states}>
            <ul class="state-bars">
                {states.map((state) => (
                    <li key={state}>
                        <a href={`/incidents?state=${state}`}>
                            <StateMark state={state} />
                            <svg
                                class="bar"
                                viewBox="0 0 100 6"
                                preserveAspectRatio="none"
                                aria-hidden="true"
                            >
                                <rect
                                    class={`fill ${state}`}
                                    width={((counts[state] ?? 0) / most) * 100}
                                    height="6"
                                />
                            </svg>
                            <span class="number">{count(counts[state] ?? 0)}</span>
                        </a>
                    </li>
                ))}
            </ul>
        </Card>
    );
}

function History({ data }: { data: Overview }) {
    const w = words();
    const o = w.overview;
    const { store } = data;
    return (
        <Card title={o.store}>
            {store === null ? (
                <p class="empty">{o.storeNone}</p>
            ) : (
                <Facts>
                    <Fact name={o.storeRows}>{count(store.rows)}</Fact>
                    <Fact name={o.storeSize}>{bytes(store.bytes)}</Fact>
                    <Fact name={o.storeFirst}>
                        <When at={store.first} />
                    </Fact>
                    <Fact name={o.storeLast}>
                        <When at={store.last} />
                    </Fact>
                    <Fact name={o.storeKind}>{store.kind}</Fact>
                    {store.waiting > 0 && (
                        <Fact name={o.storeWaiting}>
                            {count(store.waiting)} <Shown text={store.text} most={200} />
                        </Fact>
                    )}
                </Facts>
            )}
        </Card>
    );
}

export function OverviewPage(_: { id: string }) {
    const w = words();
    const o = w.overview;
    useTitle(o.title);
    const from = query().get("from") ?? "-7d";
    const loaded = useApi<Overview>(address("/api/overview", { from }), 30);
    const devices = loaded.data?.totals.devices ?? 0;
    const lead =
        loaded.data === null ? "" : devices === 0 ? o.quiet : o.lead(count(devices), devices);
    return (
        <>
            <Head title={o.title} lead={lead || "\u00a0"}>
                <Select
                    label={w.time.period}
                    value={from}
                    options={[
                        ["-24h", w.time.day],
                        ["-7d", w.time.week],
                        ["-30d", w.time.month],
                        ["-90d", w.time.quarter],
                    ]}
                    onPick={(value) => go(changed({ from: value }))}
                />
            </Head>
            <Await of={loaded}>
                {(data) => (
                    <>
                        <Tiles data={data} from={from} />
                        <div class="columns wide-left">
                            <Card
                                title={o.certain}
                                flush
                                tools={<a href="/incidents">{o.allIncidents}</a>}
                            >
                                {data.latest.length === 0 ? (
                                    <p class="empty">{o.certainNone}</p>
                                ) : (
                                    <IncidentRows incidents={data.latest} label={o.certain} brief />
                                )}
                            </Card>
                            <div class="stack">
                                <States data={data} />
                                <History data={data} />
                            </div>
                        </div>
                        <Series data={data} />
                        <div id="gateways">
                            <Card title={o.gateways} flush>
                                <Gateways gateways={data.gateways} />
                            </Card>
                        </div>
                    </>
                )}
            </Await>
        </>
    );
}
