// SPDX-License-Identifier: GPL-3.0-or-later
//
// palette - fills that colour-blind readers tell apart, each also by its hatching: on a canvas for
// charts, and as SVG for legends.
import { theme } from "../theme";

/** In the order of Okabe and Ito, darkened or lightened to 3:1 against the ground. */
const light = [
    "#0a6aa1",
    "#c2570c",
    "#0b8a67",
    "#a64d86",
    "#8a6d00",
    "#2b8cc4",
    "#5b4b8a",
    "#5f6b76",
];
const dark = [
    "#5aaede",
    "#f0914a",
    "#3fc39a",
    "#dc93bf",
    "#d9bb3f",
    "#8ccbf0",
    "#a99be0",
    "#9aa7b4",
];

const hatches = [
    "plain",
    "up",
    "dots",
    "down",
    "across",
    "grid",
    "upright",
    "plain",
] as const;

export function colour(index: number): string {
    const palette = theme.value === "dark" ? dark : light;
    return palette[index % palette.length] ?? "#808080";
}

/** What is drawn over the colour, on a tile of 8: the same for SVG and canvas. */
export function strokes(index: number): string {
    switch (hatches[index % hatches.length]) {
        case "up":
            return "M-1 1l2-2M-1 9L9-1M7 9l2-2";
        case "down":
            return "M-1 7l2 2M-1-1L9 9M7-1l2 2";
        case "across":
            return "M0 2h8M0 6h8";
        case "upright":
            return "M2 0v8M6 0v8";
        case "grid":
            return "M0 4h8M4 0v8";
        case "dots":
            return "M2 2h1.6M6 6h1.6";
        default:
            return "";
    }
}

export function strokeWidth(index: number): number {
    return hatches[index % hatches.length] === "dots" ? 1.8 : 1.3;
}

export function pattern(index: number, ground: string): CanvasPattern | string {
    const d = strokes(index);
    if (d === "") return colour(index);
    const scale = devicePixelRatio || 1;
    const tile = document.createElement("canvas");
    tile.width = tile.height = Math.round(8 * scale);
    const ink = tile.getContext("2d");
    if (!ink) return colour(index);
    ink.scale(tile.width / 8, tile.height / 8);
    ink.fillStyle = colour(index);
    ink.fillRect(0, 0, 8, 8);
    ink.strokeStyle = ground;
    ink.lineWidth = strokeWidth(index);
    ink.stroke(new Path2D(d));
    return ink.createPattern(tile, "repeat") ?? colour(index);
}
