// SPDX-License-Identifier: GPL-3.0-or-later
//
// lists - lists and their rules, in English.
import { english as s } from "../plural";

export const lists = {
    list: {
        title: "Lists",
        one: "List",
        lead: "What is banned, by whose authority, and whether its rules still meet anything.",
        list: "List",
        app: "App",
        authority: "Authority",
        reference: "Reference",
        owner: "Owner",
        ticket: "Ticket",
        serial: "Serial",
        review: "Review by",
        action: "Action",
        evidence: "Evidence",
        rules: "Rules",
        neverHit: "Never hit",
        hits: "Hits",
        stopped: "Stopped",
        last: "Last hit",
        none: "No list is known: the policy of this gateway could not be read.",
        generation: (n: string) => `Policy generation ${n}`,
        about: "About",
        line: "Line",
        search: "Rule, name or note",
        show: "Show",
        showAll: "All rules",
        showHit: "With hits",
        showNever: "Never hit",
        neverNone: "Every rule has been hit.",
        rulesNone: "No rule matches.",
        foundRules: (n: string, k: number) => `${n} ${s(k, "rule", "rules")}`,
        events: "Its events",
    },
    review: {
        fine: "in date",
        soon: "due soon",
        past: "overdue",
        none: "no date",
    },
    ruleKind: {
        domain: "domain",
        name: "name",
        address: "address",
        protocol: "protocol",
    },
} as const;
