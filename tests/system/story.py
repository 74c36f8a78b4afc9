# SPDX-License-Identifier: GPL-3.0-or-later
"""story - event files of two months on a gateway, written as dnsd and inspectd write them.

Used by test_words.py. October 2026 is told, and some of September. The chain is real.
"""
import datetime
import hashlib
import json
import pathlib

UTC = datetime.timezone.utc
LISTS = {
    "WeChat": ("wechat", "Treasury Board of Canada Secretariat, notice of 2023-10-30",
               "SEC-2023-0117"),
    "Kaspersky": ("kaspersky", "Treasury Board of Canada Secretariat, notice of 2023-10-30",
                  "SEC-2023-0118"),
    "TikTok": ("tiktok", "Treasury Board of Canada Secretariat, notice of 2023-02-28",
               "SEC-2023-0021"),
    "Encrypted DNS": ("encrypted-dns", "", "SEC-2026-0030"),
}
HOSTILE = "<img src=x onerror=alert(1)>|`$(x)`[a](http://evil.example)\u202e=cmd"


def at(month, day, hour=12, minute=0, second=0):
    return datetime.datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


class Folder:
    """One folder of event files: one chain."""

    def __init__(self, path, gateway="gw-01", product="dnsd"):
        self.path, self.gateway, self.product = pathlib.Path(path), gateway, product
        self.events = []

    def say(self, when, action, kind, dataset, **more):
        event = {"@timestamp": when.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                 "ecs": {"version": "8.11.0"},
                 "event": {"kind": "event", "category": ["network"], "type": kind,
                           "action": action, "reason": more.pop("reason", "name is on a list"),
                           "severity": 4, "module": "ponor", "dataset": dataset, "sequence": 0,
                           "duration": more.pop("duration", 41000)},
                 "observer": {"vendor": "Ponor", "product": self.product, "type": "dns",
                              "name": self.gateway, "version": "0.1.0"}}
        event.update(more)
        self.events.append((when, event))

    def look_up(self, when, client, name, app, evidence="installed", action="sinkhole", line=14):
        """A question to the resolver."""
        self.traffic(when, client, name, app, evidence, action, line, "ponor.dns", "dns-", "question",
                     {"transport": "udp", "protocol": "dns", "application": app.lower()},
                     destination={"ip": "10.20.0.53", "port": 53},
                     dns={"type": "answer", "question": {"name": name, "type": "A", "class": "IN"}})

    def flow(self, when, client, server, app, evidence, protocol, seen="packet", name=None,
             way=None, resolved=True, action="drop", line=61):
        """Something on the wire."""
        network = {"transport": "tcp", "direction": "outbound", "application": way or app.lower()}
        if protocol:
            network["protocol"] = protocol
        destination = {"ip": server, "port": 443}
        if name:
            destination["domain"] = name
        self.traffic(when, client, name or f"protocol {protocol}", app, evidence, action, line,
                     "ponor.wire", "flow-", seen, network, destination=destination,
                     extra={"resolved_by_us": resolved})

    def traffic(self, when, client, name, app, evidence, action, line, dataset, prefix, seen, network,
                extra=None, **more):
        id_, authority, ticket = LISTS.get(app, ("other", HOSTILE, HOSTILE))
        kind = "denied" if action not in ("observe", "allow") else \
            "allowed" if action == "allow" else "info"
        ponor = {"action": action, "seen": seen, "group": "mobile", "app": app, "evidence": evidence,
                 "authority": authority, "ticket": ticket, "source": f"{id_}.yaml:{line}",
                 **(extra or {})}
        self.say(when, prefix + action, ["protocol", kind], dataset,
                 source={"ip": client, "port": 53411}, network=network,
                 rule={"id": f"{id_}:{line}", "name": name, "ruleset": id_, "category": "banned-app",
                       "version": "2026112401"}, ponor=ponor, **more)

    def health(self, when, action, count, seconds=0):
        self.say(when, action, ["info"], "ponor.health", reason=action, duration=seconds * 10**9,
                 ponor={"count": count, "interface": "eth1"})

    def notice(self, when, action, reason):
        self.say(when, action, ["info"], "ponor.notice", reason=reason, ponor={})

    def write(self, broken_at=None):
        """All that was said, in order of time. `broken_at`: this line is changed afterwards."""
        self.path.mkdir(parents=True, exist_ok=True)
        chain, lines = "0" * 64, []
        for sequence, (_, event) in enumerate(sorted(self.events, key=lambda e: e[0]), 1):
            event["event"]["sequence"] = sequence
            event["ponor"].update(lost=0, chain=chain)
            line = json.dumps(event, separators=(",", ":"))
            chain = hashlib.sha256(line.encode()).hexdigest()
            if sequence == broken_at:
                line = line.replace("10.20.", "10.21.", 1)
            lines.append(line)
        (self.path / "blocked.jsonl").write_text("\n".join(lines) + "\n")
        return len(lines)


def phone(dns, wire, month, days, client="10.20.2.3"):
    """WeChat, installed: its names, its protocol, its name service, every hour of the day."""
    names = ["szshort.weixin.qq.com", "hkshort.weixin.qq.com", "long.weixin.qq.com",
             "dns.weixin.qq.com", "quic.weixin.qq.com", "minorshort.weixin.qq.com"]
    for day in days:
        for hour in range(7, 20):
            dns.look_up(at(month, day, hour), client, names[(day + hour) % 6], "WeChat")
        wire.flow(at(month, day, 8, 5), client, "43.130.30.240", "WeChat", "installed", "mmtls",
                  resolved=False)
        wire.flow(at(month, day, 8, 6), client, "43.130.30.237", "WeChat", "context", "http",
                  seen="http", name="dns.weixin.qq.com", way="httpdns", resolved=False)


def browser(dns, wire, when, client="10.20.2.4"):
    """Somebody opens wechat.com."""
    for minute, name in enumerate(["wechat.com", "www.wechat.com", "web.wechat.com"]):
        dns.look_up(when + datetime.timedelta(minutes=minute), client, name, "WeChat", "visited")
        wire.flow(when + datetime.timedelta(minutes=minute, seconds=1), client, "203.0.113.9",
                  "WeChat", "visited", "tls", seen="tls", name=name, line=12)


def write(folder):
    """gw-01 with both programs. Gives the folders."""
    folder = pathlib.Path(folder)
    dns = Folder(folder / "events")
    wire = Folder(folder / "wire", product="inspectd")
    dns.notice(at(9, 20, 0), "record-started", "events are written from here on")
    wire.notice(at(9, 20, 0), "record-started", "events are written from here on")
    phone(dns, wire, 9, range(25, 31))
    phone(dns, wire, 10, [d for d in range(1, 32) if d % 7 not in (3, 4)])
    browser(dns, wire, at(10, 6, 10))
    browser(dns, wire, at(9, 28, 10))
    for day in range(2, 30):
        for hour in range(0, 24, 3):
            dns.look_up(at(10, day, hour, 20), "10.20.7.8", "dnl-01.geo.kaspersky.com", "Kaspersky",
                        "update")
    for day in (12, 13, 19, 20):
        for hour in (12, 13, 17):
            dns.look_up(at(10, day, hour, 40), "10.20.9.1", f"api{hour}.tiktokv.com", "TikTok")
    for day in range(5, 26, 2):
        dns.look_up(at(10, day, 9), "10.20.3.3", "mask.icloud.com", "Encrypted DNS", "bypass",
                    "nxdomain")
        wire.flow(at(10, day, 9, 1), "10.20.3.3", "9.9.9.9", "Encrypted DNS", "bypass", "tls",
                  seen="tls", name="dns.quad9.net", way="doh")
        wire.flow(at(10, day, 9, 2), "10.20.3.3", "9.9.9.9", "Encrypted DNS", "bypass", "dns",
                  way="dot")
    for day in (8, 9):
        dns.look_up(at(10, day, 15), "10.20.4.4", "cdn.example", "WeChat", "context", "observe")
    dns.look_up(at(10, 14, 15), "10.20.5.5", "pay.wechat.com", "WeChat", "installed", "allow")
    dns.look_up(at(10, 15, 15), "10.20.6.6", HOSTILE, HOSTILE, "visited")
    wire.health(at(10, 17, 4), "blind", 1, seconds=754)
    wire.health(at(10, 17, 4, 30), "packets-dropped", 1234)
    wire.health(at(9, 17, 4), "packets-dropped", 99)
    dns.write()
    wire.write()
    return folder / "events", folder / "wire"
