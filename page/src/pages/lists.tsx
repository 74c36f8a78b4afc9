// SPDX-License-Identifier: GPL-3.0-or-later
//
// lists - what is banned, by whom, and whether its rules still meet anything.
import { useApi } from "../api";
import { Await, Card, Cell, Head, Line, Table } from "../parts/frame";
import { CheckIcon, WarnIcon } from "../parts/icons";
import { ActionMark, Stopped } from "../parts/marks";
import { Shown } from "../parts/shown";
import { count, words } from "../text";
import { When } from "../time";
import { useTitle } from "../title";
import type { List } from "../types";

export function Review({ list }: { list: List }) {
    const w = words();
    const bad = list.review === "past" || list.review === "soon";
    return (
        <span class={`verdict ${list.review === "past" ? "bad" : bad ? "warn" : "fine"}`}>
            {bad ? <WarnIcon /> : list.review === "fine" ? <CheckIcon /> : null}
            {list.review_by ? (
                <span class="pair">
                    {list.review_by}
                    <span class="below">{w.review[list.review]}</span>
                </span>
            ) : (
                <span class="quiet">{w.review.none}</span>
            )}
        </span>
    );
}

function Rows({ lists }: { lists: List[] }) {
    const l = words().list;
    return (
        <Table
            label={l.title}
            heads={[
                { text: l.list },
                { text: l.authority },
                { text: l.review },
                { text: l.action },
                { text: l.rules, number: true },
                { text: l.neverHit, number: true },
                { text: l.hits, number: true },
                { text: l.last },
            ]}
        >
            {lists.map((list) => (
                <Line key={list.list}>
                    <Cell class="lead-cell">
                        <a class="over" data-row href={`/lists/${encodeURIComponent(list.list)}`}>
                            <span class="device">
                                <span class="title">
                                    <Shown text={list.title || list.list} most={60} short />
                                </span>
                                <span class="below">
                                    <span>
                                        <Shown text={list.list} most={40} short />
                                    </span>
                                    {list.app !== "" && (
                                        <span>
                                            <Shown text={list.app} most={40} short />
                                        </span>
                                    )}
                                </span>
                            </span>
                        </a>
                    </Cell>
                    <Cell label={l.authority} class="wide">
                        <span class="pair">
                            <Shown text={list.authority} most={80} short />
                            <span class="below">
                                <Shown text={list.ticket} most={40} short />
                            </span>
                        </span>
                    </Cell>
                    <Cell label={l.review}>
                        <Review list={list} />
                    </Cell>
                    <Cell label={l.action}>
                        <ActionMark action={list.action} stopped={!isNoted(list.action)} />
                    </Cell>
                    <Cell label={l.rules} number>
                        {count(list.rules)}
                    </Cell>
                    <Cell label={l.neverHit} number>
                        {list.never_hit === 0 ? (
                            "0"
                        ) : (
                            <a href={`/lists/${encodeURIComponent(list.list)}?show=never`}>
                                {count(list.never_hit)}
                            </a>
                        )}
                    </Cell>
                    <Cell label={l.hits} number>
                        <span class="pair">
                            {count(list.rows)}{" "}
                            <Stopped of={list.rows} stopped={list.stopped} />
                        </span>
                    </Cell>
                    <Cell label={l.last}>
                        <When at={list.last} relative />
                    </Cell>
                </Line>
            ))}
        </Table>
    );
}

export const isNoted = (action: string) => ["observe", "allow", "pass", ""].includes(action);

export function ListsPage(_: { id: string }) {
    const w = words();
    const l = w.list;
    useTitle(l.title);
    const loaded = useApi<{ lists: List[]; generation: number; known: boolean }>("/api/lists");
    const generation = loaded.data?.generation;
    return (
        <>
            <Head title={l.title} lead={l.lead}>
                {generation !== undefined && (
                    <span class="quiet">{l.generation(count(generation))}</span>
                )}
            </Head>
            <Await of={loaded}>
                {(data) => (
                    <Card flush>
                        {data.lists.length === 0 ? (
                            <p class="empty">{l.none}</p>
                        ) : (
                            <Rows lists={data.lists} />
                        )}
                    </Card>
                )}
            </Await>
        </>
    );
}
