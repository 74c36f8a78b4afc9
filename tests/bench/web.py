#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""web - how long consoled's page waits for its answers, over a long history.

Usage: tests/bench/web.py [--lines N] [--days N] [--times N] [--folder F]

A real consoled, in a network namespace of its own, reads event files of N lines (10,000,000) over 10
days, 5,000 devices, into SQLite; then each question that the page asks is asked 40 times, one after the
other, by one browser. The bar is the project's: no answer later than 300 ms. --folder keeps the files
(1.3 kB a line) and the history for the next run.

Exit code 1: the bar was missed.
"""
import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import console  # noqa: E402
import lab  # noqa: E402

BAR_MS = 300
PORT = 8053
RANGES = ["-1h", "-24h", "-7d", "-30d"]
EVENTS = ["", "&app=WeChat", "&client=10.20.7.77", "&client=10.20.0.0/22", "&name=weixin.qq.com",
          "&name=never.example", "&rule=wechat:14", "&list=wechat&way=tls", "&stopped=yes&severity=5",
          "&device=4000", "&client=10.20.7.77&rule=wechat:14&way=dns", "&app=Nothing", "&order=oldest",
          "&most=500"]


def say(text=""):
    print(text, flush=True)


def questions(browser):
    """Whatever the page asks: (what it is, path)."""
    for since in RANGES:
        yield f"overview {since}", f"/api/overview?from={since}"
        for by in "app", "rule", "way", "gateway":
            yield f"series by {by} {since}", f"/api/series?by={by}&bucket=3600&from={since}"
        for more in EVENTS:
            yield f"events {since} {more.lstrip('&')}", f"/api/events?from={since}{more}"
    page = browser.get("/api/events?from=-30d&most=100")
    yield "events, the next page", f"/api/events?from=-30d&most=100&after={page['next']}"
    row = page["rows"][-1]
    yield "event", f"/api/events/{row['source']}/{row['sequence']}?at={row['at']}"
    every = browser.get("/api/incidents?most=200")
    say(f"{every['total']} incidents")
    for more in ("", "?most=200", "?state=new&least=50", "?app=WeChat&sort=attempts", "?q=10.20.7.77",
                 "?q=nothing", "?sort=last&skip=2000"):
        yield f"incidents {more}", f"/api/incidents{more}"
    yield "incident", f"/api/incidents/{every['incidents'][0]['id']}"
    for path in ("/api/devices", "/api/devices?q=10.20.7.77", "/api/devices?q=nothing", "/api/devices/77",
                 "/api/lists", "/api/lists/wechat", "/api/gateways", "/api/session", "/api/audit",
                 "/metrics", "/healthz"):
        yield path, path


def timed(browser, path, times):
    took = []
    for _ in range(times):
        start = time.monotonic()
        code, _, text = browser.ask("GET", path)
        took.append((time.monotonic() - start) * 1000)
        assert code == 200, (path, code, text[:300])
    return took, len(text)


def start(home, lines, days):
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "made").exists():
        say(f"{lines} lines are written")
        subprocess.run([lab.BUILD / "tests/bench/history", str(lines), home / "made", str(days)], check=True)
    text = lab.config(home, '  recurse: {trust_anchor: ""}\n') + console.section(home, PORT)
    text = text.replace(f"  events: [{home}/events]",
                        f"  events: [{home}/made/events-0, {home}/made/events-1]")
    file = home / "ponor.yaml"
    file.write_text(text)
    lab.out(lab.PONOR, "-c", file, "compile", check=False)
    return console.Consoled(home, file, PORT).start()


def read_all(browser, lines):
    begin, known = time.monotonic(), 0
    while known < lines:
        time.sleep(.5)
        try:
            known = sum(g["lines"] for g in browser.get("/api/gateways")["gateways"])
        except console.Refused as no:
            assert no.word == "no-history", no
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--folder", type=pathlib.Path)
    args = parser.parse_args()
    lab.enter_namespace()
    home = args.folder or pathlib.Path(tempfile.mkdtemp(prefix="ponor-web-"))
    consoled = start(home, args.lines, args.days)
    slow = []
    try:
        first = home / "console/first-password"
        browser = consoled.first() if first.exists() else consoled.again()
        took = read_all(browser, args.lines)
        say(f"{args.lines} lines were read in {took:.1f} s: {args.lines / took:.0f} a second")
        say(f"{'':46} {'median':>9} {'slowest':>9} {'kB':>7}")
        for what, path in questions(browser):
            ms, size = timed(browser, path, args.times)
            late = max(ms) > BAR_MS
            slow += [what] if late else []
            say(f"{what:46} {statistics.median(ms):6.1f} ms {max(ms):6.1f} ms {size / 1000:7.1f}"
                f"{'  MISSED' if late else ''}")
    finally:
        consoled.stop()
        if not args.folder:
            shutil.rmtree(home)
    say(f"web: {'MISSED: ' + ', '.join(slow) if slow else 'reached'}: no answer later than {BAR_MS} ms")
    return 1 if slow else 0


sys.exit(main())
