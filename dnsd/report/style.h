/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * style - how the page of a report looks: light, dark, and on paper.
 *
 * Used by html.c alone. Series have colours that colour-blind people can tell (Okabe and Ito), and
 * are named beside; certainty is one colour that grows darker.
 */
#ifndef REPORT_STYLE_H
#define REPORT_STYLE_H

static const char style[] =
    ":root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--soft:#5a6472;--line:#d9dee5;"
    "--card:#f5f7fa;--now:#1f5f99;--then:#a9bdd2;--s0:#0072b2;--s1:#d55e00;--s2:#009e73;"
    "--s3:#cc79a7;--s4:#e69f00;--s5:#8a949f;--c3:#a3242b;--c2:#d9730d;--c1:#5c86b5;"
    "--c0:#b8c2cc;--bad:#a3242b}"
    "@media screen and (prefers-color-scheme:dark){:root{--page:#14181d;--text:#e6e9ed;"
    "--soft:#9aa5b1;--line:#323a44;--card:#1d232a;--now:#6cb0ea;--then:#40566b;--s0:#56b4e9;"
    "--s1:#f28a3c;--s2:#2fc49a;--s3:#e09ac3;--s4:#f0c04a;--s5:#7f8a96;--c3:#e5666b;--c2:#ef9a45;"
    "--c1:#7da7d4;--c0:#4f5b67;--bad:#f0868a}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);"
    "font:15px/1.5 system-ui,\"Segoe UI\",Roboto,\"Noto Sans\",Arial,sans-serif}"
    "main{max-width:920px;margin:0 auto;padding:36px 24px 48px}"
    "h1{font-size:28px;line-height:1.2;margin:0 0 4px}h2{font-size:19px;margin:40px 0 10px;"
    "padding-top:14px;border-top:1px solid var(--line)}h3{font-size:15px;margin:22px 0 6px;"
    "color:var(--soft);font-weight:600}p{margin:6px 0}.sub{color:var(--soft);margin:0}"
    ".tiles{display:grid;grid-template-columns:repeat(5,1fr);gap:12px;margin:24px 0 8px}"
    ".tile{background:var(--card);border-radius:8px;padding:12px 14px}"
    ".tile b{display:block;font-size:25px;line-height:1.2;font-variant-numeric:tabular-nums}"
    ".tile span{display:block;color:var(--soft);font-size:13px;line-height:1.35}"
    ".tile em{font-style:normal;font-size:13px;color:var(--soft)}"
    "table{border-collapse:collapse;width:100%;margin:8px 0;font-size:14px}"
    "th{text-align:left;font-weight:600;color:var(--soft);font-size:13px;vertical-align:bottom}"
    "th,td{padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}"
    "td:last-child,th:last-child{padding-right:0}"
    "td{overflow-wrap:anywhere}.n{text-align:right;font-variant-numeric:tabular-nums;"
    "white-space:nowrap}th.n{white-space:normal}td.w{width:24%;padding-top:11px}td.t{white-space:"
    "nowrap}"
    ".small{color:var(--soft);font-size:13px}.bad{color:var(--bad);font-weight:600}"
    ".f table{table-layout:fixed}.f th:nth-child(1){width:19%}.f th:nth-child(2){width:14%}"
    ".f th:nth-child(3){width:14%}.f th:nth-child(5){width:9%}.f th:nth-child(6){width:11%}"
    ".f th:nth-child(7){width:10%}"
    "ul{margin:6px 0;padding-left:20px}li{margin:3px 0}"
    "svg{display:block;width:100%;height:auto;margin:8px 0 4px;overflow:visible}"
    "svg.bar{height:10px;margin:0}"
    ".tick{font-size:11.5px;fill:var(--soft)}.name{font-size:13.5px;fill:var(--text)}"
    ".in{font-size:14px;font-weight:600}"
    ".c3t,.c2t,.c1t{fill:var(--page)}.c0t{fill:var(--text)}"
    ".grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}"
    ".now{fill:var(--now);background:var(--now)}.then{fill:var(--then);background:var(--then)}"
    ".s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}"
    ".s4{fill:var(--s4)}.s5{fill:var(--s5)}.b0{background:var(--s0)}.b1{background:var(--s1)}"
    ".b2{background:var(--s2)}.b3{background:var(--s3)}.b4{background:var(--s4)}"
    ".b5{background:var(--s5)}.c3{fill:var(--c3)}.c2{fill:var(--c2)}.c1{fill:var(--c1)}"
    ".c0{fill:var(--c0)}.k3{background:var(--c3)}.k2{background:var(--c2)}"
    ".k1{background:var(--c1)}.k0{background:var(--c0)}"
    ".legend{font-size:13px;color:var(--soft);display:flex;flex-wrap:wrap;gap:4px 18px}"
    ".legend i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px;"
    "vertical-align:-1px}.legend b{color:var(--text)}"
    ".mark{display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:6px}"
    "footer{margin-top:40px;padding-top:12px;border-top:1px solid var(--line);"
    "color:var(--soft);font-size:13px}"
    "@media (max-width:640px){main{padding:20px 14px}.tiles{grid-template-columns:1fr 1fr}"
    ".scroll{overflow-x:auto}.scroll table{min-width:560px}}"
    "@page{margin:16mm 14mm}@media print{body{font-size:10.5pt;-webkit-print-color-adjust:exact;"
    "print-color-adjust:exact}main{max-width:none;padding:0}table{font-size:9.5pt}"
    "h2{margin-top:22px;break-after:avoid}h3{break-after:avoid}tr,svg,.tile,.tiles,li"
    "{break-inside:avoid}thead{display:table-header-group}}";

#endif
