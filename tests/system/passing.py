# SPDX-License-Identifier: GPL-3.0-or-later
"""passing - a gateway with inspectd on it, clients before it and servers behind it.

Used by test_gate.py. The network is the one of tests/lab/net.py: no namespace has a link or a route
but to the others, which is checked. Servers answer on every address of the Internet, and say how each
connection ended for them.
"""
import pathlib
import re
import socket
import ssl
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))

import lab
import net
import unit
from lab import PONOR, out

ROLES = ["inspect", "record", "gate"]
INSPECT, RECORD, GATE, GROUP = 62000, 62001, 62002, 62100
BANNED, ORDINARY = "www.wechat.com", "www.good.example"
MMTLS = bytes.fromhex("16f10300a6000000a20103f1") + bytes(0xa6 + 5 - 12)
LISTS = lab.LISTS + "  - protocol: mmtls\n"
# Connections need not wait for each other, nor for slow machines.
PATIENCE = 20

net.leave()
folder = lab.scratch()
unit.add_users(folder, "inspectd", ROLES, INSPECT)
network = net.Network().build()
client, internet, gateway = network.clients["banned"], network.internet, network.gateway
as_the_unit = unit.as_unit("ponor-inspectd", GROUP)


class Gate(unit.Inspectd):
    """inspectd on the gateway, with a configuration of its own."""

    def __init__(self, name, gate="", mode="inline", extra="", protect="", through=as_the_unit,
                 sides="inside: [inside0, inside1], outside: [outside0]"):
        home = folder / name
        home.mkdir()
        super().__init__(home, lab.config(home, "  recurse: {trust_anchor: ''}\n", lists=LISTS) +
                         protect, f"""\
  mode: {mode}
{extra}  gate: {{{', '.join(part for part in (sides, gate) if part)}}}
""", through)
        self.lists = home / "wechat.yaml"

    def launch(self, *options):
        self.compile()
        return gateway.call(super().launch, *options)

    def add_rule(self, rule):
        """A new policy, compiled."""
        text = self.lists.read_text()
        serial = int(re.search(r"^serial: (\d+)", text, re.M).group(1))
        self.lists.write_text(text.replace(f"serial: {serial}", f"serial: {serial + 1}") +
                              f"  - {rule}\n")
        self.compile()

    def remove(self):
        self.ponor("firewall", "--remove")

    def ponor(self, *words, check=True):
        return gateway.run(PONOR, "-c", self.file, *words, check=check)

    def held(self):
        """What stands in `ponor firewall --status` of what is held, a line each."""
        said = self.ponor("firewall", "--status").split("\n\n")
        return [l for l in said[1].splitlines()[1:]] if said[1].startswith("WHAT") else []

    def is_back(self, role, before):
        """Whether a successor is in service."""
        return self.roles().get(role) not in (None, before) and \
            re.search(rf"^{role} .* in service", self.ask("status"), re.M)


def in_set(name):
    """The elements of one of the sets that gate fills, as nft lists them."""
    said = gateway.run("nft", "list", "set", "inet", "ponor", name, check=False)
    m = re.search(r"elements = \{(.*?)\}", said, re.S)
    return [" ".join(e.split()) for e in m.group(1).split(",")] if m else []


# Servers.

class Servers:
    """TLS on 443; on 8080 whoever connects is heard. How it ended, by the client's address."""

    def __init__(self):
        out("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj",
            "/CN=lab.example")
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.ends = {}
        internet.call(self._listen)

    def _listen(self):
        for port in 443, 8080:
            for family in socket.AF_INET, socket.AF_INET6:
                s = socket.socket(family)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                s.bind(("", port))
                s.listen(128)
                threading.Thread(target=self._accept, args=(s, port), daemon=True).start()

    def _accept(self, s, port):
        while True:
            peer, address = s.accept()
            threading.Thread(target=self._serve, args=(peer, address[:2], port), daemon=True).start()

    def _serve(self, peer, address, port):
        try:
            peer.settimeout(60)
            if port == 443:
                peer = self.tls.wrap_socket(peer, server_side=True)
            data = peer.recv(4096)
            if data:
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n")
            self.ends[address] = f"{len(data)} bytes"
        except ConnectionResetError:
            self.ends[address] = "reset"
        except OSError as why:
            self.ends[address] = f"{why}"
        finally:
            peer.close()

    def end(self, address):
        return lab.until(f"the end of {address} at the server", lambda: self.ends.get(address))


# Clients: each says how it went, and from where it came.

def connect(host, say, port):
    try:
        with socket.create_connection((host, port), timeout=PATIENCE) as s:
            end = s.getsockname()[:2]
            try:
                return say(s), end
            except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
                return "reset", end    # whichever call of Python's finds it first
            except TimeoutError:
                return "silence", end
    except ConnectionRefusedError:
        return "refused", None
    except TimeoutError:
        return "silence", None


def says_hello(name):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def say(s):
        with context.wrap_socket(s, server_hostname=name) as t:
            t.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return "works" if t.recv(4096).endswith(b"hi\n") else "ends"
    return say


def says(data):
    def say(s):
        s.sendall(data)
        return "works" if s.recv(4096) else "ends"
    return say


def hello(name, host, port=443, space=client):
    """A connection by TLS: "works", "reset", "refused" or "silence", and the client's end of it."""
    return space.call(connect, host, says_hello(name), port)


def raw(data, host, port=8080, space=client):
    """The same with bytes as they are."""
    return space.call(connect, host, says(data), port)


def works(name, host, **how):
    said = hello(name, host, **how)[0]
    assert said == "works", (name, host, said)


def is_reset(name, host, **how):
    said, end = hello(name, host, **how)
    assert said == "reset", (name, host, said)
    return end


def datagram(data, host, port=443):
    """Sent from a connected socket, twice if need be; gives what came back, or an error's name."""
    def send():
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.settimeout(PATIENCE)
            s.connect((host, port))
            try:
                s.send(data)
                return s.recv(2048)
            except OSError as why:
                return type(why).__name__
    return client.call(send)


class Stream:
    """New ordinary connections, so many a second, until stop(); gives how each went."""

    def __init__(self, host, rate):
        self.host, self.rate, self.stopped = host, rate, threading.Event()
        self.said, self.threads = [], []
        client.call(self._begin)

    def _begin(self):
        self.main = threading.Thread(target=self._run, daemon=True)
        self.main.start()

    def _run(self):
        begin, count = time.monotonic(), 0
        while not self.stopped.is_set():
            t = threading.Thread(target=self._one, daemon=True)
            t.start()
            self.threads.append(t)
            count += 1
            time.sleep(max(0, begin + count / self.rate - time.monotonic()))

    def _one(self):
        try:
            self.said.append(connect(self.host, says_hello(ORDINARY), 443)[0])
        except OSError as why:
            self.said.append(type(why).__name__)

    def stop(self):
        self.stopped.set()
        self.main.join()
        for t in self.threads:
            t.join(2 * PATIENCE)
        return self.said
