// SPDX-License-Identifier: GPL-3.0-or-later
//
// pager - from one page of rows to the next; how many are skipped stands in the URL.
import type { ComponentChildren } from "preact";
import { changed, query } from "../router";
import { words } from "../text";

export function skipped(): number {
    return Math.max(0, Number.parseInt(query().get("skip") ?? "0", 10) || 0);
}

interface Props {
    skip: number;
    most: number;
    more: boolean;
    children?: ComponentChildren;
}
export function Pager({ skip, most, more, children }: Props) {
    const w = words();
    if (!more && skip === 0) return null;
    const link = (text: string, to: string | undefined) => (
        <a class="button" aria-disabled={to === undefined} href={to}>
            {text}
        </a>
    );
    return (
        <nav class="pager" aria-label={w.common.more}>
            {link(
                w.common.previous,
                skip === 0 ? undefined : changed({ skip: skip > most ? skip - most : null }),
            )}
            {children}
            {link(w.common.next, more ? changed({ skip: skip + most }) : undefined)}
        </nav>
    );
}
