// SPDX-License-Identifier: GPL-3.0-or-later
//
// title - what the window is called.
import { useEffect } from "preact/hooks";
import { plain } from "./parts/shown";
import { words } from "./text";

export function useTitle(text: string): void {
    const brand = words().brand;
    useEffect(() => {
        document.title = `${plain(text, 80)} · ${brand}`;
    }, [text, brand]);
}
