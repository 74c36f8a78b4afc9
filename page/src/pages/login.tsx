// SPDX-License-Identifier: GPL-3.0-or-later
//
// login - name and password, the code where one is wanted, and the first change of password.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type ApiError, asError, change, readSession, session } from "../api";
import { LanguageSwitch } from "../parts/choices";
import { Field } from "../parts/frame";
import { Mark } from "../parts/icons";
import { PasswordForm } from "../parts/password";
import { words } from "../text";
import { useTitle } from "../title";
import type { Session } from "../types";

function Door({ children }: { children: preact.ComponentChildren }) {
    const w = words();
    return (
        <main class="door" id="content">
            <div class="card door-card">
                <div class="door-brand">
                    <Mark />
                    <span>{w.brand}</span>
                </div>
                {children}
            </div>
            <LanguageSwitch />
        </main>
    );
}

export function LoginPage() {
    const w = words();
    const [error, setError] = useState<ApiError | null>(null);
    const [busy, setBusy] = useState(false);
    const [asked, setAsked] = useState<{ name: string; password: string } | null>(null);
    useTitle(w.login.title);

    const submit = async (e: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
        e.preventDefault();
        const form = new FormData(e.currentTarget);
        const entered = asked ?? {
            name: String(form.get("name") ?? "").trim(),
            password: String(form.get("password") ?? ""),
        };
        const code = String(form.get("code") ?? "").replace(/\s/g, "");
        setBusy(true);
        setError(null);
        try {
            session.value = await change<Session>(
                "/api/login",
                code ? { ...entered, code } : entered,
            );
        } catch (failed) {
            const known = asError(failed);
            if (known.word === "code-needed") setAsked(entered);
            else setError(known);
        } finally {
            setBusy(false);
        }
    };

    return (
        <Door>
            <h1>{w.login.title}</h1>
            <p class="lead">{asked ? w.login.codeLead : w.login.lead}</p>
            <form key={asked ? "code" : "name"} onSubmit={submit}>
                {error && (
                    <p class="notice bad" role="alert">
                        {(w.error as Record<string, string>)[error.word] ??
                            (error.message || w.error.other)}
                    </p>
                )}
                {asked ? (
                    <Field label={w.login.code}>
                        <input
                            name="code"
                            inputMode="numeric"
                            autocomplete="one-time-code"
                            pattern="[0-9 ]{6,7}"
                            required
                            autofocus
                            class="code"
                        />
                    </Field>
                ) : (
                    <>
                        <Field label={w.login.name}>
                            <input
                                name="name"
                                autocomplete="username"
                                autocapitalize="none"
                                spellcheck={false}
                                maxLength={63}
                                required
                                autofocus
                            />
                        </Field>
                        <Field label={w.login.password}>
                            <input
                                name="password"
                                type="password"
                                autocomplete="current-password"
                                maxLength={256}
                                required
                            />
                        </Field>
                    </>
                )}
                <div class="row">
                    <button type="submit" class="primary" disabled={busy}>
                        {w.login.enter}
                    </button>
                    {asked && (
                        <button
                            type="button"
                            class="link"
                            onClick={() => {
                                setAsked(null);
                                setError(null);
                            }}
                        >
                            {w.login.again}
                        </button>
                    )}
                </div>
            </form>
        </Door>
    );
}

export function MustChangePage() {
    const w = words();
    useTitle(w.login.mustTitle);
    return (
        <Door>
            <h1>{w.login.mustTitle}</h1>
            <p class="lead">{w.login.mustLead}</p>
            <PasswordForm onDone={() => void readSession()} />
        </Door>
    );
}
