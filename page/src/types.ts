// SPDX-License-Identifier: GPL-3.0-or-later
//
// types - what consoled's API says, as docs/api.yaml describes it.

export type Time = string;
export type Permission = "viewer" | "analyst" | "admin";
export type State = "new" | "acknowledged" | "closed" | "false-positive";
export type Confidence = "context" | "visited" | "likely" | "sure";
/** Where a word of certainty begins (dnsd/incident/score.c). */
export const pointsFrom = { visited: 15, likely: 40, sure: 70 } as const;
export const states: readonly State[] = ["new", "acknowledged", "closed", "false-positive"];

export interface Account {
    name: string;
    permission: Permission;
    totp: boolean;
    must_change: boolean;
    language: string;
}
export interface Session {
    account: Account;
    csrf: string;
    ends: Time | null;
    version: string;
    now: Time;
}

export interface Device {
    number: number;
    key: string;
    known: string;
    mac: string;
    host: string;
    tag: string;
    owner: string;
    group: string;
    address: string;
}
export interface DeviceSeen extends Device {
    first: Time | null;
    last: Time | null;
    incidents: number;
    attempts: number;
    stopped: number;
}
export interface DeviceDetail extends Omit<DeviceSeen, "incidents"> {
    addresses: { address: string; first: Time | null; last: Time | null; rows: number }[];
    incidents: Incident[];
}

export interface Reason {
    word: string;
    count: number;
    text: string;
}
export interface Incident {
    id: number;
    device: Device;
    app: string;
    first: Time | null;
    last: Time | null;
    attempts: number;
    stopped: number;
    evidence: Record<string, number>;
    ways: Record<string, number>;
    hours: number;
    days: number;
    unresolved: number;
    names: string[];
    list: string;
    rule: string;
    source: string;
    authority: string;
    ticket: string;
    group: string;
    gateway: string;
    score: { points: number; confidence: Confidence; reasons: Reason[] };
    state: State;
    reopened: boolean;
    assignee: string;
    changed: Time | null;
    notes: number;
}
export interface Step {
    at: Time;
    by: string;
    state: State | null;
    assignee: string | null;
    note: string | null;
}
export interface IncidentDetail extends Incident {
    steps: Step[];
    days_series: { at: Time; rows: number; stopped: number }[];
}

export interface Row {
    source: number;
    sequence: number;
    at: Time;
    kind: "traffic" | "notice" | "health";
    app: string;
    list: string;
    rule: string;
    action: string;
    way: string;
    evidence: string;
    group: string;
    gateway: string;
    program: string;
    client: string;
    client_port: number;
    server: string;
    server_port: number;
    name: string;
    reason: string;
    severity: number;
    stopped: boolean;
    device: Device | null;
    authority?: string;
    ticket?: string;
    rule_source?: string;
}
export interface Why {
    list?: string;
    title?: string;
    rule?: string;
    rule_name?: string;
    file?: string;
    line?: number;
    authority?: string;
    reference?: string;
    ticket?: string;
    owner?: string;
    note?: string;
    serial?: number | string;
    serial_now?: number | string;
    asked_before?: string[];
    text?: string;
}
export interface EventDetail {
    row: Row;
    raw: unknown;
    raw_text: string;
    why: Why | null;
}
export interface Events {
    rows: Row[];
    next: string | null;
    complete: boolean;
    reached: Time | null;
}

export interface Gateway {
    gateway: string;
    program: string;
    folder: string;
    last_at: Time | null;
    read_at: Time | null;
    behind_seconds: number;
    lines: number;
    chain: { whole: boolean; breaks: number; missing: number; text: string; at: Time | null };
    lost: number;
    sampled: number;
    health: {
        dropped: number;
        flows_full: number;
        gather_full: number;
        events_lost: number;
        blind_seconds: number;
        restarts: number;
        last_bad_at: Time | null;
        last_bad: string;
    };
    past: boolean;
}
export interface Store {
    kind: string;
    first: Time | null;
    last: Time | null;
    rows: number;
    bytes: number;
    waiting: number;
    text: string;
}
export interface Overview {
    from: Time;
    until: Time;
    bucket_seconds: number;
    totals: { rows: number; stopped: number; devices: number; incidents: Record<State, number> };
    apps: { app: string; rows: number; stopped: number }[];
    series: { at: Time; values: Record<string, [number, number]> }[];
    gateways: Gateway[];
    latest: Incident[];
    store: Store | null;
}

export interface List {
    list: string;
    title: string;
    app: string;
    authority: string;
    reference: string;
    owner: string;
    ticket: string;
    serial: number;
    review_by: string | null;
    review: "fine" | "soon" | "past" | "none";
    action: string;
    evidence: string;
    rules: number;
    never_hit: number;
    rows: number;
    stopped: number;
    last: Time | null;
}
export interface Rule {
    rule: string;
    kind: string;
    value: string;
    action: string;
    evidence: string;
    note: string;
    ticket: string;
    line: number;
    rows: number;
    stopped: number;
    first: Time | null;
    last: Time | null;
}
export interface ListDetail extends List {
    rules_list: Rule[];
}

export interface AuditLine {
    sequence: number;
    at: Time;
    by: string;
    from: string;
    action: string;
    about: string;
    raw: unknown;
}
export interface Audit {
    lines: AuditLine[];
    next: number | null;
    chain: { whole: boolean; lines: number; text: string };
}
export interface AccountRow {
    name: string;
    permission: Permission;
    totp: boolean;
    disabled: boolean;
    must_change: boolean;
    created: Time | null;
    last_login: Time | null;
    locked_until: Time | null;
}
