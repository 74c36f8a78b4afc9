# SPDX-License-Identifier: GPL-3.0-or-later
"""net - the lab's network: clients, a gateway and an Internet, joined by veth to each other only.

Used by matrix.py. The namespaces have no names: they end with the process that made them. Every
thread is in the namespace of its choice, and so is what it starts. Before anything else the lab
leaves the machine's network, and build() refuses to go on if a namespace has a link or a route that
is not the lab's own.

    banned     10.20.0.5  inside0 |         |
    exception  10.30.0.5  inside1 | gateway | outside0  internet: every address that is asked for
    strict     10.40.0.5  inside2 |         |
"""
import ctypes
import json
import os
import pathlib
import sys
import threading

from lab import out

CLONE_NEWNET, CLONE_NEWNS = 0x40000000, 0x20000
libc = ctypes.CDLL(None, use_errno=True)

CLIENTS = ["banned", "exception", "strict"]
LANS = {name: (f"10.{20 + 10 * i}.0", f"2001:db8:{20 + 10 * i}:") for i, name in enumerate(CLIENTS)}
OUTSIDE, OUTSIDE6 = "198.18.255", "2001:db8:ffff:"
ROOTS = ["198.18.0.1", "198.18.0.2"]
# Public resolvers and HTTPDNS as the lists know them, with an IPv6 address each.
RESOLVERS = {"google": ("8.8.8.8", "2001:4860:4860::8888"), "cloudflare": ("1.1.1.1", "2606:4700:4700::1111"),
             "quad9": ("9.9.9.9", "2620:fe::fe"), "opencrypt": ("203.0.113.201", "2001:db8:77::201")}
BUILT_IN = ("203.0.113.66", "2001:db8:66::66")
# What else is the Internet's: whole prefixes, one address for each attempt.
PREFIXES = ["198.51.100.0/24", "203.0.113.0/24", "119.29.29.0/24", "43.132.55.0/24",
            "2001:db8:51::/64", "2001:db8:66::/64", "2001:db8:77::/64"]


def client_address(name, family):
    four, six = LANS[name]
    return f"{four}.5" if family == 4 else f"{six}:5"


def gateway_address(name, family):
    four, six = LANS[name]
    return f"{four}.1" if family == 4 else f"{six}:1"


def leave():
    """Leaves the machine's network for one without anything, and its /etc/resolv.conf."""
    if os.geteuid() != 0:
        print("1..0 # SKIP the lab makes network namespaces and needs root")
        sys.exit(0)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS) != 0:
        print("1..0 # SKIP this kernel gives no network namespace")
        sys.exit(0)
    out("mount", "--make-rprivate", "/")


def resolver_is(folder, addresses):
    """What programs of the lab read as /etc/resolv.conf."""
    (folder / "resolv.conf").write_text("".join(f"nameserver {a}\n" for a in addresses) +
                                        "options timeout:2 attempts:1\n")
    (folder / "hosts").write_text("127.0.0.1 localhost\n")
    for file in "resolv.conf", "hosts":
        out("mount", "--bind", folder / file, pathlib.Path(f"/etc/{file}").resolve())


class Namespace:
    """A network namespace; a thread enters it for good."""

    def __init__(self, name):
        self.name, self.fd = name, None
        self._thread(self._make)

    def _make(self):
        if libc.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "no network namespace")
        self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        out("ip", "link", "set", "lo", "up")

    @staticmethod
    def _thread(function, *words):
        result = []

        def body():
            try:
                result.append((function(*words), None))
            except BaseException as why:   # is raised again by whoever waits
                result.append((None, why))
        t = threading.Thread(target=body, daemon=True)
        t.start()
        t.join()
        value, why = result[0]
        if why is not None:
            raise why
        return value

    @property
    def path(self):
        return f"/proc/{os.getpid()}/fd/{self.fd}"

    def enter(self):
        """The calling thread is here from now on, and whatever it starts."""
        if libc.setns(self.fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {self.name}")

    def call(self, function, *words):
        """function(*words) in this namespace; gives what it gives."""
        def body():
            self.enter()
            return function(*words)
        return self._thread(body)

    def run(self, *argv, **how):
        return self.call(lambda: out(*argv, **how))

    def set(self, **values):
        """sysctl of the network: net_ipv4_ip_forward=1."""
        def write():
            for name, value in values.items():
                parts = name.split("__")
                path = pathlib.Path("/proc/sys/net", *parts)
                if path.exists():
                    path.write_text(f"{value}\n")
        self.call(write)


class Network:
    def __init__(self):
        self.gateway, self.internet = Namespace("gateway"), Namespace("internet")
        self.clients = {name: Namespace(name) for name in CLIENTS}
        self.all = [self.gateway, self.internet, *self.clients.values()]
        self.links = {"gateway": {"lo", "outside0"} | {f"inside{i}" for i in range(len(CLIENTS))},
                      "internet": {"lo", "net0"}, **{name: {"lo", "eth0"} for name in CLIENTS}}

    def build(self):
        for space in self.all:
            space.set(ipv6__conf__all__accept_dad=0, ipv6__conf__default__accept_dad=0,
                      ipv4__conf__all__rp_filter=0, ipv4__conf__default__rp_filter=0,
                      ipv4__tcp_fin_timeout=5, ipv4__icmp_ratelimit=0, ipv6__icmp__ratelimit=0)
        self.gateway.set(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1)
        for i, name in enumerate(CLIENTS):
            self._join(self.gateway, f"inside{i}", self.clients[name], "eth0", *LANS[name], "5")
            # Data in a SYN without a cookie first; what the raw sockets send is not reset.
            self.clients[name].set(ipv4__tcp_fastopen=0x5)
        self._join(self.gateway, "outside0", self.internet, "net0", OUTSIDE, OUTSIDE6, "2")
        self.internet.set(ipv4__tcp_fastopen=0x602, ipv6__ip_nonlocal_bind=1, ipv4__ip_nonlocal_bind=1)
        for prefix in PREFIXES + [f"{a}/{128 if ':' in a else 32}" for pair in RESOLVERS.values()
                                  for a in pair] + [f"{a}/32" for a in ROOTS]:
            self.internet.run("ip", "route", "add", "local", prefix, "dev", "lo")
        for pair in RESOLVERS.values():
            for address in pair:
                self.internet.run("ip", "address", "add", address, "dev", "lo")
        for address in ROOTS:
            self.internet.run("ip", "address", "add", f"{address}/32", "dev", "lo")
        self.check()
        return self

    def _join(self, near, near_link, far, far_link, four, six, host):
        near.run("ip", "link", "add", near_link, "type", "veth", "peer", "name", far_link,
                 "netns", far.path)
        for space, link, last, other in (near, near_link, "1", host), (far, far_link, host, "1"):
            space.run("ip", "address", "add", f"{four}.{last}/24", "dev", link)
            space.run("ip", "address", "add", f"{six}:{last}/64", "dev", link, "nodad")
            space.run("ip", "link", "set", link, "up")
        far.run("ip", "route", "add", "default", "via", f"{four}.1")
        far.run("ip", "-6", "route", "add", "default", "via", f"{six}:1")
        if far is self.internet:
            near.run("ip", "route", "add", "default", "via", f"{four}.{host}")
            near.run("ip", "-6", "route", "add", "default", "via", f"{six}:{host}")

    def check(self):
        """No namespace has a link or a route but the lab's own; refuses otherwise."""
        ids = {os.fstat(s.fd).st_ino for s in self.all}
        if len(ids) != len(self.all) or os.stat("/proc/self/ns/net").st_ino in ids:
            sys.exit("lab: two namespaces are one")
        if json.loads(out("ip", "-j", "link"))[1:] or out("ip", "route").strip():
            sys.exit("lab: the namespace from which it is built has links or routes")
        for space in self.all:
            links = {l["ifname"] for l in json.loads(space.run("ip", "-j", "link"))}
            if links != self.links[space.name]:
                sys.exit(f"lab: {space.name} has links {links}, not {self.links[space.name]}")
            for family in "-4", "-6":
                routes = space.run("ip", "-j", family, "route", "show", "table", "all")
                for route in json.loads(routes):
                    if route.get("dev", "lo") not in links:
                        sys.exit(f"lab: {space.name} has a route that is not the lab's: {route}")
