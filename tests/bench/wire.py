#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""wire - the packet inspector alone, and whole programs beside it on the same captures.

Usage: tests/bench/wire.py [--kinds mix,tls,...] [--folder FOLDER] [--build FOLDER]

Captures are made first, in a memory file system when it has room, and removed at the end; in a
--folder they stay, and are taken when they are there. The inspector alone reads them
from memory, on one core, best of three rounds; then memory is weighed with two budgets; then
`ponor inspect`, ndpiReader and tshark read the same file, by the processor time of each. tshark
keeps all it has seen, so it gets the first 100 MB; the others get that part as well. Exit code 1: a
bar of the inspector was missed.
"""
import argparse
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ["mix", "tls", "quic", "syn", "million", "stall"]
WEIGHED = ["quic", "syn", "million", "stall"]
BUDGETS = [128 << 20, 512 << 20]
PART, ROOM, LIMIT = 100_000_000, 9 << 30, 600
LISTS = ["encrypted-dns", "kaspersky", "tencent", "tiktok", "wechat"]
BARS = {"mix": ("M packets/s", 1.5), "tls": ("flows/s", 150_000), "quic": ("us an Initial", 20)}


def say(text=""):
    print(text, flush=True)


class Bench:
    def __init__(self, args):
        self.build = pathlib.Path(args.build)
        self.tool = self.build / "tests/bench/inspect"
        self.ponor = self.build / "dnsd/programs/ponor"
        self.kinds = args.kinds
        self.folder = pathlib.Path(args.folder or self.place())
        self.config, self.image = self.folder / "bench.yaml", self.folder / "policy.image"
        self.missed = []

    @staticmethod
    def place():
        shm = pathlib.Path("/dev/shm")
        room = shm.is_dir() and shutil.disk_usage(shm).free > ROOM
        return tempfile.mkdtemp(prefix="ponor-bench-", dir=shm if room else None)

    def prepare(self):
        lists = "".join(f"  - list: {l}\n    file: {ROOT}/blocklists/{l}.yaml\n" for l in LISTS)
        self.config.write_text(
            f"gateway: bench\nimage: {self.image}\nlists:\n{lists}groups:\n  - group: staff\n"
            f"    clients: [10.0.0.0/8, \"2001:db8:1::/48\"]\n    lists: [{', '.join(LISTS)}]\n"
            f"dnsd:\n  listen: [127.0.0.1@5300]\n  allow: [127.0.0.0/8]\n"
            f"  recurse:\n    trust_anchor: \"\"\n")
        subprocess.run([self.ponor, "-c", self.config, "compile", "-o", self.image], check=True,
                       stdout=subprocess.DEVNULL)
        for kind in self.kinds:
            file = self.file(kind)
            if not file.exists():
                subprocess.run([self.tool, "generate", kind, file], check=True, timeout=LIMIT)
            say(f"  {kind:8} {file.stat().st_size / 1e6:7.0f} MB")

    def file(self, kind):
        return self.folder / f"{kind}.pcap"

    def measure(self, word, kind, *more):
        out = subprocess.run([self.tool, word, self.file(kind), *map(str, more), self.image],
                             check=True, timeout=LIMIT, stdout=subprocess.PIPE, text=True).stdout
        return [json.loads(line) for line in out.splitlines()]

    def bar(self, holds, text):
        if not holds:
            self.missed.append(text)
        return "" if holds else "  MISSED"

    def speed(self):
        say("\nThe inspector alone, one core, from memory, best of three rounds:")
        say("kind      packets      ns/packet  M packets/s  Gbit/s   flows/s  us/flow  events"
            "  named  no name")
        best = {}
        for kind in self.kinds:
            rounds = self.measure("time", kind)
            r = best[kind] = min(rounds, key=lambda r: r["seconds"])
            s, p, f = r["seconds"], r["packets"], r["flows"]
            say(f"{kind:8} {p:8d} {s / p * 1e9:14.0f} {p / s / 1e6:12.2f} "
                f"{r['bytes'] * 8 / s / 1e9:7.1f} {f / s:9.0f} {s / f * 1e6:8.2f} {r['events']:7d} "
                f"{r['named']:6d} {r['unnamed']:8d}")
        values = {"mix": lambda r: r["packets"] / r["seconds"] / 1e6,
                  "tls": lambda r: r["flows"] / r["seconds"],
                  "quic": lambda r: r["seconds"] / r["packets"] * 1e6}
        for kind, (unit, bar) in BARS.items():
            if kind in best:
                value = values[kind](best[kind])
                holds = value <= bar if kind == "quic" else value >= bar
                text = f"{kind}: {value:.1f} {unit}, the bar is {bar}"
                say(f"  {text}{self.bar(holds, text)}")

    def weigh(self):
        kinds = [k for k in self.kinds if k in WEIGHED]
        if not kinds:
            return
        say("\nMemory, read in parts (MiB; at most the budget and 5 %):")
        say("kind      budget   peak  of it before  over start  flows now  evicted  no room"
            "  bytes/flow")
        for kind in kinds:
            for budget in BUDGETS:
                r = self.measure("memory", kind, budget)[0]
                grown = r["peak"] - r["before"]
                text = f"{kind}: {r['peak'] >> 20} MiB of {budget >> 20}"
                missed = self.bar(r["peak"] <= budget * 1.05 and r["flow_bytes"] <= 512, text)
                say(f"{kind:8} {budget >> 20:7d} {r['peak'] / 2**20:6.0f} "
                    f"{r['before'] / 2**20:15.1f} {grown / budget * 100:10.0f}% "
                    f"{r['flows_now']:10d} {r['evicted']:8d} {r['refused']:8d} "
                    f"{r['flow_bytes']:5d} ({grown / r['flows_now']:.0f} all){missed}")

    def part(self, kind):
        """The first packets of a file, about PART bytes; their number."""
        out, count = self.folder / f"{kind}.part.pcap", 0
        with open(self.file(kind), "rb") as whole, open(out, "wb") as part:
            part.write(whole.read(24))
            while part.tell() < PART and len(header := whole.read(16)) == 16:
                part.write(header + whole.read(struct.unpack("<I", header[8:12])[0]))
                count += 1
        return out, count

    def whole_program(self, name, command, packets):
        """Nanoseconds of processor time for each packet, and resident memory; None without it."""
        if shutil.which(command[0]) is None:
            say(f"  {name} is not there: skipped")
            return None
        process = subprocess.Popen(["timeout", str(LIMIT), *map(str, command)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            say(f"  {name} ended with {process.returncode}: skipped")
            return None
        return (used.ru_utime + used.ru_stime) / packets * 1e9

    def programs(self):
        say("\nWhole programs, ns of processor time for each packet (x: as much as ponor inspect):")
        say(f"{'kind':10} {'packets':>8} {'ponor inspect':>14} {'ndpiReader':>18} {'tshark':>18}")
        for kind in [k for k in self.kinds if k in ("mix", "tls", "quic")]:
            whole = self.measure("time", kind)[0]["packets"]
            part, count = self.part(kind)
            for file, packets, label in [(self.file(kind), whole, kind), (part, count, "  part")]:
                ours = [self.ponor, "-c", self.config, "inspect", file, "--json", "--image",
                        self.image]
                rows = [("ponor inspect", ours),
                        ("ndpiReader", ["ndpiReader", "-i", file, "-q"])]
                if label != kind:
                    rows.append(("tshark", ["tshark", "-n", "-r", file, "-q", "-T", "fields", "-e",
                                            "tls.handshake.extensions_server_name"]))
                costs = [self.whole_program(name, command, packets) for name, command in rows]
                cells = [f"{costs[0]:14.0f}" if costs[0] else f"{'-':>14}"]
                for cost in costs[1:]:
                    ratio = f"(x {cost / costs[0]:.1f})" if cost and costs[0] else ""
                    cells.append(f"{cost:8.0f} {ratio:>9}" if cost else f"{'-':>18}")
                say(f"{label:10} {packets:8d} " + " ".join(cells))
            part.unlink()


def kinds_of(text):
    kinds = text.split(",")
    for kind in kinds:
        if kind not in KINDS:
            raise argparse.ArgumentTypeError(f"there is no {kind!r}; there are {', '.join(KINDS)}")
    return kinds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kinds", type=kinds_of, default=KINDS, help=",".join(KINDS))
    parser.add_argument("--folder", help="where captures are, or are made and left")
    parser.add_argument("--build", default=ROOT / "build")
    args = parser.parse_args()
    for option, folder in [("--folder", args.folder), ("--build", args.build)]:
        if folder is not None and not pathlib.Path(folder).is_dir():
            parser.error(f"{option}: {folder} is no folder")
    bench = Bench(args)
    for program in (bench.tool, bench.ponor):
        if not program.exists():
            parser.error(f"{program} is not there: ninja -C {bench.build}")
    say(f"load of the machine: {os.getloadavg()[0]:.1f}; captures in {bench.folder}")
    try:
        bench.prepare()
        bench.speed()
        bench.weigh()
        bench.programs()
    finally:
        if args.folder is None:
            shutil.rmtree(bench.folder, ignore_errors=True)
    say("\nAll bars are kept." if not bench.missed else "\nMissed: " + "; ".join(bench.missed))
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
