// SPDX-License-Identifier: GPL-3.0-or-later
//
// event_rows - events as a table; each row opens the line itself.
import type { Row } from "../types";
import { words, word } from "../text";
import { When } from "../time";
import { Cell, Line, Table } from "./frame";
import { ActionMark, AppName, deviceTitle, EvidenceChip, WayChip } from "./marks";
import { plain, Shown } from "./shown";

export const rowKey = (row: Row) => `${row.source}.${row.sequence}`;
export const lineOf = (row: Row) => `${row.source}.${row.sequence}@${row.at}`;

function Who({ row }: { row: Row }) {
    const { device } = row;
    if (row.client === "") return <Shown text={row.gateway} most={40} short />;
    const title = device ? deviceTitle(device) : row.client;
    return (
        <span class="device">
            {device && device.number > 0 ? (
                <a class="title" href={`/devices/${device.number}`}>
                    <Shown text={title} most={40} short />
                </a>
            ) : (
                <span class="title">
                    <Shown text={title} most={40} short />
                </span>
            )}
            {title !== row.client && <span class="below mono">{row.client}</span>}
        </span>
    );
}

/** The name, or where to when no name was said; for notices and health what is reported. */
function What({ row }: { row: Row }) {
    if (row.kind !== "traffic") return <Shown text={row.reason || row.action} most={120} />;
    if (row.name !== "") return <Shown text={row.name} most={70} mono />;
    if (row.server === "") return <Shown text={row.reason} most={90} />;
    const server = row.server.includes(":") ? `[${row.server}]` : row.server;
    return <Shown text={row.server_port ? `${server}:${row.server_port}` : server} mono />;
}

interface Props {
    rows: Row[];
    label: string;
    to: (row: Row) => string;
    hideDevice?: boolean;
    fresh?: boolean;
}
export function EventRows({ rows, label, to, hideDevice, fresh }: Props) {
    const w = words();
    const e = w.event;
    return (
        <Table
            label={label}
            class={fresh ? "events fresh" : "events"}
            heads={[
                { text: e.time },
                ...(hideDevice ? [] : [{ text: e.device }]),
                { text: `${e.app} · ${e.rule}` },
                { text: e.name },
                { text: e.way },
                { text: e.evidence },
                { text: e.action },
            ]}
        >
            {rows.map((row) => (
                <Line key={rowKey(row)} class={row.kind}>
                    <Cell class="lead-cell time">
                        <a class="over" data-row href={to(row)}>
                            <When at={row.at} />
                            <span class="unseen">{plain(row.name, 60)}</span>
                        </a>
                    </Cell>
                    {!hideDevice && (
                        <Cell label={e.device}>
                            <Who row={row} />
                        </Cell>
                    )}
                    <Cell label={`${e.app} · ${e.rule}`}>
                        <span class="pair">
                            {row.app !== "" ? (
                                <AppName app={row.app} />
                            ) : (
                                <span class="chip">{word(w.kind, row.kind)}</span>
                            )}
                            {row.rule !== "" && (
                                <span class="below mono">
                                    <Shown text={row.rule} most={28} short />
                                </span>
                            )}
                        </span>
                    </Cell>
                    <Cell label={e.name} class="name">
                        <What row={row} />
                    </Cell>
                    <Cell label={e.way}>
                        <WayChip way={row.kind === "traffic" ? row.way : ""} />
                    </Cell>
                    <Cell label={e.evidence}>
                        <EvidenceChip evidence={row.kind === "traffic" ? row.evidence : ""} />
                    </Cell>
                    <Cell label={e.action}>
                        <ActionMark action={row.action} stopped={row.stopped} />
                    </Cell>
                </Line>
            ))}
        </Table>
    );
}
