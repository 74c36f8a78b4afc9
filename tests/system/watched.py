# SPDX-License-Identifier: GPL-3.0-or-later
"""watched - a consoled over written history, with a policy and a page: no gateway runs.

Used by test_api.py and test_web.py.
"""
import datetime
import pathlib

import console
import lab
import story
from lab import PONOR, out

PORT = 8053
HOSTILE = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\u202egnp.exe", "+1", "-1+1", "@SUM(1)",
           "\ttab", "a\"b,c\r\nd", "x" * 7000, "\U0001f4a9"]


def folders(home, days=3, rows=40):
    """Event folders of one gateway, up to now."""
    home = pathlib.Path(home)
    now = datetime.datetime.now(story.UTC).replace(microsecond=0)
    dns, wire = story.Folder(home / "events"), story.Folder(home / "wire", product="inspectd")
    dns.notice(now - datetime.timedelta(days=days), "record-started", "events are written from here on")
    for day in range(days):
        for n in range(rows):
            when = now - datetime.timedelta(days=day, minutes=7 * n + 1)
            dns.look_up(when, f"10.20.2.{n % 5 + 1}", f"h{n}.weixin.com", "WeChat", line=14)
            wire.flow(when, f"10.20.2.{n % 5 + 1}", "203.0.113.9", "WeChat", "visited", "tls", seen="tls",
                      name="www.wechat.com", line=12)
    for n, text in enumerate(HOSTILE):
        dns.look_up(now - datetime.timedelta(minutes=n + 1), "10.20.9.9", text, text[:200], "visited")
    wire.health(now - datetime.timedelta(hours=1), "packets-dropped", 12)
    return dns.write(), wire.write()


def start(more="", page=True, listen=None, rows=40, name="c"):
    """A consoled that has read all; and how many lines that is."""
    home = lab.scratch() / name
    text = lab.config(home, '  recurse: {trust_anchor: ""}\n') + console.section(home, PORT)
    text = text.replace(f"  events: [{home}/events]", f"  events: [{home}/events, {home}/wire]")
    if listen:
        text = text.replace(f"  listen: [127.0.0.1@{PORT}]", f"  listen: [{listen}]")
    file = home / "ponor.yaml"
    file.write_text(text + more)
    lines = sum(folders(home, rows=rows))
    if page:
        (home / "page/assets").mkdir(parents=True)
        (home / "page/index.html").write_text("<!doctype html><title>Ponor</title>")
        (home / "page/assets/a.js").write_text("'use strict';")
        (home / "page/assets/a.js.gz").write_bytes(b"\x1f\x8bzipped")
    out(PONOR, "-c", file, "compile", check=False)
    return console.Consoled(home, file, PORT), lines


def wait(browser, lines):
    lab.until("all lines are read", lambda: sum(
        g["lines"] for g in browser.get("/api/gateways")["gateways"]) == lines, seconds=20)
