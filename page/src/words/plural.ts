// SPDX-License-Identifier: GPL-3.0-or-later
//
// plural - one or many: English has one only for 1, French for what is below 2.
export const english = (n: number, one: string, many: string) => (n === 1 ? one : many);
export const french = (n: number, one: string, many: string) => (n < 2 ? one : many);
