// SPDX-License-Identifier: GPL-3.0-or-later
//
// help - the keys of the page.
import { helpIsOpen } from "../keys";
import { words } from "../text";
import { Dialog } from "./frame";

export function Help() {
    const w = words();
    const keys: readonly (readonly [readonly string[], string])[] = [
        [["/"], w.help.search],
        [["j"], w.help.down],
        [["k"], w.help.up],
        [["Enter"], w.help.open],
        [["Esc"], w.help.close],
        [["?"], w.help.help],
        [["g", "o"], w.help.overview],
        [["g", "i"], w.help.incidents],
        [["g", "e"], w.help.events],
        [["g", "d"], w.help.devices],
        [["g", "l"], w.help.lists],
        [["g", "t"], w.help.tail],
        [["g", "s"], w.help.settings],
    ];
    return (
        <Dialog title={w.help.title} onClose={() => (helpIsOpen.value = false)}>
            <dl class="keys">
                {keys.map(([pressed, does]) => (
                    <div key={does}>
                        <dt>
                            {pressed.map((key, i) => (
                                <>
                                    {i > 0 && <span class="quiet"> {w.help.then} </span>}
                                    <kbd>{key}</kbd>
                                </>
                            ))}
                        </dt>
                        <dd>{does}</dd>
                    </div>
                ))}
            </dl>
        </Dialog>
    );
}
