# SPDX-License-Identifier: GPL-3.0-or-later
"""watched - a consoled over written history, with a policy and a page: no gateway runs.

Used by test_api.py, test_web.py and test_web_tail.py.
"""
import datetime
import hashlib
import json
import pathlib
import socket

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
        g["lines"] for g in browser.get("/api/gateways")["gateways"]) == lines, seconds=60)


def written(home):
    return sum(len((home / f / "blocked.jsonl").read_text().splitlines()) for f in ("events", "wire"))


def grow(home, names, folder="events", behind=0):
    """The gateway writes on: a line for each name, `behind` seconds ago (or of each, a list)."""
    file = home / folder / "blocked.jsonl"
    last = file.read_text().splitlines()[-1]
    event = json.loads(last)
    text = ""
    for n, name in enumerate(names):
        ago = behind[n] if isinstance(behind, list) else behind
        when = datetime.datetime.now(story.UTC) - datetime.timedelta(seconds=ago)
        event["@timestamp"] = when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        event["event"].update(sequence=event["event"]["sequence"] + 1, action="dns-sinkhole",
                              type=["protocol", "denied"], dataset="ponor.dns")
        event["rule"] = {"id": "wechat:14", "name": name, "ruleset": "wechat",
                         "category": "banned-app", "version": "1"}
        event["ponor"].update(app="WeChat", evidence="installed",
                              chain=hashlib.sha256(last.encode()).hexdigest())
        event["dns"] = {"type": "answer", "question": {"name": name, "type": "A", "class": "IN"}}
        last = json.dumps(event, separators=(",", ":"))
        text += last + "\n"
    with file.open("a") as out_:
        out_.write(text)


# HTTP as bytes.

def raw(text, port=PORT, wait=60):
    """Sends bytes as they are; all that is answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as s:
        s.sendall(text if isinstance(text, bytes) else text.encode())
        return drain(s)


def drain(s):
    got = b""
    try:
        while chunk := s.recv(65536):
            got += chunk
    except (ConnectionError, TimeoutError):
        pass
    return got


def code_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def get(path="/healthz", more=""):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n"
