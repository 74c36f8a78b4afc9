// SPDX-License-Identifier: GPL-3.0-or-later
//
// exports - what a page shows as a file: a table for a spreadsheet, or JSON.
import { address, type Query } from "../router";
import { words } from "../text";
import { DownloadIcon } from "./icons";

export function Exports({ of, filters }: { of: "events" | "incidents"; filters: Query }) {
    const w = words();
    const link = (ending: string, text: string) => (
        <a class="button" download href={address(`/api/export/${of}.${ending}`, filters)}>
            <DownloadIcon />
            {text}
        </a>
    );
    return (
        <>
            {link("csv", w.common.exportCsv)}
            {link("json", w.common.exportJson)}
        </>
    );
}
