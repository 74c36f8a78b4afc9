// SPDX-License-Identifier: GPL-3.0-or-later
//
// accounts - who may log in, and what they may do.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type ApiError, asError, change, session, useApi } from "../api";
import { Await, Card, Cell, Dialog, ErrorBox, Field, Head, Line, Table } from "../parts/frame";
import { CheckIcon, PlusIcon } from "../parts/icons";
import { plain, Shown } from "../parts/shown";
import { word, words } from "../text";
import { present, When } from "../time";
import { useTitle } from "../title";
import type { AccountRow, Permission } from "../types";

const permissions: readonly Permission[] = ["viewer", "analyst", "admin"];

function PermissionField({ value }: { value: Permission }) {
    const w = words();
    return (
        <Field label={w.account.permission}>
            <select name="permission" defaultValue={value}>
                {permissions.map((p) => (
                    <option key={p} value={p} selected={p === value}>
                        {w.permission[p]}
                    </option>
                ))}
            </select>
        </Field>
    );
}

function PasswordField({ required }: { required?: boolean }) {
    const a = words().account;
    return (
        <Field label={required ? a.firstPassword : a.reset} hint={a.firstPasswordLead}>
            <input
                name="password"
                type="text"
                autocomplete="off"
                spellcheck={false}
                minLength={12}
                maxLength={256}
                required={required}
            />
        </Field>
    );
}

function Add({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
    const w = words();
    const [error, setError] = useState<ApiError | null>(null);
    const submit = async (e: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
        e.preventDefault();
        const form = new FormData(e.currentTarget);
        setError(null);
        try {
            await change("/api/accounts", {
                name: String(form.get("name") ?? "").trim(),
                password: String(form.get("password") ?? ""),
                permission: String(form.get("permission") ?? ""),
            });
            onDone();
        } catch (failed) {
            setError(asError(failed));
        }
    };
    return (
        <Dialog title={w.account.add} onClose={onClose}>
            <form class="stack" onSubmit={submit}>
                <Field label={w.account.name}>
                    <input
                        name="name"
                        maxLength={63}
                        required
                        autofocus
                        autocomplete="off"
                        spellcheck={false}
                    />
                </Field>
                <PermissionField value="viewer" />
                <PasswordField required />
                {error && <ErrorBox error={error} />}
                <div class="row">
                    <button type="submit" class="primary">
                        {w.account.addDo}
                    </button>
                    <button type="button" onClick={onClose}>
                        {w.common.cancel}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}

interface EditProps {
    account: AccountRow;
    onDone: () => void;
    onClose: () => void;
}
function Edit({ account, onDone, onClose }: EditProps) {
    const w = words();
    const a = w.account;
    const [error, setError] = useState<ApiError | null>(null);
    const send = async (body: Record<string, unknown>) => {
        setError(null);
        try {
            await change(`/api/accounts/${encodeURIComponent(account.name)}`, body);
            onDone();
        } catch (failed) {
            setError(asError(failed));
        }
    };
    const submit = (e: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
        e.preventDefault();
        const form = new FormData(e.currentTarget);
        const body: Record<string, unknown> = {};
        const permission = String(form.get("permission") ?? "");
        const password = String(form.get("password") ?? "");
        if (permission !== account.permission) body["permission"] = permission;
        if (password !== "") body["password"] = password;
        if (Object.keys(body).length === 0) onClose();
        else void send(body);
    };
    const own = session.value?.account.name === account.name;
    return (
        <Dialog title={a.change(plain(account.name, 40))} onClose={onClose}>
            <form class="stack" onSubmit={submit}>
                <PermissionField value={account.permission} />
                {!own && <PasswordField />}
                {error && <ErrorBox error={error} />}
                <div class="row">
                    <button type="submit" class="primary">
                        {w.common.save}
                    </button>
                    {!own && (
                        <button
                            type="button"
                            onClick={() => void send({ disabled: !account.disabled })}
                        >
                            {account.disabled ? a.enable : a.disable}
                        </button>
                    )}
                    {account.totp && !own && (
                        <button type="button" onClick={() => void send({ totp_off: true })}>
                            {a.totpOff}
                        </button>
                    )}
                </div>
            </form>
        </Dialog>
    );
}

function StateOf({ account }: { account: AccountRow }) {
    const a = words().account;
    const isLocked =
        account.locked_until !== null && Date.parse(account.locked_until) > present.value;
    const state = account.disabled ? a.disabled : isLocked ? a.locked : a.active;
    return (
        <span class="pair">
            <span class={account.disabled || isLocked ? "verdict bad" : "verdict fine"}>
                {state}
            </span>
            {account.must_change && <span class="below">{a.mustChange}</span>}
        </span>
    );
}

export function AccountsPage(_: { id: string }) {
    const w = words();
    const a = w.account;
    useTitle(a.title);
    const loaded = useApi<{ accounts: AccountRow[] }>("/api/accounts");
    const [open, setOpen] = useState<AccountRow | "add" | null>(null);
    const done = () => {
        setOpen(null);
        loaded.reload();
    };
    return (
        <>
            <Head title={a.title} lead={a.lead}>
                <button type="button" class="primary" onClick={() => setOpen("add")}>
                    <PlusIcon />
                    {a.add}
                </button>
            </Head>
            <Await of={loaded}>
                {(data) => (
                    <Card flush>
                        <Table
                            label={a.title}
                            heads={[
                                { text: a.name },
                                { text: a.permission },
                                { text: a.totp },
                                { text: a.state },
                                { text: a.created },
                                { text: a.lastLogin },
                                { text: a.changeShort, hidden: true },
                            ]}
                        >
                            {data.accounts.map((account) => (
                                <Line key={account.name}>
                                    <Cell class="lead-cell">
                                        <strong>
                                            <Shown text={account.name} most={63} short />
                                        </strong>
                                    </Cell>
                                    <Cell label={a.permission}>
                                        {word(w.permission, account.permission)}
                                    </Cell>
                                    <Cell label={a.totp}>
                                        {account.totp ? (
                                            <span class="verdict fine">
                                                <CheckIcon />
                                                {w.common.yes}
                                            </span>
                                        ) : (
                                            <span class="quiet">{w.common.no}</span>
                                        )}
                                    </Cell>
                                    <Cell label={a.state}>
                                        <StateOf account={account} />
                                    </Cell>
                                    <Cell label={a.created}>
                                        <When at={account.created} />
                                    </Cell>
                                    <Cell label={a.lastLogin}>
                                        <When at={account.last_login} />
                                    </Cell>
                                    <Cell>
                                        <button
                                            type="button"
                                            data-row
                                            aria-label={a.change(plain(account.name, 40))}
                                            onClick={() => setOpen(account)}
                                        >
                                            {a.changeShort}
                                        </button>
                                    </Cell>
                                </Line>
                            ))}
                        </Table>
                    </Card>
                )}
            </Await>
            {open === "add" && <Add onDone={done} onClose={() => setOpen(null)} />}
            {open !== null && open !== "add" && (
                <Edit account={open} onDone={done} onClose={() => setOpen(null)} />
            )}
        </>
    );
}
