// SPDX-License-Identifier: GPL-3.0-or-later
//
// audit - every change that a person made, latest first.
import { useState } from "preact/hooks";
import { useApi } from "../api";
import { Await, Card, Cell, Dialog, Head, Line, Table } from "../parts/frame";
import { BrokenIcon, WholeIcon } from "../parts/icons";
import { JsonView } from "../parts/json";
import { Shown } from "../parts/shown";
import { address, changed, query } from "../router";
import { count, word, words } from "../text";
import { When } from "../time";
import { useTitle } from "../title";
import type { Audit, AuditLine } from "../types";

function Rows({ lines, onOpen }: { lines: AuditLine[]; onOpen: (line: AuditLine) => void }) {
    const w = words();
    const a = w.audit;
    return (
        <Table
            label={a.title}
            heads={[
                { text: a.at },
                { text: a.by },
                { text: a.action },
                { text: a.about },
                { text: a.from },
            ]}
        >
            {lines.map((line) => (
                <Line key={line.sequence}>
                    <Cell class="lead-cell time">
                        <button type="button" class="link" data-row onClick={() => onOpen(line)}>
                            <When at={line.at} />
                        </button>
                    </Cell>
                    <Cell label={a.by}>
                        <Shown text={line.by} most={40} short />
                    </Cell>
                    <Cell label={a.action}>
                        <Shown text={word(w.auditAction, line.action)} most={60} short />
                    </Cell>
                    <Cell label={a.about}>
                        <Shown text={line.about} most={100} />
                    </Cell>
                    <Cell label={a.from}>
                        <Shown text={line.from} most={60} mono short />
                    </Cell>
                </Line>
            ))}
        </Table>
    );
}

export function AuditPage(_: { id: string }) {
    const w = words();
    const a = w.audit;
    useTitle(a.title);
    const before = query().get("before") ?? "";
    const loaded = useApi<Audit>(address("/api/audit", { before }));
    const [open, setOpen] = useState<AuditLine | null>(null);
    return (
        <>
            <Head title={a.title} lead={a.lead} />
            <Await of={loaded}>
                {(data) => (
                    <>
                        <p class={data.chain.whole ? "notice fine" : "notice bad"} role="status">
                            {data.chain.whole ? <WholeIcon /> : <BrokenIcon />}
                            {data.chain.whole ? (
                                a.whole(count(data.chain.lines))
                            ) : (
                                <span>
                                    {a.broken} <Shown text={data.chain.text} most={300} />
                                </span>
                            )}
                        </p>
                        <Card flush>
                            {data.lines.length === 0 ? (
                                <p class="empty">{a.none}</p>
                            ) : (
                                <Rows lines={data.lines} onOpen={setOpen} />
                            )}
                        </Card>
                        {data.next !== null && (
                            <div class="end">
                                <a class="button" href={changed({ before: data.next })}>
                                    {a.older}
                                </a>
                            </div>
                        )}
                    </>
                )}
            </Await>
            {open && (
                <Dialog title={a.raw} onClose={() => setOpen(null)} side>
                    <JsonView raw={open.raw} />
                </Dialog>
            )}
        </>
    );
}
