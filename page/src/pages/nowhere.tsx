// SPDX-License-Identifier: GPL-3.0-or-later
//
// nowhere - an address that leads to no page.
import { Head } from "../parts/frame";
import { words } from "../text";
import { useTitle } from "../title";

export function NoPage(_: { id: string }) {
    const w = words();
    useTitle(w.error.page);
    return (
        <>
            <Head title={w.error.page} lead={w.error.pageText} />
            <p>
                <a href="/">{w.nav.overview}</a>
            </p>
        </>
    );
}
