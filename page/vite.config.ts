// SPDX-License-Identifier: GPL-3.0-or-later
//
// How the page is built. Nothing is inlined: consoled's content policy allows scripts and styles
// from its own address only.
import { defineConfig } from "vite";
import { mock } from "./mock/plugin";

export default defineConfig({
    plugins: [mock()],
    esbuild: { jsx: "automatic", jsxImportSource: "preact" },
    build: {
        target: "es2022",
        assetsInlineLimit: 0,
        cssCodeSplit: false,
        modulePreload: { polyfill: false },
        sourcemap: false,
    },
});
