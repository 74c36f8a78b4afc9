// SPDX-License-Identifier: GPL-3.0-or-later
//
// incident_rows - incidents as a table: certainty first, then which device and what was done.
import type { Incident } from "../types";
import { count, words } from "../text";
import { When } from "../time";
import { Cell, Line, Table } from "./frame";
import { AppName, DeviceName, ScoreBar, StateMark, Stopped, Ways } from "./marks";
import { Shown } from "./shown";

interface Props {
    incidents: Incident[];
    label: string;
    /** Without state and ways, for narrow places. */
    brief?: boolean;
    /** The device is known already. */
    hideDevice?: boolean;
}

export function IncidentRows({ incidents, label, brief, hideDevice }: Props) {
    const w = words();
    const i = w.incident;
    const heads = [
        ...(hideDevice ? [] : [{ text: i.device }]),
        { text: i.app },
        { text: i.score },
        ...(brief ? [] : [{ text: i.ways }]),
        { text: i.attempts, number: true },
        { text: i.last },
        ...(brief ? [] : [{ text: i.state }]),
    ];
    const to = (incident: Incident) => `/incidents/${incident.id}`;
    return (
        <Table label={label} heads={heads} class="incidents">
            {incidents.map((incident) => (
                <Line key={incident.id}>
                    {!hideDevice && (
                        <Cell class="lead-cell">
                            <a class="over" data-row href={to(incident)}>
                                <DeviceName device={incident.device} />
                            </a>
                        </Cell>
                    )}
                    <Cell label={i.app} class={hideDevice ? "lead-cell" : undefined}>
                        {hideDevice ? (
                            <a class="over title" data-row href={to(incident)}>
                                <Shown text={incident.app} most={60} short />
                            </a>
                        ) : (
                            <AppName app={incident.app} />
                        )}
                    </Cell>
                    <Cell label={i.score}>
                        <ScoreBar score={incident.score} />
                    </Cell>
                    {!brief && (
                        <Cell label={i.ways}>
                            <Ways ways={incident.ways} />
                        </Cell>
                    )}
                    <Cell label={i.attempts} number>
                        <span class="pair">
                            {count(incident.attempts)}{" "}
                            <Stopped of={incident.attempts} stopped={incident.stopped} />
                        </span>
                    </Cell>
                    <Cell label={i.last}>
                        <When at={incident.last} relative={brief} />
                    </Cell>
                    {!brief && (
                        <Cell label={i.state}>
                            <span class="pair">
                                <StateMark state={incident.state} reopened={incident.reopened} />
                                {incident.assignee !== "" && (
                                    <span class="below">
                                        <Shown text={incident.assignee} most={32} short />
                                    </span>
                                )}
                            </span>
                        </Cell>
                    )}
                </Line>
            ))}
        </Table>
    );
}
