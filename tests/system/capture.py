# SPDX-License-Identifier: GPL-3.0-or-later
"""capture - what passes on loopback, as `ponor inspect` and tshark see it.

Used by test_clients.py and test_browser.py. tshark is the oracle: the names that it sees in a flow are
the names that inspect sees, no more, no fewer."""
import contextlib
import json
import re
import socket
import subprocess

import lab
from lab import out
from servers import serve

MARKER, MARKER_PORT = "198.18.0.4", 9
BANNED = ("wechat.com", "weixin.com")
# Clients that bind to no address get the server's from loopback.
GROUPS = '  - {group: mobile, clients: [10.20.0.0/16, 198.18.0.0/15, "2001:db8::/32"], lists: [wechat]}\n'
# What a name stands in. Questions stand in answers too, with the same name.
ORACLE = ["tls.handshake.extensions_server_name", "http.host", "http.request.uri", "dns.qry.name",
          "socks.remote_name"]


def prepare():
    """A folder in a namespace of its own, with ponor.yaml, cert.pem, key.pem and a page."""
    lab.enter_namespace()
    folder = lab.scratch()
    # Every other name is noted, so that each sighting of a flow has an event that names it.
    (folder / "ponor.yaml").write_text(
        lab.config(folder, "  recurse: {trust_anchor: ''}\n", groups=GROUPS,
                   lists=lab.LISTS + "  - {domain: good.example, action: observe}\n"))
    out("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=lab.example")
    (folder / "index.html").write_text("hi\n")
    serve(MARKER_PORT, lambda *_: None, socket.SOCK_DGRAM, MARKER)
    return folder


@contextlib.contextmanager
def small_packets():
    """Meanwhile loopback carries no more in a packet than a network does."""
    out("ip", "link", "set", "lo", "mtu", "1280", "gso_max_segs", "1")
    try:
        yield
    finally:
        out("ip", "link", "set", "lo", "mtu", "65536", "gso_max_segs", "65535")


def is_banned(name):
    return any(name == b or name.endswith("." + b) for b in BANNED)


class Capture:
    """`with Capture(folder, name) as c:` saves what passes on loopback meanwhile."""

    def __init__(self, folder, name):
        self.file, self.log = folder / f"{name}.pcap", folder / f"{name}.log"
        self.policy, self.marker = folder / "ponor.yaml", f"end of {name}".encode()

    def __enter__(self):
        # Without waiting, every frame has a place of its own, as long as the longest: many places.
        self.writer = lab.start("tcpdump", "-i", "lo", "-s", "65535", "-B", "32768", "-U",
                                "--immediate-mode", "-Z", "root", "-w", self.file, log=self.log)
        lab.until("tcpdump listens", lambda: "listening" in self.log.read_text())
        return self

    def __exit__(self, kind, *_):
        # What is behind everything else is in the file: so is everything else.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(self.marker, (MARKER, MARKER_PORT))
        if kind is None:
            lab.until("the marker is captured", lambda: self.marker in self.file.read_bytes())
        lab.stop(self.writer)
        said = self.log.read_text()
        assert kind or "\n0 packets dropped by kernel" in said, said

    def inspect(self):
        """flow -> names, the events, the flows' lines."""
        r = subprocess.run([lab.PONOR, "-c", self.policy, "inspect", self.file, "--all", "--json"],
                           capture_output=True, text=True, timeout=60)
        assert r.returncode == 0, r.stderr
        found, events, flows = {}, [], []
        for line in map(json.loads, r.stdout.splitlines()):
            flow = flow_of(line["network"]["transport"],
                           (line["source"]["ip"], line["source"]["port"]),
                           (line["destination"]["ip"], line["destination"]["port"]))
            if (MARKER, MARKER_PORT) in flow[1]:
                continue
            if line["event"]["dataset"] == "ponor.flow":
                flows.append(line)
                name = line["ponor"]["name"]
            else:
                events.append(line)
                name = line.get("dns", {}).get("question", {}).get("name") or \
                    line["destination"].get("domain", "")
            found.setdefault(flow, set())
            line["name"] = plain(name)
            if name:
                found[flow].add(plain(name))
        return found, events, flows

    def oracle(self):
        """flow -> names, as tshark reads the same file; 853 is DTLS's for it if nobody says otherwise."""
        fields = ["ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport",
                  "udp.srcport", "udp.dstport", *ORACLE]
        text = out("tshark", "-n", "-r", self.file, "-d", "udp.port==853,quic", "-Y",
                   "(tcp or udp) and not icmp and not icmpv6", "-T", "fields",
                   "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=|",
                   *[a for f in fields for a in ("-e", f)])
        found = {}
        for line in text.splitlines():
            cells = line.split("\t")
            if len(cells) != len(fields):
                continue        # a warning about root
            four, six, tcp, udp = [cells[i:i + 2] for i in (0, 2, 4, 6)]
            ends = zip(four if four[0] else six, tcp if tcp[0] else udp)
            flow = flow_of("tcp" if tcp[0] else "udp", *[(host, int(port)) for host, port in ends])
            if (MARKER, MARKER_PORT) in flow[1]:
                continue
            names = found.setdefault(flow, set())
            for cell in cells[8:]:
                names |= {plain(n) for n in cell.split("|") if is_name(n)}
        return found

    def agree(self):
        """Both see the same in each flow; gives what they see, the events and the flows."""
        ours, events, flows = self.inspect()
        theirs = self.oracle()
        assert ours == theirs, f"inspect: {ours}\ntshark: {theirs}"
        return ours, events, flows

    def says(self, *names):
        """Both see these names, no more; each banned one is an event. Gives the events and the flows."""
        found, events, flows = self.agree()
        assert set().union(*found.values()) == set(names), found
        for name in filter(is_banned, names):
            assert any(e["name"] == name and e["rule"]["name"] in BANNED for e in events), \
                f"no event of {name} in {events}"
        return events, flows


def flow_of(transport, *ends):
    return transport, frozenset(ends)


def plain(text):
    """A name as it is compared: without scheme, port, path and last dot, in small letters."""
    text = re.sub(r"^[a-z]+://", "", text.lower())
    return re.sub(r"(:\d+)?(/.*)?$", "", text).rstrip(".")


def is_name(text):
    """No path, no address."""
    return bool(text) and not text.startswith("/") and not re.fullmatch(r"[0-9.]+|\[?[0-9a-f:]+\]?",
                                                                      plain(text))
