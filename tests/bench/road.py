# SPDX-License-Identifier: GPL-3.0-or-later
"""road - a client, a server, and two gateways alike between them, in network namespaces of their own.

Used by gate.py. One gateway is for Ponor, the other is the one it is compared with: which of them a
connection takes, the server's address says. Both translate addresses, as gateways do.

                  10.99.0.0/24   +-------+   198.18.0.0/24
        +--------+---------------| plain |---------------+--------+
        | client |               +-------+               | server |
        +--------+---------------| ponor |---------------+--------+
                  10.99.1.0/24   +-------+   198.18.1.0/24

There is nothing but these four links, which is checked; no route leads out of it. Namespaces and links
go away with this process, which never sees the machine's own network again.
"""
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "system"))

from lab import children, stop

PLAIN, PONOR = "198.18.0.2", "198.18.1.2"       # the server, by way of each gateway (RFC 2544)
PROCESSORS = sorted(os.sched_getaffinity(0))
GATEWAYS = ["plain", "ponor"]
HOSTS = ["client", "server", *GATEWAYS]
CLIENTS = "10.99.0.0/16"
CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
SIOCETHTOOL, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO = 0x8946, 0x1f, 0x24, 0x2c

libc = ctypes.CDLL(None, use_errno=True)
spaces = {}


def run(*argv, check=True, timeout=60, stdin=None):
    r = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=timeout,
                       input=stdin)
    if check and r.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, argv))}: {r.returncode}\n{r.stdout}{r.stderr}")
    return r.stdout


def go(host):
    if libc.setns(spaces[host], CLONE_NEWNET) != 0:
        sys.exit(f"road: cannot go to {host}: {os.strerror(ctypes.get_errno())}")


@contextlib.contextmanager
def at(host):
    """Sockets and programs of the block are in the host's network. Everything else is the client's."""
    go(host)
    try:
        yield
    finally:
        go("client")


def with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(*argv, log=subprocess.DEVNULL):
    child = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=log,
                             stderr=log, preexec_fn=with_parent)
    children.append(child)
    return child


@contextlib.contextmanager
def awake():
    """While somebody with nothing to do keeps the processors from halting."""
    def idle(processor):
        os.sched_setaffinity(0, {processor})
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        while True:
            pass
    pids = [fork(idle, p) for p in PROCESSORS]
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def fork(function, *args):
    """A process of ours that does nothing but this."""
    pid = os.fork()
    if pid == 0:
        with_parent()
        try:
            function(*args)
        finally:
            os._exit(1)
    return pid


def set_kernel(name, value):
    pathlib.Path("/proc/sys/net", name).write_text(f"{value}\n")


def make_spaces():
    for host in HOSTS:
        if libc.unshare(CLONE_NEWNET) != 0:
            sys.exit(f"road: no network namespace: {os.strerror(ctypes.get_errno())}")
        spaces[host] = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        run("ip", "link", "set", "lo", "up")
    go("client")


def link(host, name, address, other, other_name, other_address):
    with at(host):
        run("ip", "link", "add", "name", name, "type", "veth", "peer", "name", other_name, "netns",
            f"/proc/{os.getpid()}/fd/{spaces[other]}")
        run("ip", "address", "add", address, "dev", name)
        run("ip", "link", "set", name, "up")
    with at(other):
        run("ip", "address", "add", other_address, "dev", other_name)
        run("ip", "link", "set", other_name, "up")


def check_that_nothing_leads_out():
    for host, links in ("client", 2), ("server", 2), ("plain", 2), ("ponor", 2):
        with at(host):
            there = [l for l in json.loads(run("ip", "-j", "-d", "link")) if l["ifname"] != "lo"]
            kinds = [l.get("linkinfo", {}).get("info_kind") for l in there]
            routes = run("ip", "route") + run("ip", "-6", "route")
            if kinds != ["veth"] * links or "default" in routes:
                sys.exit(f"road: {host} has more than its links: {kinds} {routes}")


def build():
    """Afterwards the process is in the client's network."""
    make_spaces()
    for n, gateway in enumerate(GATEWAYS):
        link("client", f"to_{gateway}", f"10.99.{n}.2/24", gateway, "inside0", f"10.99.{n}.1/24")
        link(gateway, "outside0", f"198.18.{n}.1/24", "server", f"from_{gateway}",
             f"198.18.{n}.2/24")
        run("ip", "route", "add", f"198.18.{n}.0/24", "via", f"10.99.{n}.1")
        with at(gateway):
            set_kernel("ipv4/ip_forward", 1)
            run("nft", "-f", "-", stdin="""\
table ip translate {
    chain postrouting {
        type nat hook postrouting priority srcnat
        oifname "outside0" masquerade
    }
}
""")
    for host in "client", "server":
        with at(host):
            set_kernel("ipv4/ip_local_port_range", "1024 65535")
    check_that_nothing_leads_out()


def in_one_piece(yes):
    """Whether links carry big packets in one piece, as network cards do, or each by itself."""
    for host in HOSTS:
        with at(host), socket.socket() as s:
            for l in json.loads(run("ip", "-j", "link")):
                for command in (ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO) * (l["ifname"] != "lo"):
                    value = ctypes.create_string_buffer(struct.pack("II", command, yes))
                    fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sP", l["ifname"].encode(),
                                                            ctypes.addressof(value)))


def queue_losses():
    """What Ponor's gateway's queues dropped since they were opened: for want of room, and on the way
    to the program; [] where there is no queue."""
    with at("ponor"):
        lines = pathlib.Path("/proc/thread-self/net/netfilter/nfnetlink_queue").read_text()
    return [(int(f[5]), int(f[6])) for f in map(str.split, lines.splitlines())]
