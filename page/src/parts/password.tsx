// SPDX-License-Identifier: GPL-3.0-or-later
//
// password - the form that changes one's own password.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type ApiError, asError, change, session } from "../api";
import { words } from "../text";
import { ErrorBox, Field } from "./frame";

export function PasswordForm({ onDone }: { onDone: () => void }) {
    const w = words();
    const [error, setError] = useState<ApiError | null>(null);
    const [differ, setDiffer] = useState(false);
    const submit = async (e: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
        e.preventDefault();
        const form = e.currentTarget;
        const values = new FormData(form);
        const next = String(values.get("new") ?? "");
        setError(null);
        setDiffer(next !== String(values.get("again") ?? ""));
        if (next !== String(values.get("again") ?? "")) return;
        try {
            await change("/api/password", { old: String(values.get("old") ?? ""), new: next });
            form.reset();
            onDone();
        } catch (failed) {
            setError(asError(failed));
        }
    };
    return (
        <form class="stack" onSubmit={submit}>
            <input
                class="unseen"
                type="text"
                name="username"
                autocomplete="username"
                value={session.value?.account.name ?? ""}
                readOnly
                tabIndex={-1}
                aria-hidden="true"
            />
            <Field label={w.password.old}>
                <input
                    name="old"
                    type="password"
                    autocomplete="current-password"
                    maxLength={256}
                    required
                />
            </Field>
            <Field label={w.password.next} hint={w.password.rule}>
                <input
                    name="new"
                    type="password"
                    autocomplete="new-password"
                    minLength={12}
                    maxLength={256}
                    required
                />
            </Field>
            <Field label={w.password.again}>
                <input
                    name="again"
                    type="password"
                    autocomplete="new-password"
                    maxLength={256}
                    required
                />
            </Field>
            {differ && (
                <p class="notice bad" role="alert">
                    {w.password.differ}
                </p>
            )}
            {error && <ErrorBox error={error} />}
            <div class="row">
                <button type="submit" class="primary">
                    {w.password.set}
                </button>
            </div>
        </form>
    );
}
