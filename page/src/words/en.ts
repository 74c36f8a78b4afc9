// SPDX-License-Identifier: GPL-3.0-or-later
//
// en - every word of the page, in English.
import { events } from "./en/events";
import { frame } from "./en/frame";
import { incidents } from "./en/incidents";
import { lists } from "./en/lists";
import { overview } from "./en/overview";
import { people } from "./en/people";

export const en = { ...frame, ...overview, ...incidents, ...events, ...lists, ...people };
