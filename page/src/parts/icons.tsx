// SPDX-License-Identifier: GPL-3.0-or-later
//
// icons - small line drawings on a grid of 16. Always beside a word, or inside a labelled control.
import type { ComponentChildren } from "preact";

function Icon({ children, filled }: { children: ComponentChildren; filled?: boolean }) {
    return (
        <svg
            class={filled ? "icon filled" : "icon"}
            viewBox="0 0 16 16"
            width="16"
            height="16"
            aria-hidden="true"
            focusable="false"
        >
            {children}
        </svg>
    );
}

const drawn = (d: string) => () => (
    <Icon>
        <path d={d} />
    </Icon>
);

export const OverviewIcon = drawn("M2.5 13.5h11M4 11V8M8 11V3.5M12 11V6");
export const IncidentsIcon = drawn("M8 2.2 14.3 13.3H1.7zM8 6.5v3.2M8 11.5v.1");
export const EventsIcon = drawn("M2.5 4h11M2.5 8h11M2.5 12h7");
export const DevicesIcon = drawn("M2.5 3.5h11v7.5h-11zM6 13.5h4M8 11v2.5");
export const ListsIcon = drawn("M3.5 2h9v12h-9zM6 5.5h4M6 8h4M6 10.5h2.5");
export const TailIcon = drawn("M1.5 8h3l2-5 3 10 2-5h3");
export const AuditIcon = drawn(
    "M8 1.8l5.2 2v4c0 3.3-2.2 5.5-5.2 6.4C5 13.3 2.8 11.1 2.8 7.8v-4zM5.8 7.8l1.6 1.7 3-3.3",
);
export const AccountsIcon = drawn(
    "M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8zM3 13.7c.5-2.5 2.4-3.7 5-3.7s4.5 1.2 5 3.7",
);
export const SettingsIcon = drawn(
    "M2.5 4.5h6M11.5 4.5h2M10 3v3M2.5 11.5h2M7.5 11.5h6M6 10v3",
);
export const LogoutIcon = drawn("M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6");
export const HelpIcon = drawn(
    "M5.8 6.2c0-1.4 1-2.2 2.3-2.2s2.2.8 2.2 2c0 1.6-2.2 1.7-2.2 3.3M8.1 11.8v.1" +
        "M14.3 8A6.3 6.3 0 1 1 1.7 8a6.3 6.3 0 0 1 12.6 0z",
);
export const MenuIcon = drawn("M2 4h12M2 8h12M2 12h12");
export const CloseIcon = drawn("M3.5 3.5l9 9M12.5 3.5l-9 9");
export const SearchIcon = drawn(
    "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2",
);
export const PlusIcon = drawn("M8 3v10M3 8h10");
export const DownloadIcon = drawn("M8 2v8M4.8 7L8 10.2 11.2 7M2.5 13.5h11");
export const ExternalIcon = drawn("M6.5 3.5h-3v9h9v-3M9 2.5h4.5V7M13.5 2.5L7.5 8.5");
export const CheckIcon = drawn("M2.8 8.5l3.4 3.4 7-7.6");
export const WarnIcon = drawn("M8 2.2 14.3 13.3H1.7zM8 6.5v3.2M8 11.5v.1");
export const BrokenIcon = drawn(
    "M6.5 4.5l1.2-1.2a3 3 0 0 1 4.2 4.2l-1.2 1.2M9.5 11.5l-1.2 1.2a3 3 0 0 1-4.2-4.2l1.2-1.2" +
        "M3 3l1.5 1.5M13 13l-1.5-1.5",
);
export const WholeIcon = drawn(
    "M6.8 9.2a2.8 2.8 0 0 0 4 0l2-2a2.8 2.8 0 0 0-4-4l-1 1" +
        "M9.2 6.8a2.8 2.8 0 0 0-4 0l-2 2a2.8 2.8 0 0 0 4 4l1-1",
);
export const StopIcon = drawn(
    "M8 14.3A6.3 6.3 0 1 0 8 1.7a6.3 6.3 0 0 0 0 12.6zM3.7 3.7l8.6 8.6",
);
export const EyeIcon = drawn(
    "M1.5 8S4 3.7 8 3.7 14.5 8 14.5 8 12 12.3 8 12.3 1.5 8 1.5 8z" +
        "M8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
);
export const PauseIcon = drawn("M5.5 3v10M10.5 3v10");
export const PlayIcon = drawn("M4.5 2.8l8.5 5.2-8.5 5.2z");
export const LeftIcon = drawn("M10 3L5 8l5 5");

/** The state of an incident, told by its shape. */
export function StateIcon({ state }: { state: string }) {
    switch (state) {
        case "new":
            return (
                <Icon filled>
                    <circle cx="8" cy="8" r="5.5" />
                </Icon>
            );
        case "acknowledged":
            return (
                <Icon>
                    <circle cx="8" cy="8" r="5.5" />
                    <path class="fill" d="M8 2.5a5.5 5.5 0 0 1 0 11z" />
                </Icon>
            );
        case "closed":
            return (
                <Icon>
                    <circle cx="8" cy="8" r="5.5" />
                    <path d="M5.4 8.2l1.9 1.9 3.4-3.9" />
                </Icon>
            );
        default:
            return (
                <Icon>
                    <circle cx="8" cy="8" r="5.5" />
                    <path d="M4.2 11.8l7.6-7.6" />
                </Icon>
            );
    }
}

export function Mark() {
    return (
        <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect width="32" height="32" rx="7" fill="#0b4f6c" />
            <g fill="none" stroke="#fff" stroke-width="2">
                <ellipse cx="16" cy="9.5" rx="10.5" ry="3.8" />
                <ellipse cx="16" cy="16.5" rx="6.6" ry="2.5" stroke="#9fd3e8" />
            </g>
            <ellipse cx="16" cy="22.5" rx="3.2" ry="1.5" fill="#9fd3e8" />
        </svg>
    );
}
