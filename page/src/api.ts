// SPDX-License-Identifier: GPL-3.0-or-later
//
// api - requests to consoled. Errors keep the API's word, which the catalogues know.
import { signal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Session } from "./types";

/** undefined: not asked yet; null: nobody is logged in. */
export const session = signal<Session | null | undefined>(undefined);

export class ApiError extends Error {
    constructor(
        readonly code: number,
        readonly word: string,
        text: string,
    ) {
        super(text);
    }
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

export async function readSession(): Promise<void> {
    try {
        session.value = await read<Session>("/api/session");
    } catch (error) {
        session.value = null;
        if (!(error instanceof ApiError) || error.code !== 401) throw error;
    }
}

export interface Loaded<T> {
    data: T | null;
    error: ApiError | null;
    loading: boolean;
    reload: () => void;
    put: (data: T) => void;
}

/** What the API says at an address. The last answer stays in view until the next one is there. */
export function useApi<T>(to: string | null, everySeconds = 0): Loaded<T> {
    const [held, hold] = useState<{ data: T | null; error: ApiError | null; loading: boolean }>({
        data: null,
        error: null,
        loading: to !== null,
    });
    const [turn, setTurn] = useState(0);
    const last = useRef(to);
    useEffect(() => {
        if (to === null) return;
        const abort = new AbortController();
        const elsewhere = last.current?.split("?")[0] !== to.split("?")[0];
        last.current = to;
        hold((h) => ({ data: elsewhere ? null : h.data, error: null, loading: true }));
        read<T>(to, abort.signal)
            .then((data) => hold({ data, error: null, loading: false }))
            .catch((error: unknown) => {
                if (abort.signal.aborted) return;
                const known =
                    error instanceof ApiError ? error : new ApiError(0, "other", String(error));
                hold((h) => ({
                    data: known.word === "away" ? h.data : null,
                    error: known,
                    loading: false,
                }));
            });
        return () => abort.abort();
    }, [to, turn]);
    const reload = useCallback(() => setTurn((n) => n + 1), []);
    useEffect(() => {
        if (everySeconds === 0) return;
        const timer = setInterval(() => {
            if (document.visibilityState === "visible") reload();
        }, everySeconds * 1000);
        return () => clearInterval(timer);
    }, [everySeconds, reload]);
    const put = useCallback((data: T) => hold({ data, error: null, loading: false }), []);
    return { ...held, reload, put };
}
