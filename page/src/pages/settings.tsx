// SPDX-License-Identifier: GPL-3.0-or-later
//
// settings - one's own: how the page looks, password, second factor.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type ApiError, asError, change, readSession, session } from "../api";
import { LanguageSwitch, ZoneSwitch } from "../parts/choices";
import { Card, ErrorBox, Field, Head, Switch } from "../parts/frame";
import { CheckIcon, WarnIcon } from "../parts/icons";
import { PasswordForm } from "../parts/password";
import { plain } from "../parts/shown";
import { word, words } from "../text";
import { chosenTheme, setTheme, type Theme } from "../theme";
import { useTitle } from "../title";

function Look() {
    const w = words();
    const s = w.settings;
    return (
        <Card title={s.look}>
            <div class="choices">
                <div>
                    <span class="label">{s.language}</span>
                    <LanguageSwitch />
                </div>
                <div>
                    <span class="label">{s.theme}</span>
                    <Switch
                        label={s.theme}
                        value={chosenTheme.value}
                        options={[
                            ["auto", s.themeAuto],
                            ["light", s.themeLight],
                            ["dark", s.themeDark],
                        ]}
                        onPick={(t) => setTheme(t as Theme)}
                    />
                </div>
                <div>
                    <span class="label">{w.time.zone}</span>
                    <ZoneSwitch />
                </div>
            </div>
        </Card>
    );
}

function CodeForm({ name, send }: { name: string; send: (code: string) => void }) {
    const s = words().settings;
    const submit = (e: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
        e.preventDefault();
        send(String(new FormData(e.currentTarget).get("code") ?? "").replace(/\s/g, ""));
    };
    return (
        <form class="stack" onSubmit={submit}>
            <Field label={s.code}>
                <input
                    name="code"
                    class="code"
                    inputMode="numeric"
                    autocomplete="one-time-code"
                    pattern="[0-9 ]{6,7}"
                    required
                />
            </Field>
            <div class="row">
                <button type="submit" class="primary">
                    {name}
                </button>
            </div>
        </form>
    );
}

function Totp() {
    const w = words();
    const s = w.settings;
    const has = session.value?.account.totp ?? false;
    const [begun, setBegun] = useState<{ secret: string; uri: string } | null>(null);
    const [removing, setRemoving] = useState(false);
    const [error, setError] = useState<ApiError | null>(null);
    const [said, setSaid] = useState("");
    const run = async (to: string, body: Record<string, unknown>, text: string) => {
        setError(null);
        setSaid("");
        try {
            const answer = await change<{ secret: string; uri: string } | undefined>(to, body);
            if (answer) setBegun(answer);
            else {
                setBegun(null);
                setRemoving(false);
                setSaid(text);
                await readSession();
            }
        } catch (failed) {
            setError(asError(failed));
        }
    };
    return (
        <Card title={s.totp} class="spaced">
            <p class={has ? "verdict fine" : "verdict warn"}>
                {has ? <CheckIcon /> : <WarnIcon />}
                {has ? s.totpOn : s.totpOffText}
            </p>
            {begun ? (
                <div class="stack">
                    <p>{s.totpSecret}</p>
                    <dl class="facts">
                        <div>
                            <dt>{s.totpSecretName}</dt>
                            <dd class="mono secret">
                                {begun.secret.replace(/(.{4})(?=.)/g, "$1 ")}
                            </dd>
                        </div>
                        <div>
                            <dt>{s.totpUri}</dt>
                            <dd class="mono">
                                <a
                                    href={
                                        begun.uri.startsWith("otpauth://") ? begun.uri : undefined
                                    }
                                >
                                    {plain(begun.uri, 300)}
                                </a>
                            </dd>
                        </div>
                    </dl>
                    <p>{s.totpConfirm}</p>
                    <CodeForm
                        name={s.confirm}
                        send={(code) => void run("/api/totp/confirm", { code }, s.totpDone)}
                    />
                </div>
            ) : has ? (
                removing ? (
                    <CodeForm
                        name={s.totpRemove}
                        send={(code) => void run("/api/totp/off", { code }, s.totpRemoved)}
                    />
                ) : (
                    <button type="button" onClick={() => setRemoving(true)}>
                        {s.totpRemove}
                    </button>
                )
            ) : (
                <button type="button" onClick={() => void run("/api/totp", {}, "")}>
                    {s.totpBegin}
                </button>
            )}
            {error && <ErrorBox error={error} />}
            <p role="status" class="quiet">
                {said}
            </p>
        </Card>
    );
}

export function SettingsPage(_: { id: string }) {
    const w = words();
    const s = w.settings;
    useTitle(s.title);
    const [changed, setChanged] = useState(false);
    const now = session.value;
    if (!now) return null;
    return (
        <>
            <Head
                title={s.title}
                lead={s.lead(
                    plain(now.account.name, 63),
                    word(w.permission, now.account.permission),
                )}
            />
            <div class="stack narrow">
                <Look />
                <Card title={s.password}>
                    <PasswordForm
                        onDone={() => {
                            setChanged(true);
                            void readSession();
                        }}
                    />
                    <p role="status" class="quiet">
                        {changed ? w.password.done : ""}
                    </p>
                </Card>
                <Totp />
                <p class="quiet">{s.version(now.version)}</p>
            </div>
        </>
    );
}
