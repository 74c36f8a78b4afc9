// SPDX-License-Identifier: GPL-3.0-or-later
//
// event_detail - one line: what happened, why (rule, file, line, authority, lists asked before),
// and the line itself.
import { useApi } from "../api";
import { count, word, words } from "../text";
import { When } from "../time";
import type { EventDetail, Row, Why } from "../types";
import { Await, Dialog, Fact, Facts } from "./frame";
import { ExternalIcon } from "./icons";
import { JsonView } from "./json";
import { ActionMark, DeviceName, EvidenceChip, WayChip } from "./marks";
import { Shown } from "./shown";

export function Reference({ to }: { to: string }) {
    const w = words();
    if (!/^https?:\/\//.test(to)) return <Shown text={to} most={200} />;
    return (
        <a href={to} target="_blank" rel="noopener noreferrer">
            <Shown text={to} most={80} short />
            <ExternalIcon />
            <span class="unseen">{w.common.opens}</span>
        </a>
    );
}

function WhyFacts({ why }: { why: Why }) {
    const e = words().event;
    const asked = why.asked_before ?? [];
    const serial =
        why.serial_now !== undefined && why.serial_now !== why.serial
            ? e.serialThen(String(why.serial ?? ""), String(why.serial_now))
            : String(why.serial ?? "");
    return (
        <>
            {why.text && (
                <p class="say">
                    <Shown text={why.text} most={600} />
                </p>
            )}
            <Facts>
                <Fact name={e.list}>
                    {why.list ? (
                        <a href={`/lists/${encodeURIComponent(why.list)}`}>
                            <Shown text={why.title || why.list} most={80} short />
                        </a>
                    ) : (
                        <Shown text="" />
                    )}
                </Fact>
                <Fact name={e.rule}>
                    <Shown text={why.rule} most={80} mono />
                </Fact>
                <Fact name={e.ruleName}>
                    <Shown text={why.rule_name} most={200} mono />
                </Fact>
                <Fact name={e.file}>
                    <Shown
                        text={why.file ? `${why.file}${why.line ? `:${why.line}` : ""}` : ""}
                        mono
                    />
                </Fact>
                <Fact name={e.authority}>
                    <Shown text={why.authority} most={300} />
                </Fact>
                <Fact name={e.reference}>
                    {why.reference ? <Reference to={why.reference} /> : <Shown text="" />}
                </Fact>
                <Fact name={e.ticket}>
                    <Shown text={why.ticket} most={80} />
                </Fact>
                <Fact name={e.owner}>
                    <Shown text={why.owner} most={80} />
                </Fact>
                {why.note && (
                    <Fact name={e.note}>
                        <Shown text={why.note} most={400} />
                    </Fact>
                )}
                <Fact name={e.serial}>{serial || <Shown text="" />}</Fact>
                <Fact name={e.asked}>
                    {asked.length === 0 ? (
                        e.askedNone
                    ) : (
                        <span class="chips">
                            {asked.map((list) => (
                                <a
                                    key={list}
                                    class="chip"
                                    href={`/lists/${encodeURIComponent(list)}`}
                                >
                                    <Shown text={list} most={40} short />
                                </a>
                            ))}
                        </span>
                    )}
                </Fact>
            </Facts>
        </>
    );
}

function What({ row }: { row: Row }) {
    const w = words();
    const e = w.event;
    const end = (address: string, port: number) =>
        address === ""
            ? ""
            : `${address.includes(":") ? `[${address}]` : address}${port ? `:${port}` : ""}`;
    return (
        <Facts>
            <Fact name={e.time}>
                <When at={row.at} />
            </Fact>
            <Fact name={e.action}>
                <ActionMark action={row.action} stopped={row.stopped} />
            </Fact>
            {row.name !== "" && (
                <Fact name={e.name}>
                    <Shown text={row.name} most={300} mono />
                </Fact>
            )}
            {row.device && (
                <Fact name={e.device}>
                    <DeviceName device={row.device} link />
                </Fact>
            )}
            <Fact name={e.client}>
                <Shown text={end(row.client, row.client_port)} mono />
            </Fact>
            <Fact name={e.server}>
                <Shown text={end(row.server, row.server_port)} mono />
            </Fact>
            <Fact name={e.way}>
                <WayChip way={row.way} /> <span class="quiet">{word(w.wayLong, row.way)}</span>
            </Fact>
            <Fact name={e.evidence}>
                <EvidenceChip evidence={row.evidence} />{" "}
                <span class="quiet">{word(w.evidenceLong, row.evidence)}</span>
            </Fact>
            <Fact name={e.reason}>
                <Shown text={row.reason} most={300} />
            </Fact>
            <Fact name={e.gateway}>
                <Shown text={row.gateway} most={60} short /> · {row.program}
            </Fact>
            <Fact name={e.sequence}>{count(row.sequence)}</Fact>
        </Facts>
    );
}

/** "3.1042@2026-…": source, number, time. */
export function lineAddress(line: string): string | null {
    const found = /^(\d+)\.(\d+)@([-0-9:.TZ]+)$/.exec(line);
    if (!found) return null;
    return `/api/events/${found[1]}/${found[2]}?at=${encodeURIComponent(found[3] ?? "")}`;
}

interface Props {
    line: string;
    onClose: () => void;
    previous: (() => void) | null;
    next: (() => void) | null;
}
export function EventDrawer({ line, onClose, previous, next }: Props) {
    const w = words();
    const e = w.event;
    const loaded = useApi<EventDetail>(lineAddress(line));
    return (
        <Dialog title={e.one} onClose={onClose} side>
            <div class="row between">
                <button
                    type="button"
                    data-previous
                    disabled={!previous}
                    onClick={previous ?? undefined}
                >
                    {e.previousEvent}
                </button>
                <button type="button" data-next disabled={!next} onClick={next ?? undefined}>
                    {e.nextEvent}
                </button>
            </div>
            <Await of={loaded}>
                {(data) => (
                    <>
                        <What row={data.row} />
                        <h3>{e.why}</h3>
                        {data.why && (data.why.rule || data.why.list || data.why.text) ? (
                            <WhyFacts why={data.why} />
                        ) : (
                            <p class="empty">{e.whyNone}</p>
                        )}
                        <h3>{e.raw}</h3>
                        <JsonView raw={data.raw} exact={data.raw_text} />
                    </>
                )}
            </Await>
        </Dialog>
    );
}
