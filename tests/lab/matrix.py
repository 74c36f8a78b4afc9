#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""matrix - goes every way, as the banned client, as the exception and towards something ordinary, and says
what came through.

Usage: matrix.py [--without] [--write FILE] [WAY...]
  --without   the gateway only routes: shows that every way is open, and that the matrix can fail

Used by `./dev lab` and by tests/system/test_escape.py. Ends with 1 if a bar is missed.
"""
import argparse
import base64
import hashlib
import pathlib
import socket
import subprocess
import sys
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent),
                str(pathlib.Path(__file__).resolve().parent.parent / "system")]

import count
import dnscrypt
import lab
import net
import page
import raw
import ways_names   # each fills the table, in this order
import ways_flows
import ways_app
from attempt import SUBJECTS, Attempt
from gateway import Gateway
from hosts import DNSCRYPT_PORT, PROVIDER, WAYS_MOST, Hosts
from lab import out
from net import RESOLVERS, client_address
from ways import ACKS_MOST, WAYS

AT_ONCE, SLOW_AT_ONCE = 8, 2
EVENTS_COME_WITHIN = 3
ENCRYPTED = ["dot", "doq", "doh", "dnscrypt", "httpdns"]


class Setup:
    """The lab, running: what every attempt may use."""

    def __init__(self, ponor=True):
        net.leave()
        self.folder = lab.scratch()
        self.network = net.Network().build()
        net.resolver_is(self.folder, [net.gateway_address("banned", 4)])
        self.inside = {n: count.Counter(space, "eth0", self._addresses(n))
                       for n, space in self.network.clients.items()}
        self.outside = count.Counter(self.network.internet, "net0",
                                     [a for n in self.network.clients for a in self._addresses(n)])
        for space in self.network.clients.values():
            raw.quiet(space)
        self.hosts = Hosts(self.network.internet, self.folder).start()
        self.certificate = self.network.internet.call(self._certificate)
        self.key_hash = key_hash(self.folder / "cert.pem")
        self.gateway = Gateway(self.network.gateway, self.folder, self.hosts, ponor).start()

    @staticmethod
    def _addresses(name):
        return [client_address(name, 4), client_address(name, 6)]

    @staticmethod
    def _certificate():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(3)
            s.sendto(dnscrypt.certificate_question(PROVIDER), (RESOLVERS["cloudflare"][0], DNSCRYPT_PORT))
            return dnscrypt.certificate_of(s.recv(65535))


def key_hash(file):
    """Of a certificate, as Chromium wants it."""
    public = out("openssl", "x509", "-in", file, "-noout", "-pubkey")
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=public.encode(),
                         capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def wanted(way, subject):
    """Whether a subject goes this way, and must come through (None: no word about it)."""
    if subject == "ordinary":
        return (False, None) if way.ordinary == "banned" else (True, True)
    if subject == "strict":
        return bool(way.open), False if way.strict else None
    if subject == "exception":
        return True, True
    return True, None if way.open else False


def go(setup, ways):
    """All attempts, side by side; (way, family, subject) -> Attempt."""
    assert len(WAYS) <= WAYS_MOST
    attempts, threads = {}, []
    gates = {False: threading.Semaphore(AT_ONCE), True: threading.Semaphore(SLOW_AT_ONCE)}

    def run_all(line):
        """One client's attempts of one way, one behind the other: they may share a flow."""
        for a in line:
            with gates[a.way.slow]:
                in_thread(a.run)

    for number, way in enumerate(WAYS):
        for family in (4, 6) if way in ways else ():
            lines = {}
            for subject, (client, _) in SUBJECTS.items():
                if wanted(way, subject)[0]:
                    a = attempts[way, family, subject] = Attempt(setup, way, number, subject, family)
                    lines.setdefault(client, []).append(a)
            threads += [(not way.slow, threading.Thread(target=run_all, args=(line,), daemon=True))
                        for line in lines.values()]
    for _, t in sorted(threads, key=lambda t: t[0]):
        t.start()
    for _, t in threads:
        t.join()
    return attempts


def go_again(setup, attempts):
    """A second try, alone, of what a busy machine may have kept from coming through. What did come
    through, or was stopped, stays as it was."""
    for key, a in attempts.items():
        if a.late or (wanted(a.way, a.subject)[1] and not a.completed):
            again = Attempt(setup, a.way, a.number, a.subject, a.family)
            in_thread(again.run)
            if not wanted(a.way, a.subject)[1]:
                again.leaked, again.back = max(a.leaked, again.leaked), max(a.back, again.back)
            attempts[key] = again


def in_thread(function):
    t = threading.Thread(target=function, daemon=True)
    t.start()
    t.join()


class Row:
    """A way and a family: what its attempts showed, and what is wrong with that."""

    def __init__(self, way, family, attempts):
        self.way, self.family = way, family
        self.attempts = {s: attempts.get((way, family, s)) for s in SUBJECTS}
        self.banned = self.attempts["banned"]
        self.leaked, self.back = self.banned.leaked, self.banned.back
        self.event = None

    def find_event(self, events):
        """The one that says most: something was stopped, rather than noted."""
        mine = [e for e in events if self.banned.is_mine(e) and "ponor" in e]
        ranks = ["installed", "visited", "update", "bypass", "context"]
        mine.sort(key=lambda e: (e["ponor"].get("action") in (None, "observe"),
                                 *(ranks.index(w) for w in [e["ponor"].get("evidence")] if w in ranks),
                                 e["ponor"].get("seen", ""), e["ponor"].get("app", "")))
        self.event = mine[0] if mine else None

    def said(self):
        if self.event is None:
            return "", "", ""
        p = self.event["ponor"]
        way = self.event.get("network", {}).get("protocol", "")
        if self.event.get("network", {}).get("application", "") in ENCRYPTED:
            way = self.event["network"]["application"]
        words = dict.fromkeys(w for w in (p.get("seen", ""), way) if w)
        return p.get("app", ""), p.get("evidence", ""), " in ".join(words)

    def faults(self, ponor):
        """What is not as it must be, for people."""
        found = []
        for subject, a in self.attempts.items():
            if a is None:
                continue
            must = wanted(self.way, subject)[1] if ponor else True
            if must is not None and a.completed != must:
                found.append(f"{subject}: {a.why}")
        if ponor and not self.way.open:
            if self.back > (ACKS_MOST if self.way.acks else 0):
                found.append(f"{self.back} bytes came back")
            if self.leaked and not self.way.leaves:
                found.append(f"{self.leaked} bytes leaked")
            app, evidence, seen = self.said()
            if not (app and evidence and seen) and not self.way.quiet:
                found.append("no event names app, evidence and way")
        return found

    def word(self, subject, closed="stopped", through="works"):
        a = self.attempts[subject]
        return "n/a" if a is None else through if a.completed else closed


def run(ponor=True, only=()):
    """Goes the ways; gives (setup, rows)."""
    ways = [w for w in WAYS if not only or w.slug in only]
    setup = Setup(ponor)
    attempts = go(setup, ways)
    go_again(setup, attempts)
    rows = [Row(w, f, attempts) for w in ways for f in (4, 6)]
    limit = time.monotonic() + EVENTS_COME_WITHIN
    while True:
        events = setup.gateway.events()
        for row in rows:
            row.find_event(events)
        missing = [r for r in rows if r.event is None and not (r.way.open or r.way.quiet)]
        if not ponor or not missing or time.monotonic() > limit:
            return setup, rows
        time.sleep(.1)


def table(rows, ponor):
    print(f"{'way':22} {'IP':2} {'banned':8} {'ordinary':8} {'exception':9} {'strict':8} {'leaked':>6} "
          f"{'back':>6} {'ms':>7}  {'end':6} event")
    for r in rows:
        a = r.banned
        took = "" if a.milliseconds is None else f"{a.milliseconds:.1f}"
        print(f"{r.way.slug:22} v{r.family} {r.word('banned', through='OPEN'):8} "
              f"{r.word('ordinary', 'FAILED'):8} {r.word('exception', 'FAILED'):9} "
              f"{r.word('strict', through='OPEN'):8} {r.leaked:6} {r.back:6} {took:>7}  {a.how:6} "
              f"{', '.join(w for w in r.said() if w)}")
        for fault in r.faults(ponor):
            print(f"{'':22}    ! {fault}")


def main():
    words = argparse.ArgumentParser(prog="lab", description="The escape matrix.")
    words.add_argument("--without", action="store_true", help="the gateway only routes")
    words.add_argument("--write", help="the Markdown file to write")
    words.add_argument("only", nargs="*", metavar="WAY")
    words = words.parse_args()
    unknown = set(words.only) - {w.slug for w in WAYS}
    if unknown:
        sys.exit(f"lab: no way {', '.join(sorted(unknown))}; there are {', '.join(w.slug for w in WAYS)}")
    start = time.monotonic()
    setup, rows = run(not words.without, words.only)
    table(rows, not words.without)
    bad = [r for r in rows if r.faults(not words.without)]
    print(f"\n{len(rows)} rows, {len(bad)} with faults, {time.monotonic() - start:.0f} s")
    setup.gateway.stop()
    if words.write and not words.only and not words.without:
        if bad:
            print(f"{words.write} is left as it is: it says what holds, not what went wrong")
        else:
            pathlib.Path(words.write).write_text(page.markdown(rows))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
