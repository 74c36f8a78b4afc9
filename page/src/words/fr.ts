// SPDX-License-Identifier: GPL-3.0-or-later
//
// fr - every word of the page, in French.
import { events } from "./fr/events";
import { frame } from "./fr/frame";
import { incidents } from "./fr/incidents";
import { lists } from "./fr/lists";
import { overview } from "./fr/overview";
import { people } from "./fr/people";
import type { en } from "./en";
import type { Same } from "./same";

export const fr: Same<typeof en> = {
    ...frame,
    ...overview,
    ...incidents,
    ...events,
    ...lists,
    ...people,
};
