// SPDX-License-Identifier: GPL-3.0-or-later
//
// api - requests to consoled. Errors keep the API's word, which the catalogues know.
import { effect, signal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Session } from "./types";

/** undefined: not asked yet; null: nobody is logged in. */
export const session = signal<Session | null | undefined>(undefined);

/** Between attempts while nothing answers. */
export const retryMs = 5000;

export class ApiError extends Error {
    constructor(
        readonly code: number,
        readonly word: string,
        text: string,
    ) {
        super(text);
    }
}

export function asError(failed: unknown): ApiError {
    return failed instanceof ApiError ? failed : new ApiError(0, "other", String(failed));
}

/** Whether the same request may succeed later, with nothing changed. */
export function isPassing(error: ApiError): boolean {
    return error.word === "away" || error.code >= 500;
}

export function may(permission: "analyst" | "admin"): boolean {
    const own = session.value?.account.permission;
    return own === "admin" || own === permission;
}

async function failure(answer: Response): Promise<ApiError> {
    try {
        const body = (await answer.json()) as { error?: { word?: string; text?: string } };
        return new ApiError(answer.status, body.error?.word ?? "other", body.error?.text ?? "");
    } catch {
        return new ApiError(answer.status, "other", `HTTP ${answer.status}`);
    }
}

async function ask<T>(to: string, init: RequestInit): Promise<T> {
    let answer: Response;
    try {
        answer = await fetch(to, { ...init, credentials: "same-origin" });
    } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") throw error;
        throw new ApiError(0, "away", "");
    }
    if (!answer.ok) {
        const error = await failure(answer);
        if (error.code === 401 && error.word === "login") session.value = null;
        throw error;
    }
    if (answer.status === 204) return undefined as T;
    return (await answer.json()) as T;
}

export function read<T>(to: string, abort?: AbortSignal): Promise<T> {
    return ask<T>(to, abort ? { signal: abort } : {});
}

export function change<T = void>(to: string, body: Record<string, unknown> = {}): Promise<T> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (session.value) headers["X-CSRF-Token"] = session.value.csrf;
    return ask<T>(to, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Why it is not known yet whether somebody is logged in. */
export const sessionError = signal<ApiError | null>(null);

/** Asks who is logged in, again and again while nothing answers. */
export async function readSession(): Promise<void> {
    try {
        session.value = await read<Session>("/api/session");
        sessionError.value = null;
    } catch (failed) {
        const error = asError(failed);
        if (error.code === 401) session.value = null;
        sessionError.value = error.code === 401 ? null : error;
        if (isPassing(error)) setTimeout(() => void readSession(), retryMs);
    }
}

export interface Loaded<T> {
    data: T | null;
    error: ApiError | null;
    loading: boolean;
    reload: () => void;
}

/** Answers of before: a page that is gone back to is there at once, and then asked for anew. */
const recent = new Map<string, unknown>();
const recentMost = 24;
effect(() => {
    if (!session.value) recent.clear();
});
export function remember(to: string, data: unknown): void {
    recent.delete(to);
    recent.set(to, data);
    const oldest = recent.keys().next();
    if (recent.size > recentMost && !oldest.done) recent.delete(oldest.value);
}
export function remembered<T>(to: string | null): T | null {
    return to === null ? null : ((recent.get(to) as T | undefined) ?? null);
}

/** What the API says at an address. The last answer stays in view until the next one is there, and
 * also while nothing answers: then it is asked for again. */
export function useApi<T>(to: string | null, everySeconds = 0): Loaded<T> {
    const [held, hold] = useState<{ data: T | null; error: ApiError | null; loading: boolean }>({
        data: remembered<T>(to),
        error: null,
        loading: to !== null,
    });
    const [turn, setTurn] = useState(0);
    const last = useRef(to);
    useEffect(() => {
        if (to === null) return;
        const abort = new AbortController();
        let again: ReturnType<typeof setTimeout> | undefined;
        const isSame = last.current === to;
        const isElsewhere = last.current?.split("?")[0] !== to.split("?")[0];
        last.current = to;
        hold((h) => ({
            data: isElsewhere ? remembered<T>(to) : h.data,
            error: isSame ? h.error : null,
            loading: true,
        }));
        read<T>(to, abort.signal)
            .then((data) => {
                remember(to, data);
                hold({ data, error: null, loading: false });
            })
            .catch((failed: unknown) => {
                if (abort.signal.aborted) return;
                const error = asError(failed);
                const passes = isPassing(error);
                hold((h) => ({ data: passes ? h.data : null, error, loading: false }));
                if (passes) again = setTimeout(() => setTurn((n) => n + 1), retryMs);
            });
        return () => {
            abort.abort();
            clearTimeout(again);
        };
    }, [to, turn]);
    const reload = useCallback(() => setTurn((n) => n + 1), []);
    useEffect(() => {
        if (everySeconds === 0) return;
        const timer = setInterval(() => {
            if (document.visibilityState === "visible") reload();
        }, everySeconds * 1000);
        return () => clearInterval(timer);
    }, [everySeconds, reload]);
    return { ...held, reload };
}
