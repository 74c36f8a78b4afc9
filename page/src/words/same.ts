// SPDX-License-Identifier: GPL-3.0-or-later
//
// same - what a catalogue of another language must have: every key of the English one, and for a
// function one that takes no more than it does.
export type Same<T> = {
    readonly [K in keyof T]: T[K] extends string
        ? string
        : T[K] extends (...a: infer A) => string
          ? (...a: A) => string
          : Same<T[K]>;
};
