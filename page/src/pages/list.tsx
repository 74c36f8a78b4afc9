// SPDX-License-Identifier: GPL-3.0-or-later
//
// list - one list: who answers for it, and each rule with its hits.
import { useApi } from "../api";
import { Reference } from "../parts/event_detail";
import { Card, Cell, Detail, Fact, Facts, Head, Line, Search, Select, Table } from "../parts/frame";
import { ActionMark, EvidenceChip } from "../parts/marks";
import { plain, Shown } from "../parts/shown";
import { address, changed, go, query } from "../router";
import { count, word, words } from "../text";
import { When } from "../time";
import { useTitle } from "../title";
import type { ListDetail, Rule } from "../types";
import { isNoted, Review } from "./lists";

const rulesMost = 500;

function About({ list }: { list: ListDetail }) {
    const l = words().list;
    return (
        <Facts wide>
            <Fact name={l.app}>
                <Shown text={list.app} />
            </Fact>
            <Fact name={l.authority}>
                <Shown text={list.authority} most={300} />
            </Fact>
            <Fact name={l.reference}>
                {list.reference ? <Reference to={list.reference} /> : <Shown text="" />}
            </Fact>
            <Fact name={l.ticket}>
                <Shown text={list.ticket} />
            </Fact>
            <Fact name={l.owner}>
                <Shown text={list.owner} />
            </Fact>
            <Fact name={l.serial}>{list.serial || <Shown text="" />}</Fact>
            <Fact name={l.review}>
                <Review list={list} />
            </Fact>
            <Fact name={l.action}>
                <ActionMark action={list.action} stopped={!isNoted(list.action)} />
            </Fact>
            <Fact name={l.evidence}>
                <EvidenceChip evidence={list.evidence} />
            </Fact>
            <Fact name={l.rules}>{count(list.rules)}</Fact>
            <Fact name={l.neverHit}>{count(list.never_hit)}</Fact>
            <Fact name={l.hits}>{count(list.rows)}</Fact>
            <Fact name={l.last}>
                <When at={list.last} />
            </Fact>
        </Facts>
    );
}

function RuleRows({ rules, list }: { rules: Rule[]; list: string }) {
    const w = words();
    const l = w.list;
    return (
        <Table
            label={l.rules}
            heads={[
                { text: l.about },
                { text: l.line, number: true },
                { text: l.action },
                { text: l.evidence },
                { text: l.hits, number: true },
                { text: l.stopped, number: true },
                { text: l.last },
            ]}
        >
            {rules.map((rule) => (
                <Line key={rule.rule} class={rule.rows === 0 ? "unhit" : ""}>
                    <Cell class="lead-cell">
                        <span class="device">
                            <a
                                class="title mono"
                                data-row
                                href={address("/events", { list, rule: rule.rule })}
                            >
                                <Shown text={rule.value} most={70} mono short />
                            </a>
                            <span class="below">
                                <span>{word(w.ruleKind, rule.kind)}</span>
                                {rule.ticket !== "" && <span>{plain(rule.ticket, 40)}</span>}
                            </span>
                            {rule.note !== "" && (
                                <span class="below">
                                    <Shown text={rule.note} most={160} short />
                                </span>
                            )}
                        </span>
                    </Cell>
                    <Cell label={l.line} number>
                        {rule.line}
                    </Cell>
                    <Cell label={l.action}>
                        <ActionMark action={rule.action} stopped={!isNoted(rule.action)} />
                    </Cell>
                    <Cell label={l.evidence}>
                        <EvidenceChip evidence={rule.evidence} />
                    </Cell>
                    <Cell label={l.hits} number>
                        {rule.rows === 0 ? <span class="quiet">0</span> : count(rule.rows)}
                    </Cell>
                    <Cell label={l.stopped} number>
                        {rule.rows === 0 ? <span class="quiet">0</span> : count(rule.stopped)}
                    </Cell>
                    <Cell label={l.last}>
                        <When at={rule.last} relative />
                    </Cell>
                </Line>
            ))}
        </Table>
    );
}

function matching(rules: Rule[], show: string, q: string): Rule[] {
    const wanted = q.toLowerCase();
    return rules.filter(
        (rule) =>
            (show === "" || (show === "never") === (rule.rows === 0)) &&
            (wanted === "" ||
                `${rule.rule} ${rule.value} ${rule.note}`.toLowerCase().includes(wanted)),
    );
}

export function ListPage({ id }: { id: string }) {
    const w = words();
    const l = w.list;
    const loaded = useApi<ListDetail>(`/api/lists/${encodeURIComponent(id)}`);
    useTitle(loaded.data?.title || id);
    const show = query().get("show") ?? "";
    const q = query().get("q") ?? "";
    return (
            <Detail of={loaded} up="/lists" upName={l.title} one={l.one}>
                {(list) => {
                    const rules = matching(list.rules_list, show, q);
                    return (
                        <>
                            <Head title={<Shown text={list.title || list.list} most={80} short />}>
                                <a class="button" href={address("/events", { list: list.list })}>
                                    {l.events}
                                </a>
                            </Head>
                            <Card>
                                <About list={list} />
                            </Card>
                            <div class="filters few">
                                <Search
                                    label={l.search}
                                    value={q}
                                    onSearch={(value) => go(changed({ q: value }))}
                                />
                                <Select
                                    name="show"
                                    label={l.show}
                                    value={show}
                                    options={[
                                        ["", l.showAll],
                                        ["hit", l.showHit],
                                        ["never", l.showNever],
                                    ]}
                                    onPick={(value) => go(changed({ show: value }))}
                                />
                            </div>
                            <p class="found" role="status">
                                {l.foundRules(count(rules.length), rules.length)}
                            </p>
                            <Card flush>
                                {rules.length === 0 ? (
                                    <p class="empty">
                                        {show === "never" && q === "" ? l.neverNone : l.rulesNone}
                                    </p>
                                ) : (
                                    <RuleRows rules={rules.slice(0, rulesMost)} list={list.list} />
                                )}
                            </Card>
                            {rules.length > rulesMost && (
                                <p class="end quiet">{w.common.first(count(rulesMost))}</p>
                            )}
                        </>
                    );
                }}
            </Detail>
    );
}
