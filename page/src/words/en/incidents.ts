// SPDX-License-Identifier: GPL-3.0-or-later
//
// incidents - incidents, how sure they are and why, and devices, in English.
import { english as s } from "../plural";

export const incidents = {
    incident: {
        title: "Incidents",
        one: "Incident",
        lead:
            "One incident per device and app. " +
            "The score says how sure it is that the app is installed.",
        search: "Device, host, owner, app or name",
        sort: "Order",
        sortScore: "Most certain first",
        sortLast: "Latest first",
        sortAttempts: "Most attempts first",
        state: "State",
        app: "App",
        least: "Certainty",
        leastAny: "Any",
        open: "Open",
        orMore: (word: string) => `${word} or more`,
        assignee: "Assignee",
        assigneeMe: "Me",
        device: "Device",
        last: "Last seen",
        first: "First seen",
        ways: "Ways",
        score: "Certainty",
        found: (n: string, k: number) => `${n} ${s(k, "incident", "incidents")}`,
        none: "No incident matches these filters.",
        noneOpen: "No incident is open.",
        allStopped: "all stopped",
        noneStopped: "none stopped",
        notStopped: (n: string, _k: number) => `${n} not stopped`,
        points: (n: number) => `${n} of 100`,
        why: "Why we think so",
        whyNone: "No reason stands out.",
        did: "What Ponor did",
        didAll: (n: string, k: number) =>
            k === 1 ? "The only attempt was stopped." : `All ${n} attempts were stopped.`,
        didSome: (stopped: string, n: string) =>
            `${stopped} of ${n} attempts were stopped; the others were only noted.`,
        didNone: (n: string, k: number) =>
            k === 1
                ? "The attempt was noted, not stopped."
                : `None of the ${n} attempts was stopped.`,
        evidence: "Evidence",
        waysTried: "Ways tried",
        names: "Names",
        namesNone: "No name was seen.",
        decided: "Decided by",
        list: "List",
        rule: "Rule",
        source: "File and line",
        authority: "Authority",
        ticket: "Ticket",
        group: "Group",
        gateway: "Gateway",
        attempts: "Attempts",
        attemptsIn: (hours: string, h: number, days: string, d: number) =>
            `in ${hours} ${s(h, "hour", "hours")} on ${days} ${s(d, "day", "days")}`,
        unresolved: "Addresses never resolved",
        byDay: "Attempts by day",
        events: "All its events",
        latestEvents: "Latest events",
        decision: "Decision",
        note: "Note",
        noteLead: "Say why: others will read it.",
        steps: "What was decided",
        stepsNone: "Nobody has decided anything yet.",
        setState: (state: string) => `set it to “${state}”`,
        setAssignee: (name: string) => `assigned it to ${name}`,
        unassigned: "took the assignee away",
        take: "Assign to me",
        saved: "Saved.",
        reopened: "reopened",
        reopenedText: "New attempts came after it was closed.",
        viewer: "Your account may look, not decide.",
    },
    state: {
        new: "new",
        acknowledged: "acknowledged",
        closed: "closed",
        "false-positive": "false positive",
    },
    confidence: {
        sure: "sure",
        likely: "likely",
        visited: "visited",
        context: "context",
    },
    confidenceLong: {
        sure: "The app is installed",
        likely: "The app is probably installed",
        visited: "Visited, perhaps only in a browser",
        context: "Only shared services; proves nothing alone",
    },
    evidence: {
        none: "none",
        installed: "installed",
        visited: "visited",
        update: "update",
        bypass: "bypass",
        context: "context",
    },
    evidenceLong: {
        none: "No evidence",
        installed: "Only the app speaks or asks this",
        visited: "A browser gets here without the app",
        update: "An installer or its update",
        bypass: "A way around the resolver",
        context: "Shared with others; proves nothing alone",
    },
    reason: {
        "chain-broken": (n: string, k: number) =>
            `The chain of a gateway’s events was broken ${k === 1 ? "once" : `${n} times`}: ` +
            "lines were changed, or are missing",
        mmtls: (n: string, k: number) =>
            `${n} ${s(k, "handshake", "handshakes")} of mmtls, which only the app speaks`,
        oicq: (n: string, k: number) =>
            `${n} ${s(k, "packet", "packets")} of OICQ, which only the app speaks`,
        "installed-names": (n: string, k: number) =>
            `${n} ${s(k, "attempt", "attempts")} at names or addresses that only the app asks for`,
        update: (n: string, k: number) =>
            s(
                k,
                `${n} check for an update, or download of an installer`,
                `${n} checks for updates, or downloads of an installer`,
            ),
        httpdns: (n: string, k: number) =>
            `${n} ${s(k, "question", "questions")} to a name service that apps carry inside HTTP`,
        bypass: (n: string, k: number) =>
            `${n} ${s(k, "attempt", "attempts")} to get around the resolver`,
        unresolved: (n: string, k: number) =>
            s(
                k,
                `${n} connection to an address that was never resolved for the device`,
                `${n} connections to addresses that were never resolved for the device`,
            ),
        addresses: (n: string, k: number) =>
            `${n} ${s(k, "connection", "connections")} to addresses of the list, without a name`,
        visited: (n: string, k: number) =>
            `${n} ${s(k, "attempt", "attempts")} at what a browser reaches without the app`,
        "ways-around": (n: string, k: number) =>
            k === 1
                ? "One way around the gateway was tried"
                : `${n} different ways around the gateway were tried`,
        "many-hours": (n: string, _k: number) => `Attempts in ${n} different hours`,
        "many-days": (n: string, _k: number) => `Attempts on ${n} different days`,
        "many-names": (n: string, _k: number) => `At least ${n} different names`,
        context: (n: string, k: number) =>
            `${n} ${s(k, "attempt", "attempts")} at servers that others use, too: ` +
            "proves nothing alone",
        unrated: (n: string, k: number) =>
            `${n} ${s(k, "attempt", "attempts")} that the list calls no evidence`,
    },
    device: {
        title: "Devices",
        one: "Device",
        lead: "Whose addresses these were, at the time of each event.",
        search: "Host, owner, tag, MAC or address",
        host: "Host",
        tag: "Asset tag",
        owner: "Owner",
        group: "Group",
        mac: "MAC",
        address: "Address",
        known: "Known",
        first: "First seen",
        last: "Last seen",
        incidents: "Incidents",
        attempts: "Attempts",
        stopped: "Stopped",
        addresses: "Addresses it had",
        none: "No device matches.",
        addressesNone: "No address is recorded.",
        incidentsNone: "No incident.",
        events: "All its events",
        found: (n: string, k: number) => `${n} ${s(k, "device", "devices")}`,
        foundMore: (n: string) => `more than ${n} devices`,
    },
    known: {
        unknown: "known by its address alone",
        lease: "by its DHCP lease",
        neighbour: "by the neighbour table",
        event: "by the MAC in the event",
        inventory: "by the inventory",
        gateway: "a gateway itself",
    },
} as const;
