// SPDX-License-Identifier: GPL-3.0-or-later
//
// app - the frame around every page: who is logged in, the way to the pages, the keyboard.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type ApiError, asError, change, may, session, sessionError } from "./api";
import { helpIsOpen, onKey } from "./keys";
import { match, onLink, path } from "./router";
import { setLanguage, words } from "./text";
import * as icons from "./parts/icons";
import { LanguageSwitch, ZoneSwitch } from "./parts/choices";
import { ErrorBox } from "./parts/frame";
import { Help } from "./parts/help";
import { Shown } from "./parts/shown";
import { AccountsPage } from "./pages/accounts";
import { AuditPage } from "./pages/audit";
import { DevicePage } from "./pages/device";
import { DevicesPage } from "./pages/devices";
import { EventsPage } from "./pages/events";
import { IncidentPage } from "./pages/incident";
import { IncidentsPage } from "./pages/incidents";
import { ListPage } from "./pages/list";
import { ListsPage } from "./pages/lists";
import { LoginPage, MustChangePage } from "./pages/login";
import { NoPage } from "./pages/nowhere";
import { OverviewPage } from "./pages/overview";
import { SettingsPage } from "./pages/settings";
import { TailPage } from "./pages/tail";

const pages: readonly (readonly [string, ComponentType<{ id: string }>])[] = [
    ["/", OverviewPage],
    ["/incidents", IncidentsPage],
    ["/incidents/:id", IncidentPage],
    ["/events", EventsPage],
    ["/devices", DevicesPage],
    ["/devices/:id", DevicePage],
    ["/lists", ListsPage],
    ["/lists/:id", ListPage],
    ["/tail", TailPage],
    ["/audit", AuditPage],
    ["/accounts", AccountsPage],
    ["/settings", SettingsPage],
];

const entries = [
    ["/", "overview", icons.OverviewIcon],
    ["/incidents", "incidents", icons.IncidentsIcon],
    ["/events", "events", icons.EventsIcon],
    ["/devices", "devices", icons.DevicesIcon],
    ["/lists", "lists", icons.ListsIcon],
    ["/tail", "tail", icons.TailIcon],
] as const;
const adminEntries = [
    ["/audit", "audit", icons.AuditIcon],
    ["/accounts", "accounts", icons.AccountsIcon],
] as const;

function Nav({ onGo }: { onGo: () => void }) {
    const w = words();
    const here = "/" + (path.value.split("/")[1] ?? "");
    const all = may("admin") ? [...entries, ...adminEntries] : entries;
    return (
        <nav aria-label={w.nav.label} onClick={onGo}>
            <ul>
                {all.map(([to, name, Icon]) => (
                    <li key={to}>
                        <a href={to} aria-current={here === to ? "page" : undefined}>
                            <Icon />
                            {w.nav[name]}
                        </a>
                    </li>
                ))}
            </ul>
        </nav>
    );
}

function Foot() {
    const w = words();
    const account = session.value?.account;
    const [error, setError] = useState<ApiError | null>(null);
    const logout = () => {
        change("/api/logout")
            .then(() => {
                session.value = null;
            })
            .catch((failed: unknown) => setError(asError(failed)));
    };
    return (
        <div class="foot">
            {error && <ErrorBox error={error} />}
            <ZoneSwitch />
            <LanguageSwitch />
            <div class="who">
                <a
                    href="/settings"
                    title={w.nav.settings}
                    aria-current={path.value === "/settings" ? "page" : undefined}
                >
                    <icons.SettingsIcon />
                    <Shown text={account?.name} most={24} short />
                </a>
                <button
                    type="button"
                    class="bare"
                    aria-label={w.nav.help}
                    title={w.nav.help}
                    onClick={() => (helpIsOpen.value = true)}
                >
                    <icons.HelpIcon />
                </button>
                <button
                    type="button"
                    class="bare"
                    aria-label={w.nav.logout}
                    title={w.nav.logout}
                    onClick={logout}
                >
                    <icons.LogoutIcon />
                </button>
            </div>
        </div>
    );
}

function Page() {
    for (const [pattern, Component] of pages) {
        const parts = match(pattern, path.value);
        if (parts) return <Component key={pattern + parts.join()} id={parts[0] ?? ""} />;
    }
    return <NoPage id="" />;
}

function Shell() {
    const w = words();
    const [open, setOpen] = useState(false);
    return (
        <div class="shell">
            <a class="skip" href="#content">
                {w.skip}
            </a>
            <div class={open ? "side open" : "side"}>
                <div class="brand">
                    <a href="/">
                        <icons.Mark />
                        <span>{w.brand}</span>
                    </a>
                    <button
                        type="button"
                        class="bare menu"
                        aria-expanded={open}
                        aria-controls="menu"
                        aria-label={w.nav.menu}
                        onClick={() => setOpen(!open)}
                    >
                        {open ? <icons.CloseIcon /> : <icons.MenuIcon />}
                    </button>
                </div>
                <div id="menu" class="menu-body">
                    <Nav onGo={() => setOpen(false)} />
                    <Foot />
                </div>
            </div>
            <main id="content" tabIndex={-1}>
                <Page />
            </main>
        </div>
    );
}

export function App() {
    const w = words();
    const now = session.value;
    useEffect(() => {
        addEventListener("click", onLink);
        addEventListener("keydown", onKey);
        return () => {
            removeEventListener("click", onLink);
            removeEventListener("keydown", onKey);
        };
    }, []);
    const told = now?.account.language;
    useEffect(() => {
        if (told === "en" || told === "fr") setLanguage(told);
    }, [told]);
    return (
        <>
            {now === undefined ? (
                <main class="door">
                    {sessionError.value ? (
                        <ErrorBox error={sessionError.value} />
                    ) : (
                        <p role="status">{w.common.loading}</p>
                    )}
                </main>
            ) : now === null ? (
                <LoginPage />
            ) : now.account.must_change ? (
                <MustChangePage />
            ) : (
                <Shell />
            )}
            {helpIsOpen.value && <Help />}
        </>
    );
}
