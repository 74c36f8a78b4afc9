// SPDX-License-Identifier: GPL-3.0-or-later
//
// filters - what filters of several pages are made of: an entry, a device, and those that hold as
// chips to take away. All of them stand in the URL.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { read, useApi } from "../api";
import { address, changed, path, query } from "../router";
import { words } from "../text";
import type { DeviceDetail, DeviceSeen } from "../types";
import { Field } from "./frame";
import { CloseIcon } from "./icons";
import { deviceTitle } from "./marks";
import { plain, Shown } from "./shown";

interface EntryProps {
    name: string;
    label: string;
    value: string;
    hint?: string;
    onPick: (value: string) => void;
}
/** A field that is heard on Enter, or when it is left. */
export function Entry({ name, label, value, hint, onPick }: EntryProps) {
    const input = useRef<HTMLInputElement>(null);
    useEffect(() => {
        if (input.current) input.current.value = value;
    }, [value]);
    return (
        <Field label={label}>
            <input
                ref={input}
                name={name}
                type="text"
                defaultValue={value}
                placeholder={hint}
                maxLength={256}
                autocomplete="off"
                spellcheck={false}
                onChange={(e) => onPick(e.currentTarget.value.trim())}
            />
        </Field>
    );
}

/** A device by its name: those that are called so are offered, one alone is taken. */
export function DeviceEntry({ value, onPick }: Pick<EntryProps, "value" | "onPick">) {
    const w = words();
    const id = useId();
    const input = useRef<HTMLInputElement>(null);
    const [offered, offer] = useState<DeviceSeen[]>([]);
    const shown = useDeviceTitle(value);
    useEffect(() => {
        if (input.current) input.current.value = value === "" ? "" : shown;
    }, [value, shown]);
    const search = (text: string) =>
        read<{ devices: DeviceSeen[] }>(address("/api/devices", { q: text, most: 20 })).then(
            (answer) => answer.devices,
        );
    const heard = async (text: string) => {
        const field = input.current;
        if (!field || text === shown) return;
        if (text === "") return onPick("");
        const isCalled = (d: DeviceSeen) =>
            d.address === text || plain(deviceTitle(d), 60) === text;
        const found = await search(text).catch(() => []);
        const same = (found.length > 0 ? found : offered).filter(isCalled);
        const only = same.length === 1 ? same[0] : found.length === 1 ? found[0] : undefined;
        field.setCustomValidity(only ? "" : w.event.deviceNone);
        if (only) onPick(String(only.number));
        else field.reportValidity();
    };
    return (
        <Field label={w.event.device}>
            <input
                ref={input}
                name="device"
                type="text"
                list={id}
                placeholder={w.event.deviceHint}
                maxLength={256}
                autocomplete="off"
                spellcheck={false}
                onInput={(e) => {
                    e.currentTarget.setCustomValidity("");
                    const text = e.currentTarget.value.trim();
                    search(text)
                        .then((found) => input.current?.value.trim() === text && offer(found))
                        .catch(() => undefined);
                }}
                onChange={(e) => void heard(e.currentTarget.value.trim())}
            />
            <datalist id={id}>
                {offered.map((device) => (
                    <option key={device.number} value={plain(deviceTitle(device), 60)}>
                        {plain([device.owner, device.address].filter(Boolean).join(", "), 60)}
                    </option>
                ))}
            </datalist>
        </Field>
    );
}

/** What the device of a number is called; its number until that is known. */
function useDeviceTitle(number: string): string {
    const isNumber = /^\d+$/.test(number);
    const { data } = useApi<DeviceDetail>(isNumber ? `/api/devices/${number}` : null);
    return data && String(data.number) === number ? plain(deviceTitle(data), 60) : number;
}

function DeviceWord({ number }: { number: string }) {
    return <Shown text={useDeviceTitle(number)} most={60} short />;
}

interface HoldingProps<Key extends string> {
    filters: Record<Key, string>;
    labels: Readonly<Record<Key, string>>;
    /** What a value is called; the device is asked for. */
    named: (key: Key, value: string) => string;
}
/** The filters that hold, each a chip that takes it away, and all of them at once. */
export function Holding<Key extends string>({ filters, labels, named }: HoldingProps<Key>) {
    const w = words();
    const on = (Object.keys(labels) as Key[]).filter((key) => query().has(key) && filters[key]);
    if (on.length === 0) return null;
    return (
        <>
            {on.map((key) => (
                <a
                    key={key}
                    class="chip filter"
                    href={changed({ [key]: null, line: null, skip: null })}
                >
                    <span class="quiet">{labels[key]}</span>
                    {key === "device" ? (
                        <DeviceWord number={filters[key]} />
                    ) : (
                        <Shown text={named(key, filters[key])} most={60} short />
                    )}
                    <CloseIcon />
                    <span class="unseen">{w.common.remove}</span>
                </a>
            ))}
            <a class="clear" href={address(path.value)}>
                {w.common.clear}
            </a>
        </>
    );
}
