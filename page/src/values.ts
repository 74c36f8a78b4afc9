// SPDX-License-Identifier: GPL-3.0-or-later
//
// values - the values that a word has in history, for pick lists; asked once a minute at most.
import { useEffect, useState } from "preact/hooks";
import { read } from "./api";

export type Word =
    "app" | "list" | "rule" | "action" | "way" | "evidence" | "group" | "gateway" | "program";

const kept = new Map<Word, { at: number; values: Promise<string[]> }>();

function ask(by: Word): Promise<string[]> {
    const known = kept.get(by);
    if (known && Date.now() - known.at < 60000) return known.values;
    const values = read<{ series: { value: string }[] }>(`/api/series?by=${by}&bucket=0&traffic=no`)
        .then((answer) => [...new Set(answer.series.map((s) => s.value))].filter((v) => v !== ""))
        .catch(() => {
            kept.delete(by);
            return [];
        });
    kept.set(by, { at: Date.now(), values });
    return values;
}

export function useValues(by: Word): string[] {
    const [values, setValues] = useState<string[]>([]);
    useEffect(() => {
        let gone = false;
        ask(by)
            .then((v) => {
                if (!gone) setValues(v);
            })
            .catch(() => undefined);
        return () => {
            gone = true;
        };
    }, [by]);
    return values;
}
