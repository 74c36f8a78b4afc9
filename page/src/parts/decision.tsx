// SPDX-License-Identifier: GPL-3.0-or-later
//
// decision - what people decide about an incident, and what they decided.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type ApiError, asError, change, may, session } from "../api";
import { word, words } from "../text";
import { When } from "../time";
import { states, type Incident, type State, type Step } from "../types";
import { ErrorBox, Field } from "./frame";
import { StateIcon } from "./icons";
import { plain, Prose, Shown } from "./shown";

export function Decision({ incident, onDone }: { incident: Incident; onDone: () => void }) {
    const w = words();
    const i = w.incident;
    const [state, setState] = useState<State>(incident.state);
    const [assignee, setAssignee] = useState(incident.assignee);
    const [note, setNote] = useState("");
    const [error, setError] = useState<ApiError | null>(null);
    const [saved, setSaved] = useState(false);
    const [busy, setBusy] = useState(false);
    if (!may("analyst")) return <p class="empty">{i.viewer}</p>;
    const me = session.value?.account.name ?? "";

    const submit = async (e: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
        e.preventDefault();
        const body: Record<string, string> = {};
        if (state !== incident.state) body["state"] = state;
        if (assignee.trim() !== incident.assignee) body["assignee"] = assignee.trim();
        if (note.trim() !== "") body["note"] = note.trim();
        setError(null);
        setSaved(false);
        if (Object.keys(body).length === 0) return;
        setBusy(true);
        try {
            await change(`/api/incidents/${incident.id}`, body);
            setNote("");
            setSaved(true);
            onDone();
        } catch (failed) {
            setError(asError(failed));
        } finally {
            setBusy(false);
        }
    };

    return (
        <form class="stack" onSubmit={submit} onInput={() => setSaved(false)}>
            <fieldset class="states">
                <legend>{i.state}</legend>
                {states.map((s) => (
                    <label key={s} class={s === state ? "picked" : ""}>
                        <input
                            type="radio"
                            name="state"
                            value={s}
                            checked={s === state}
                            onChange={() => setState(s)}
                        />
                        <StateIcon state={s} />
                        {w.state[s]}
                    </label>
                ))}
            </fieldset>
            <Field label={i.assignee}>
                <input
                    name="assignee"
                    value={assignee}
                    maxLength={63}
                    autocomplete="off"
                    spellcheck={false}
                    onInput={(e) => setAssignee(e.currentTarget.value)}
                />
            </Field>
            {assignee !== me && (
                <button type="button" class="link" onClick={() => setAssignee(me)}>
                    {i.take}
                </button>
            )}
            <Field label={i.note} hint={i.noteLead}>
                <textarea
                    name="note"
                    rows={3}
                    maxLength={4000}
                    value={note}
                    onInput={(e) => setNote(e.currentTarget.value)}
                />
            </Field>
            {error && <ErrorBox error={error} />}
            <div class="row">
                <button type="submit" class="primary" disabled={busy}>
                    {w.common.save}
                </button>
                <span role="status" class="quiet">
                    {saved ? i.saved : ""}
                </span>
            </div>
        </form>
    );
}

export function Steps({ steps }: { steps: Step[] }) {
    const w = words();
    const i = w.incident;
    if (steps.length === 0) return <p class="empty">{i.stepsNone}</p>;
    return (
        <ol class="steps">
            {[...steps].reverse().map((step, k) => (
                <li key={k}>
                    <p>
                        <strong>
                            <Shown text={step.by} most={40} short />
                        </strong>{" "}
                        {[
                            step.state !== null ? i.setState(word(w.state, step.state)) : "",
                            step.assignee ? i.setAssignee(plain(step.assignee, 40)) : "",
                            step.assignee === "" ? i.unassigned : "",
                        ]
                            .filter((t) => t !== "")
                            .join(", ")}
                    </p>
                    {step.note && <Prose text={step.note} />}
                    <p class="quiet">
                        <When at={step.at} />
                    </p>
                </li>
            ))}
        </ol>
    );
}
