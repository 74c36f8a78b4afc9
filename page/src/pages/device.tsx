// SPDX-License-Identifier: GPL-3.0-or-later
//
// device - one device: who has it, which addresses it had when, its incidents and latest events.
import { useApi } from "../api";
import { Card, Cell, Detail, Fact, Facts, Head, Line, Table } from "../parts/frame";
import { IncidentRows } from "../parts/incident_rows";
import { LatestEvents } from "../parts/latest";
import { deviceTitle } from "../parts/marks";
import { plain, Shown } from "../parts/shown";
import { address } from "../router";
import { count, word, words } from "../text";
import { When } from "../time";
import { useTitle } from "../title";
import type { DeviceDetail } from "../types";

function Who({ device }: { device: DeviceDetail }) {
    const w = words();
    const d = w.device;
    return (
        <Facts>
            <Fact name={d.known}>{word(w.known, device.known)}</Fact>
            <Fact name={d.host}>
                <Shown text={device.host} />
            </Fact>
            <Fact name={d.tag}>
                <Shown text={device.tag} />
            </Fact>
            <Fact name={d.owner}>
                <Shown text={device.owner} />
            </Fact>
            <Fact name={d.group}>
                <Shown text={device.group} />
            </Fact>
            <Fact name={d.mac}>
                <Shown text={device.mac} mono />
            </Fact>
            <Fact name={d.first}>
                <When at={device.first} />
            </Fact>
            <Fact name={d.last}>
                <When at={device.last} />
            </Fact>
            <Fact name={d.attempts}>{count(device.attempts)}</Fact>
            <Fact name={d.stopped}>{count(device.stopped)}</Fact>
        </Facts>
    );
}

function Addresses({ device }: { device: DeviceDetail }) {
    const d = words().device;
    if (device.addresses.length === 0) return <p class="empty">{d.addressesNone}</p>;
    return (
        <Table
            label={d.addresses}
            heads={[
                { text: d.address },
                { text: d.first },
                { text: d.last },
                { text: d.attempts, number: true },
            ]}
        >
            {device.addresses.map((held) => (
                <Line key={held.address + (held.first ?? "")}>
                    <Cell class="lead-cell">
                        <a
                            class="title mono"
                            href={address("/events", {
                                device: device.number,
                                client: held.address,
                            })}
                        >
                            {held.address}
                        </a>
                    </Cell>
                    <Cell label={d.first}>
                        <When at={held.first} />
                    </Cell>
                    <Cell label={d.last}>
                        <When at={held.last} />
                    </Cell>
                    <Cell label={d.attempts} number>
                        {count(held.rows)}
                    </Cell>
                </Line>
            ))}
        </Table>
    );
}

export function DevicePage({ id }: { id: string }) {
    const w = words();
    const d = w.device;
    const loaded = useApi<DeviceDetail>(`/api/devices/${encodeURIComponent(id)}`);
    useTitle(loaded.data ? plain(deviceTitle(loaded.data), 60) : d.one);
    return (
            <Detail of={loaded} up="/devices" upName={d.title} one={d.one}>
                {(device) => {
                    const { incidents } = device;
                    return (
                        <>
                            <Head
                                title={<Shown text={deviceTitle(device)} most={80} short />}
                                lead={
                                    device.owner ? (
                                        <Shown text={device.owner} most={80} short />
                                    ) : undefined
                                }
                            />
                            <Card title={d.incidents} flush>
                                {incidents.length === 0 ? (
                                    <p class="empty">{d.incidentsNone}</p>
                                ) : (
                                    <IncidentRows
                                        incidents={incidents}
                                        label={d.incidents}
                                        hideDevice
                                    />
                                )}
                            </Card>
                            <div class="columns wide-right">
                                <Card title={d.one}>
                                    <Who device={device} />
                                </Card>
                                <Card title={d.addresses} flush>
                                    <Addresses device={device} />
                                </Card>
                            </div>
                            <LatestEvents filters={{ device: device.number }} most={20} />
                        </>
                    );
                }}
            </Detail>
    );
}
