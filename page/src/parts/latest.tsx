// SPDX-License-Identifier: GPL-3.0-or-later
//
// latest - the newest events of one device, or of one incident.
import { useApi } from "../api";
import { address, type Query } from "../router";
import { words } from "../text";
import type { Events } from "../types";
import { EventRows, lineOf } from "./event_rows";
import { Await, Card } from "./frame";

export function LatestEvents({ filters, most }: { filters: Query; most: number }) {
    const w = words();
    const loaded = useApi<Events>(address("/api/events", { ...filters, most }));
    return (
        <Card
            title={w.incident.latestEvents}
            flush
            tools={<a href={address("/events", filters)}>{w.incident.events}</a>}
        >
            <Await of={loaded}>
                {(data) =>
                    data.rows.length === 0 ? (
                        <p class="empty">{w.event.none}</p>
                    ) : (
                        <EventRows
                            rows={data.rows}
                            label={w.incident.latestEvents}
                            hideDevice
                            to={(row) => address("/events", { ...filters, line: lineOf(row) })}
                        />
                    )
                }
            </Await>
        </Card>
    );
}
