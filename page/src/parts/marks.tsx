// SPDX-License-Identifier: GPL-3.0-or-later
//
// marks - what an analyst reads at a glance: certainty, state, ways, evidence, what was done.
// Never by colour alone: each has a shape or a word.
import type { Confidence, Device, Incident, State } from "../types";
import { count, short, word, words } from "../text";
import { EyeIcon, StateIcon, StopIcon } from "./icons";
import { plain, Shown } from "./shown";

const steps: Record<Confidence, number> = { context: 1, visited: 2, likely: 3, sure: 4 };

/** Four bars, as many filled as it is sure, and the word. */
export function ConfidenceMark({ confidence }: { confidence: Confidence }) {
    const w = words();
    const filled = steps[confidence] ?? 1;
    return (
        <span class={`confidence ${confidence}`} title={word(w.confidenceLong, confidence)}>
            <svg class="bars" viewBox="0 0 18 14" width="18" height="14" aria-hidden="true">
                {[0, 1, 2, 3].map((i) => (
                    <rect
                        key={i}
                        class={i < filled ? "on" : "off"}
                        x={i * 4.8 + 0.5}
                        y={10 - i * 3}
                        width="3.2"
                        height={3.5 + i * 3}
                        rx="0.8"
                    />
                ))}
            </svg>
            {word(w.confidence, confidence)}
        </span>
    );
}

export function ScoreBar({ score }: { score: Incident["score"] }) {
    const w = words();
    const points = Math.max(0, Math.min(100, score.points));
    return (
        <span class={`score ${score.confidence}`}>
            <ConfidenceMark confidence={score.confidence} />
            <span class="points">
                <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="fill" width={points} height="6" />
                </svg>
                <span class="number" title={w.incident.points(points)}>
                    {points}
                </span>
            </span>
        </span>
    );
}

export function StateMark({ state, reopened }: { state: State; reopened?: boolean }) {
    const w = words();
    return (
        <span class={`state ${state}`}>
            <span class="word">
                <StateIcon state={state} />
                {word(w.state, state)}
            </span>
            {reopened && (
                <span class="chip warn" title={w.incident.reopenedText}>
                    {w.incident.reopened}
                </span>
            )}
        </span>
    );
}

function ranked(counts: Record<string, number>): [string, number][] {
    return Object.entries(counts)
        .filter(([, n]) => n > 0)
        .sort((a, b) => b[1] - a[1]);
}

export function Ways({ ways, most = 3 }: { ways: Record<string, number>; most?: number }) {
    const w = words();
    const all = ranked(ways);
    return (
        <span class="chips">
            {all.slice(0, most).map(([way, n]) => (
                <span key={way} class="chip way" title={`${word(w.wayLong, way)}: ${count(n)}`}>
                    {word(w.way, way)}
                    <span class="n">{short(n)}</span>
                </span>
            ))}
            {all.length > most && (
                <span
                    class="chip rest"
                    title={all
                        .slice(most)
                        .map(([way]) => word(w.wayLong, way))
                        .join(", ")}
                >
                    +{all.length - most}
                </span>
            )}
        </span>
    );
}

export function WayChip({ way }: { way: string }) {
    const w = words();
    if (way === "") return <span class="none">–</span>;
    return (
        <span class="chip way" title={word(w.wayLong, way)}>
            {word(w.way, way)}
        </span>
    );
}

export function EvidenceChip({ evidence }: { evidence: string }) {
    const w = words();
    if (evidence === "") return <span class="none">–</span>;
    return (
        <span class={`chip evidence ${evidence}`} title={word(w.evidenceLong, evidence)}>
            {word(w.evidence, evidence)}
        </span>
    );
}

/** How many of some attempts were stopped, as far as a cell says it. */
export function Stopped({ of, stopped }: { of: number; stopped: number }) {
    const i = words().incident;
    const rest = of - stopped;
    if (of === 0) return null;
    if (rest <= 0) return <span class="below">{i.allStopped}</span>;
    return (
        <span class="below warn">
            {stopped === 0 ? i.noneStopped : i.notStopped(count(rest), rest)}
        </span>
    );
}

/** "dns-sinkhole": what was done, and whether it stopped the attempt. */
export function ActionMark({ action, stopped }: { action: string; stopped: boolean }) {
    const w = words();
    const verb = action.replace(/^(dns|flow)-/, "");
    return (
        <span class={stopped ? "action stopped" : "action"} title={plain(action)}>
            {stopped ? <StopIcon /> : <EyeIcon />}
            <Shown text={word(w.action, verb)} short most={40} />
        </span>
    );
}

/** Colour and letter shape of an app, the same everywhere. */
export function AppName({ app }: { app: string }) {
    return (
        <span class="app">
            <Shown text={app} most={60} short />
        </span>
    );
}

export function deviceTitle(device: Device): string {
    if (device.host !== "") return device.host;
    if (device.tag !== "") return device.tag;
    if (device.key.startsWith("gateway:")) return device.key.slice(8);
    if (device.address !== "") return device.address;
    return device.mac !== "" ? device.mac : device.key;
}

interface DeviceNameProps {
    device: Device;
    link?: boolean;
    /** Its address and how it is known stand elsewhere. */
    brief?: boolean;
}
/** The device's best name, and below it who has it. */
export function DeviceName({ device, link, brief }: DeviceNameProps) {
    const w = words();
    const title = deviceTitle(device);
    const below = [device.owner || device.tag, brief ? "" : device.address].filter(
        (t) => t !== "" && t !== title,
    );
    return (
        <span class="device">
            {link ? (
                <a class="title" href={`/devices/${device.number}`}>
                    <Shown text={title} most={60} short />
                </a>
            ) : (
                <span class="title">
                    <Shown text={title} most={60} short />
                </span>
            )}
            <span class="below">
                {below.length === 0
                    ? !brief && word(w.known, device.known)
                    : below.map((text, i) => (
                          <span key={i}>
                              <Shown text={text} most={48} short />
                          </span>
                      ))}
            </span>
        </span>
    );
}
