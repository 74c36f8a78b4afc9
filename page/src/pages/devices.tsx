// SPDX-License-Identifier: GPL-3.0-or-later
//
// devices - all that were seen, and how they are known.
import { useApi } from "../api";
import { Await, Card, Cell, Head, Line, Search, Table } from "../parts/frame";
import { DeviceName } from "../parts/marks";
import { Pager, skipped } from "../parts/pager";
import { Shown } from "../parts/shown";
import { address, changed, go, query } from "../router";
import { count, word, words } from "../text";
import { When } from "../time";
import { useTitle } from "../title";
import type { DeviceSeen } from "../types";

const most = 100;

function Rows({ devices }: { devices: DeviceSeen[] }) {
    const w = words();
    const d = w.device;
    return (
        <Table
            label={d.title}
            heads={[
                { text: d.one },
                { text: d.known },
                { text: d.mac },
                { text: d.address },
                { text: d.incidents, number: true },
                { text: d.attempts, number: true },
                { text: d.stopped, number: true },
                { text: d.last },
            ]}
        >
            {devices.map((device) => (
                <Line key={device.number}>
                    <Cell class="lead-cell">
                        <a class="over" data-row href={`/devices/${device.number}`}>
                            <DeviceName device={device} brief />
                        </a>
                    </Cell>
                    <Cell label={d.known}>
                        <span class={device.known === "unknown" ? "quiet" : ""}>
                            {word(w.known, device.known)}
                        </span>
                    </Cell>
                    <Cell label={d.mac} class="address">
                        <Shown text={device.mac} mono short />
                    </Cell>
                    <Cell label={d.address} class="address">
                        <Shown text={device.address} mono short />
                    </Cell>
                    <Cell label={d.incidents} number>
                        {count(device.incidents)}
                    </Cell>
                    <Cell label={d.attempts} number>
                        {count(device.attempts)}
                    </Cell>
                    <Cell label={d.stopped} number>
                        {count(device.stopped)}
                    </Cell>
                    <Cell label={d.last}>
                        <When at={device.last} />
                    </Cell>
                </Line>
            ))}
        </Table>
    );
}

export function DevicesPage(_: { id: string }) {
    const w = words();
    const d = w.device;
    useTitle(d.title);
    const q = query().get("q") ?? "";
    const skip = skipped();
    const loaded = useApi<{ devices: DeviceSeen[]; more: boolean }>(
        address("/api/devices", { q, skip: skip || null, most }),
    );
    return (
        <>
            <Head title={d.title} lead={d.lead} />
            <div class="filters few">
                <Search
                    label={d.search}
                    value={q}
                    onSearch={(value) => go(changed({ q: value, skip: null }))}
                />
            </div>
            <Await of={loaded}>
                {(data) => (
                    <>
                        <p class="found" role="status">
                            {data.more
                                ? d.foundMore(count(skip + data.devices.length))
                                : d.found(
                                      count(skip + data.devices.length),
                                      skip + data.devices.length,
                                  )}
                        </p>
                        <Card flush>
                            {data.devices.length === 0 ? (
                                <p class="empty">{d.none}</p>
                            ) : (
                                <Rows devices={data.devices} />
                            )}
                        </Card>
                        <Pager skip={skip} most={most} more={data.more} />
                    </>
                )}
            </Await>
        </>
    );
}
