// SPDX-License-Identifier: GPL-3.0-or-later
//
// main - draws the page.
import { render } from "preact";
import "./style/page.css";
import { App } from "./app";
import { readSession } from "./api";

const root = document.getElementById("page");
if (root) {
    render(<App />, root);
    void readSession();
}
