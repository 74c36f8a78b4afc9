// SPDX-License-Identifier: GPL-3.0-or-later
//
// reasons - why an incident has its score, in the reader's words.
import type { Incident, Reason } from "../types";
import { count, words, word, percent } from "../text";
import { Shown } from "./shown";

type Sayings = Readonly<Record<string, (n: string, k: number) => string>>;

function Sentence({ reason }: { reason: Reason }) {
    const known = words().reason as Sayings;
    const say = Object.hasOwn(known, reason.word) ? known[reason.word] : undefined;
    return say ? (
        <>{say(count(reason.count), reason.count)}</>
    ) : (
        <Shown text={reason.text} most={300} />
    );
}

export function Reasons({ incident }: { incident: Incident }) {
    const w = words();
    const { reasons } = incident.score;
    if (reasons.length === 0) return <p class="empty">{w.incident.whyNone}</p>;
    return (
        <ol class="reasons">
            {reasons.map((reason) => (
                <li key={reason.word}>
                    <Sentence reason={reason} />
                </li>
            ))}
        </ol>
    );
}

/** What was counted, as bars: evidence or ways. */
interface BarsProps {
    counts: Record<string, number>;
    words: Readonly<Record<string, string>>;
    long: Readonly<Record<string, string>>;
    to: (key: string) => string;
}
export function Bars({ counts, words: names, long, to }: BarsProps) {
    const all = Object.entries(counts)
        .filter(([, n]) => n > 0)
        .sort((a, b) => b[1] - a[1]);
    const sum = all.reduce((n, [, k]) => n + k, 0);
    return (
        <ul class="bars-list">
            {all.map(([key, n]) => (
                <li key={key}>
                    <a href={to(key)}>
                        <span class="name">{word(names, key)}</span>
                        <span class="long">{word(long, key)}</span>
                    </a>
                    <svg
                        class="bar"
                        viewBox="0 0 100 6"
                        preserveAspectRatio="none"
                        aria-hidden="true"
                    >
                        <rect class="fill" width={(n / sum) * 100} height="6" />
                    </svg>
                    <span class="number" title={percent(n, sum)}>
                        {count(n)}
                    </span>
                </li>
            ))}
        </ul>
    );
}
