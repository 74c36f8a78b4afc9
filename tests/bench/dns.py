#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""dns - dnsd beside other servers, in one run on one machine, as ratios.

Usage: tests/bench/dns.py [--peers echo,ponor,...] [--phases cached,sinkhole,clean,miss,list]
                          [--rounds N] [--seconds N] [--domains N] [--events]

Compare CPU microseconds per answer (all processes of a server together), not queries per second: the
load generator shares the machine. `x echo` divides by what the kernel's UDP alone costs in the same
run. Rounds are interleaved over the servers. All traffic stays on 127.0.0.1.
"""
import argparse
import json
import os
import pathlib
import random
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import names
from peers import BUILD, PEERS, Upstream

WANTED = {"cached": None, "sinkhole": 3, "clean": None, "miss": None}


def ask(port, name, timeout=.2):
    """The rcode of an A query, None without an answer."""
    query = struct.pack(">HHHHHH", random.getrandbits(16), 0x100, 1, 0, 0, 0) + b"".join(
        bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        try:
            s.connect(("127.0.0.1", port))
            s.send(query)
            return s.recv(4096)[3] & 15
        except OSError:
            return None


def memory(pids):
    """Proportional set size of all, in MiB: shared pages counted once."""
    total = 0
    for pid in pids:
        try:
            for line in open(f"/proc/{pid}/smaps_rollup"):
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total / 1024


class Bench:
    def __init__(self, args):
        self.args, self.results = args, {}
        self.folder = tempfile.mkdtemp(prefix="ponor-bench-")
        self.data = pathlib.Path(tempfile.gettempdir()) / f"ponor-bench-names-{args.domains}"
        names.make(self.data, args.domains)
        self.port = 20000 + os.getpid() % 200 * 40
        self.upstream = self.make(Upstream, cpu=1)
        self.upstream.start()

    def make(self, kind, cpu=0):
        self.port += 1
        upstream = self.upstream.port if hasattr(self, "upstream") else self.port
        return kind(f"{self.folder}/{kind.name}-{self.port}", self.port, upstream, cpu)

    def started(self, block):
        """Starts every wanted server and waits until it answers and, with a list, blocks."""
        out = []
        for kind in (PEERS[p] for p in self.args.peers):
            if block and kind.name != "echo" and not kind.blocks:
                continue
            peer = self.make(kind)
            peer.prepare(block)
            peer.start()
            began = time.monotonic()
            canary = names.LOADED if block and kind.blocks else None
            first, unfiltered = None, 0.0
            while time.monotonic() - began < 300 and peer.child.poll() is None:
                if kind.name == "echo":
                    time.sleep(.3)
                    break
                code = ask(peer.port, canary or "www.ready.example")
                if code is not None and first is None:
                    first = time.monotonic()
                if code == 3 or (code is not None and canary is None):
                    break
                if code == 0:
                    unfiltered = time.monotonic() - first
                time.sleep(.005)
            if peer.child.poll() is not None:
                sys.exit(f"{kind.name} did not start: see {peer.work}/log")
            if block and kind.blocks:
                self.note(kind.name, "loaded, s", time.monotonic() - began)
                self.note(kind.name, "unfiltered at start, s", unfiltered)
                self.note(kind.name, "memory with list, MiB", memory(peer.pids()))
            out.append(peer)
        return out

    def note(self, peer, what, value):
        self.results.setdefault(what, {}).setdefault(peer, []).append(value)

    def load(self, peer, queries, *options, background=False):
        argv = ["taskset", "-c", "1", str(BUILD / "tests/bench/load"), "--target",
                f"127.0.0.1@{peer.port}", "--queries", str(self.data / queries), "--pids",
                ",".join(map(str, peer.pids())), *map(str, options)]
        if background:
            return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)

    def measure(self, peers, phase, queries, *options, warm=False):
        for number in range(self.args.rounds):
            for peer in peers[number % len(peers):] + peers[:number % len(peers)]:
                if phase == "miss" and peer.name == "echo":
                    continue
                if warm and peer.name != "echo":
                    self.load(peer, queries, "--seconds", 1, "--outstanding", 64)
                r = self.load(peer, queries, "--seconds", self.args.seconds, *options)
                self.note(peer.name, f"{phase}, us", r["cpu_us"])
                self.note(peer.name, f"{phase}, q/s", r["qps"])
                wanted = "nxdomain" if WANTED[phase] == 3 else "noerror"
                if peer.name != "echo" and r[wanted] < .99 * r["answered"]:
                    print(f"{peer.name} {phase}: answers are not {wanted}: {r}", file=sys.stderr)

    def stop(self, peers):
        for peer in peers:
            peer.stop()

    def run_empty(self, phases):
        peers = self.started(None)
        if "cached" in phases:
            self.measure(peers, "cached", "clean.q", warm=True)
        if "miss" in phases:
            self.measure(peers, "miss", "clean.q", "--unique", "--outstanding", 64)
        for peer in peers:
            self.note(peer.name, "memory without list, MiB", memory(peer.pids()))
        self.stop(peers)

    def run_list(self, phases):
        peers = self.started(self.data / "block.txt")
        if "sinkhole" in phases:
            self.measure(peers, "sinkhole", "sink.q")
        if "clean" in phases:
            self.measure(peers, "clean", "clean.q", warm=True)
        if "list" in phases:
            for peer in peers:
                if peer.reloads:
                    self.reload(peer)
        self.stop(peers)

    def reload(self, peer):
        """Another list under a steady 20,000 queries a second."""
        peer.prepare(self.data / "block2.txt")
        self.load(peer, "mix.q", "--seconds", 2, "--outstanding", 64)
        load = self.load(peer, "mix.q", "--seconds", self.args.reload_seconds, "--rate", 20000,
                         "--outstanding", 2048, background=True)
        time.sleep(1)
        began = time.monotonic()
        if os.fork() == 0:
            peer.reload()
            os._exit(0)
        took = None
        while load.poll() is None:
            if took is None and ask(peer.port, f"x{random.getrandbits(30)}.{names.RELOADED}") == 3:
                took = time.monotonic() - began
            time.sleep(.02)
        os.wait()
        r = json.loads(load.communicate()[0])
        self.note(peer.name, "reload, s", took if took is not None else float("nan"))
        self.note(peer.name, "reload, lost", r["lost"])
        self.note(peer.name, "reload, longest silence, ms", r["silence_ms"])
        self.note(peer.name, "memory after reload, MiB", memory(peer.pids()))

    def table(self):
        order = [p for p in self.args.peers]
        print("| |" + "|".join(order) + "|\n|---|" + "---:|" * len(order))
        for what, by_peer in self.results.items():
            floor = statistics.median(by_peer.get("echo", [0]))
            cells = []
            for peer in order:
                if peer not in by_peer:
                    cells.append("")
                    continue
                value = statistics.median(by_peer[peer])
                text = f"{value:.0f}" if value >= 100 else f"{value:.2f}"
                ratio = what.endswith(", us") and floor and peer != "echo"
                cells.append(text + (f" ({value / floor:.2f}x)" if ratio else ""))
            print(f"|{what}|" + "|".join(cells) + "|")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    split = lambda text: text.split(",")
    parser.add_argument("--peers", type=split, default=list(PEERS))
    parser.add_argument("--phases", type=split,
                        default=["cached", "sinkhole", "clean", "miss", "list"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--reload-seconds", type=float, default=45)
    parser.add_argument("--domains", type=int, default=1000000)
    args = parser.parse_args()
    bench = Bench(args)
    try:
        if {"cached", "miss"} & set(args.phases):
            bench.run_empty(args.phases)
        if {"sinkhole", "clean", "list"} & set(args.phases):
            bench.run_list(args.phases)
    finally:
        bench.upstream.stop()
    bench.table()
    subprocess.run(["rm", "-r", bench.folder])


main()
