// SPDX-License-Identifier: GPL-3.0-or-later
//
// gateways - how each gateway's event chain and eyes are: last line, losses, blind time.
import { address } from "../router";
import type { Gateway } from "../types";
import { count, seconds, short, words } from "../text";
import { When } from "../time";
import { Cell, Line, Table } from "./frame";
import { BrokenIcon, CheckIcon, WarnIcon, WholeIcon } from "./icons";
import { plain, Shown } from "./shown";

const recently = 24 * 3600 * 1000;

/** What is wrong with a gateway now, in words; nothing: it is fine. What its programs say of their
 * health is a trouble for a day; losses and breaks of the chain stay one. A restart is none. */
export function troubles(gateway: Gateway): string[] {
    const w = words().gateway;
    const { health, chain } = gateway;
    const bad = health.last_bad_at ? Date.now() - Date.parse(health.last_bad_at) < recently : false;
    const out: string[] = [];
    const breaks = Math.max(1, chain.breaks);
    if (!chain.whole) out.push(w.breaks(count(breaks), breaks));
    if (chain.missing > 0) out.push(w.missing(count(chain.missing), chain.missing));
    // The next line that is written says the same of what a notice of losses said.
    const lost = Math.max(gateway.lost, bad ? health.events_lost : 0);
    if (lost > 0) out.push(w.eventsLost(count(lost), lost));
    if (bad && health.blind_seconds > 0) out.push(w.blindFor(seconds(health.blind_seconds)));
    if (bad && health.dropped > 0) out.push(w.dropped(count(health.dropped), health.dropped));
    if (bad && health.flows_full > 0)
        out.push(w.flowsFull(count(health.flows_full), health.flows_full));
    if (bad && health.gather_full > 0)
        out.push(w.gatherFull(count(health.gather_full), health.gather_full));
    return out;
}

function Chain({ gateway }: { gateway: Gateway }) {
    const w = words().gateway;
    const { chain } = gateway;
    return (
        <span class={chain.whole ? "verdict fine" : "verdict bad"} title={plain(chain.text, 300)}>
            {chain.whole ? <WholeIcon /> : <BrokenIcon />}
            {chain.whole ? w.whole : w.broken}
        </span>
    );
}

export function Gateways({ gateways }: { gateways: Gateway[] }) {
    const w = words();
    const g = w.gateway;
    if (gateways.length === 0) return <p class="empty">{w.overview.gatewaysNone}</p>;
    return (
        <Table
            label={w.overview.gateways}
            heads={[
                { text: g.gateway },
                { text: g.health },
                { text: g.last },
                { text: g.chain },
                { text: g.lost, number: true },
                { text: g.blind, number: true },
                { text: g.lines, number: true },
            ]}
        >
            {gateways.map((gateway) => {
                const bad = troubles(gateway);
                return (
                    <Line
                        key={`${gateway.folder} ${gateway.program}`}
                        class={gateway.past ? "past" : ""}
                    >
                        <Cell class="lead-cell">
                            <span class="device">
                                <a
                                    class="title"
                                    data-row
                                    href={address("/events", {
                                        gateway: gateway.gateway,
                                        program: gateway.program,
                                        traffic: "no",
                                    })}
                                >
                                    <Shown text={gateway.gateway} most={40} short />
                                </a>
                                <span class="below">
                                    <span>{gateway.program}</span>
                                    {gateway.past && <span>{g.past}</span>}
                                </span>
                            </span>
                        </Cell>
                        <Cell label={g.health}>
                            {bad.length === 0 ? (
                                <span class="verdict fine">
                                    <CheckIcon />
                                    {g.fine}
                                </span>
                            ) : (
                                <span
                                    class="verdict bad"
                                    title={plain(gateway.health.last_bad, 300)}
                                >
                                    <WarnIcon />
                                    {bad.join("; ")}
                                </span>
                            )}
                        </Cell>
                        <Cell label={g.last}>
                            <span
                                title={g.restarts(
                                    count(gateway.health.restarts),
                                    gateway.health.restarts,
                                )}
                            >
                                <When at={gateway.last_at} relative />
                            </span>
                        </Cell>
                        <Cell label={g.chain}>
                            <Chain gateway={gateway} />
                        </Cell>
                        <Cell label={g.lost} number>
                            <span
                                title={`${g.lostTitle}; ${g.sampledTitle(count(gateway.sampled))}`}
                            >
                                {count(gateway.lost)}
                            </span>
                        </Cell>
                        <Cell label={g.blind} number>
                            {seconds(gateway.health.blind_seconds)}
                        </Cell>
                        <Cell label={g.lines} number>
                            <span title={count(gateway.lines)}>{short(gateway.lines)}</span>
                        </Cell>
                    </Line>
                );
            })}
        </Table>
    );
}
