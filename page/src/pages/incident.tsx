// SPDX-License-Identifier: GPL-3.0-or-later
//
// incident - one device and one app: how sure, why, what was done, what was decided.
import { useMemo } from "preact/hooks";
import { useApi } from "../api";
import { StackChart } from "../parts/chart";
import { Decision, Steps } from "../parts/decision";
import { Card, Detail, Fact, Facts, Head } from "../parts/frame";
import { StopIcon, EyeIcon } from "../parts/icons";
import { LatestEvents } from "../parts/latest";
import { deviceTitle, DeviceName, ScoreBar, StateMark } from "../parts/marks";
import { Bars, Reasons } from "../parts/reasons";
import { plain, Shown } from "../parts/shown";
import { address } from "../router";
import { count, word, words } from "../text";
import { When } from "../time";
import { useTitle } from "../title";
import type { IncidentDetail } from "../types";

function Done({ incident }: { incident: IncidentDetail }) {
    const i = words().incident;
    const { attempts, stopped } = incident;
    const text =
        stopped === 0
            ? i.didNone(count(attempts), attempts)
            : stopped >= attempts
              ? i.didAll(count(attempts), attempts)
              : i.didSome(count(stopped), count(attempts));
    return (
        <p class={stopped >= attempts ? "done all" : "done"}>
            {stopped > 0 ? <StopIcon /> : <EyeIcon />}
            {text}
        </p>
    );
}

function Verdict({ incident }: { incident: IncidentDetail }) {
    const w = words();
    const i = w.incident;
    return (
        <div class="verdict-strip">
            <div>
                <span class="label">{i.score}</span>
                <ScoreBar score={incident.score} />
                <strong>{word(w.confidenceLong, incident.score.confidence)}</strong>
            </div>
            <div>
                <span class="label">{i.did}</span>
                <Done incident={incident} />
            </div>
            <div>
                <span class="label">{i.attempts}</span>
                <span class="big">{count(incident.attempts)}</span>
                <span class="quiet">
                    {i.attemptsIn(
                        count(incident.hours),
                        incident.hours,
                        count(incident.days),
                        incident.days,
                    )}
                </span>
            </div>
            <div>
                <span class="label">{i.last}</span>
                <span class="big">
                    <When at={incident.last} relative />
                </span>
                <span class="quiet">
                    {i.first} <When at={incident.first} />
                </span>
            </div>
        </div>
    );
}

function Decided({ incident }: { incident: IncidentDetail }) {
    const i = words().incident;
    return (
        <Facts>
            <Fact name={i.list}>
                {incident.list === "" ? (
                    <Shown text="" />
                ) : (
                    <a href={`/lists/${encodeURIComponent(incident.list)}`}>
                        <Shown text={incident.list} most={60} short />
                    </a>
                )}
            </Fact>
            <Fact name={i.rule}>
                <Shown text={incident.rule} most={80} mono />
            </Fact>
            <Fact name={i.source}>
                <Shown text={incident.source} most={120} mono />
            </Fact>
            <Fact name={i.authority}>
                <Shown text={incident.authority} most={300} />
            </Fact>
            <Fact name={i.ticket}>
                <Shown text={incident.ticket} most={80} />
            </Fact>
            <Fact name={i.group}>
                <Shown text={incident.group} most={80} />
            </Fact>
            <Fact name={i.gateway}>
                <Shown text={incident.gateway} most={80} />
            </Fact>
            {incident.unresolved > 0 && (
                <Fact name={i.unresolved}>{count(incident.unresolved)}</Fact>
            )}
        </Facts>
    );
}

function Names({ names }: { names: string[] }) {
    const i = words().incident;
    if (names.length === 0) return <p class="empty">{i.namesNone}</p>;
    return (
        <ul class="names">
            {names.map((name) => (
                <li key={name}>
                    <Shown text={name} most={120} mono />
                </li>
            ))}
        </ul>
    );
}

function Days({ incident }: { incident: IncidentDetail }) {
    const w = words();
    const parts = useMemo(
        () => [
            {
                name: w.event.stoppedYes,
                index: 0,
                values: incident.days_series.map((d) => d.stopped),
            },
            {
                name: w.event.stoppedNo,
                index: 1,
                values: incident.days_series.map((d) => d.rows - d.stopped),
            },
        ],
        [incident, w],
    );
    const at = useMemo(() => incident.days_series.map((d) => Date.parse(d.at)), [incident]);
    return <StackChart at={at} bucketSeconds={86400} parts={parts} height={160} />;
}

export function IncidentPage({ id }: { id: string }) {
    const w = words();
    const i = w.incident;
    const loaded = useApi<IncidentDetail>(`/api/incidents/${encodeURIComponent(id)}`);
    const incident = loaded.data;
    useTitle(
        incident ? `${plain(deviceTitle(incident.device), 40)}, ${plain(incident.app, 30)}` : i.one,
    );
    const events = (filter: Record<string, string>) =>
        address("/events", { device: incident?.device.number, app: incident?.app, ...filter });
    return (
            <Detail of={loaded} up="/incidents" upName={i.title} one={i.one}>
                {(data) => (
                    <>
                        <Head
                            title={
                                <>
                                    <Shown text={deviceTitle(data.device)} most={60} short />
                                    <span class="quiet"> · </span>
                                    <Shown text={data.app} most={60} short />
                                </>
                            }
                        >
                            <StateMark state={data.state} reopened={data.reopened} />
                        </Head>
                        <Verdict incident={data} />
                        <div class="columns wide-left">
                            <div class="stack">
                                <Card title={i.why}>
                                    <Reasons incident={data} />
                                </Card>
                                <div class="columns even">
                                    <Card title={i.evidence}>
                                        <Bars
                                            counts={data.evidence}
                                            words={w.evidence}
                                            long={w.evidenceLong}
                                            to={(evidence) => events({ evidence })}
                                        />
                                    </Card>
                                    <Card title={i.waysTried}>
                                        <Bars
                                            counts={data.ways}
                                            words={w.way}
                                            long={w.wayLong}
                                            to={(way) => events({ way })}
                                        />
                                    </Card>
                                </div>
                                <div class="columns even">
                                    <Card title={i.names}>
                                        <Names names={data.names} />
                                    </Card>
                                    <Card title={i.decided}>
                                        <Decided incident={data} />
                                    </Card>
                                </div>
                                {data.days_series.length > 0 && (
                                    <Card title={i.byDay}>
                                        <Days incident={data} />
                                    </Card>
                                )}
                            </div>
                            <div class="stack">
                                <Card title={i.device}>
                                    <DeviceName device={data.device} link />
                                    <p class="quiet">{word(w.known, data.device.known)}</p>
                                </Card>
                                <Card title={i.decision}>
                                    <Decision incident={data} onDone={loaded.reload} />
                                </Card>
                                <Card title={i.steps}>
                                    <Steps steps={data.steps} />
                                </Card>
                            </div>
                        </div>
                        <LatestEvents
                            filters={{ device: data.device.number, app: data.app }}
                            most={12}
                        />
                    </>
                )}
            </Detail>
    );
}
