// SPDX-License-Identifier: GPL-3.0-or-later
//
// choices - language and time zone, wherever they can be chosen.
import { change, session } from "../api";
import { language, setLanguage, words, type Language } from "../text";
import { setZone, zone, zoneName, type Zone } from "../time";
import { Switch } from "./frame";

/** Kept on this machine, and with the account of who is logged in. */
function pick(to: Language): void {
    setLanguage(to);
    if (session.value) change("/api/language", { language: to }).catch(() => undefined);
}

export function LanguageSwitch() {
    const w = words();
    return (
        <Switch
            label={w.settings.language}
            value={language.value}
            options={[
                ["en", w.language.en],
                ["fr", w.language.fr],
            ]}
            onPick={(to) => pick(to as Language)}
        />
    );
}

export function ZoneSwitch() {
    const w = words();
    return (
        <Switch
            label={w.time.zone}
            value={zone.value}
            options={[
                ["utc", w.time.utc],
                ["local", zone.value === "local" ? zoneName.value : w.time.local],
            ]}
            onPick={(to) => setZone(to as Zone)}
        />
    );
}
