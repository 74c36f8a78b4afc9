#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""gate - a gateway with Ponor inline beside the same gateway without it.

Usage: tests/bench/gate.py [--only bulk,new,rate,kill,tap] [--rounds N] [--seconds N] [--build FOLDER]

In namespaces of its own (road.py). Client, server and what the kernel forwards share one processor,
all of Ponor's processes another. Both gateways are measured in turn.

  bulk   TCP through each gateway, both directions; also packet by packet, as without offload
  new    a new TLS 1.3 connection, until its first answer; and how soon a banned one is reset
  rate   10,000 new connections a second, each with a hello and its answer
  kill   kill -9 of inspectd's parent and of inspect: when traffic follows `bypass:`, both words of it
  tap    mode tap: how soon a banned connection is reset, and what it got before

Exit code 1: a bar was missed.
"""
import argparse
import asyncio
import json
import os
import pathlib
import shutil
import ssl
import statistics
import sys
import tempfile
import time

import road
import talk
from gateway import Gate

PARTS = ["bulk", "new", "rate", "kill", "tap"]
TLS_PORT, FAR_PORT, TCP_PORT, TCP_PORTS = 443, 8443, 9000, 16
ORDINARY, BANNED = "www.good.example", "www.wechat.com"
RATE, RATE_SECONDS = 10_000, 5
PROBE_EVERY, WAIT = .01, 2.5
BULK_LEAST, NEW_MOST_MS, BYPASS_MOST_S = .9, .3, 1.0


def say(text=""):
    print(text, flush=True)


def p99(values):
    return sorted(values)[len(values) * 99 // 100]


class Bench:
    def __init__(self, args):
        self.args, self.missed = args, []
        self.tool = args.build / "tests/bench/connect"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ponor-gate-"))
        self.folder.chmod(0o755)
        self.gate = Gate(self.folder, args.build)

    def bar(self, holds, text):
        say(f"  {text}{'' if holds else '  MISSED'}")
        if not holds:
            self.missed.append(text)

    def prepare(self):
        road.build()
        os.nice(-15)     # others on the machine disturb less
        os.sched_setaffinity(0, {road.PROCESSORS[0]})
        certificate, key = talk.make_certificate(self.folder)
        self.hello, self.answer = talk.opening(certificate, key, ORDINARY)
        self.banned = talk.opening(certificate, key, BANNED)[0]
        for name, said in ("hello", self.hello), ("answer", self.answer):
            (self.folder / name).write_bytes(said)
        with road.at("server"):
            for port, delay in (TLS_PORT, 0), (FAR_PORT, .01):
                road.fork(talk.serve_tls, certificate, key, port, delay)
            road.start("iperf3", "-s")
            road.start(self.tool, "serve", self.folder / "answer", TCP_PORT, TCP_PORTS)
        time.sleep(.5)

    # bulk

    def iperf(self, address, back):
        said = json.loads(road.run("iperf3", "-c", address, "-t", self.args.seconds, "-J",
                                   *["-R"] * back, timeout=self.args.seconds + 30))
        return said["end"]["sum_received"]["bits_per_second"] / 1e9

    def bulk(self):
        say(f"\nBulk TCP, Gbit/s, best (median) of {self.args.rounds} rounds in turn "
            f"(at least {BULK_LEAST:.2f} of the plain gateway; packet by packet no bar):")
        for whole, pieces in (True, "big pieces"), (False, "packets"):
            road.in_one_piece(whole)
            for back, way in (False, "to the server"), (True, "to the client"):
                plain, ponor = [], []
                for _ in range(self.args.rounds):
                    plain.append(self.iperf(road.PLAIN, back))
                    ponor.append(self.iperf(road.PONOR, back))
                a, b = max(plain), max(ponor)
                text = (f"{pieces}, {way}: plain {a:.2f} ({statistics.median(plain):.2f}), Ponor "
                        f"{b:.2f} ({statistics.median(ponor):.2f}), ratio {b / a:.3f}")
                if whole:
                    self.bar(b / a >= BULK_LEAST, text)
                else:
                    say(f"  {text}")
        road.in_one_piece(True)

    # new

    def latencies(self, count):
        plain, ponor = [], []
        for _ in range(count):
            plain.append(talk.new_connection(road.PLAIN, TLS_PORT, ORDINARY))
            ponor.append(talk.new_connection(road.PONOR, TLS_PORT, ORDINARY))
        return plain, ponor

    def control(self):
        """Before Ponor is started both gateways are alike."""
        plain, ponor = self.latencies(self.args.connections)
        self.alike = statistics.median(ponor) - statistics.median(plain)

    def new(self):
        say(f"\nA new TLS 1.3 connection until its first answer, ms, {self.args.connections} in turn "
            f"(at most {NEW_MOST_MS} more; without Ponor the two differ by {self.alike:+.3f}):")
        plain, ponor = self.latencies(self.args.connections)
        added = statistics.median(ponor) - statistics.median(plain)
        self.bar(added <= NEW_MOST_MS, f"median: plain {statistics.median(plain):.3f}, Ponor "
                 f"{statistics.median(ponor):.3f}, added {added:+.3f}")
        say(f"  p99: plain {p99(plain):.3f}, Ponor {p99(ponor):.3f}, "
            f"added {p99(ponor) - p99(plain):+.3f}")
        with road.awake():
            plain, ponor = self.latencies(self.args.connections)
        say(f"  with processors that never halt: plain {statistics.median(plain):.3f}, Ponor "
            f"{statistics.median(ponor):.3f}, added "
            f"{statistics.median(ponor) - statistics.median(plain):+.3f} (no bar: what is left without "
            "the time that a halted processor takes to wake up)")
        self.stopped(TLS_PORT, "inline", True)

    def stopped(self, port, label, all_of_them):
        """Banned connections: how soon each was reset, what it got before."""
        ends = [talk.until_reset(road.PONOR, port, BANNED, 2) for _ in range(self.args.banned)]
        times = [e.ms for e in ends if e.reset]
        median = f"median {statistics.median(times):.3f} ms, p99 {p99(times):.3f}" if times else "-"
        text = (f"{label}: reset {len(times)} of {len(ends)}, {median}; handshakes completed "
                f"{sum(e.handshake for e in ends)}, answers {sum(e.answers for e in ends)}")
        if all_of_them:
            self.bar(len(times) == len(ends) and not any(e.handshake for e in ends), text)
        else:
            say(f"  {text}")

    # rate

    def drive(self, address):
        return json.loads(road.run(self.tool, "drive", self.folder / "hello", address, TCP_PORT,
                                   TCP_PORTS, RATE, RATE_SECONDS, len(self.answer)))

    def rate(self):
        say(f"\n{RATE} new connections a second for {RATE_SECONDS} s, each with a hello of "
            f"{len(self.hello)} bytes and an answer of {len(self.answer)}:")
        before, counted = road.queue_losses(), self.gate.counters()
        for label, address in ("plain", road.PLAIN), ("Ponor", road.PONOR):
            r = self.drive(address)
            text = (f"{label}: {r['rate']:.0f}/s, done {r['done']}, failed {r['failed']}, median "
                    f"{r['p50_us'] / 1000:.3f} ms, p99 {r['p99_us'] / 1000:.3f}, longest "
                    f"{r['max_us'] / 1000:.1f}")
            if label == "plain":
                say(f"  {text}")
            else:
                self.bar(r["failed"] == 0 and r["done"] == RATE * RATE_SECONDS, text)
        after = road.queue_losses()
        self.bar(before == after and len(after) > 0, "queue: dropped for want of room "
                 f"{sum(a for a, _ in after)}, on the way to the program {sum(b for _, b in after)}")
        grown = {k: v - counted.get(k, 0) for k, v in self.gate.counters().items()
                 if k in Gate.COUNTERS and v != counted.get(k, 0)}
        say(f"  inspectd counted: {grown}")

    # kill

    async def probe(self, hello, until, out):
        """A connection every PROBE_EVERY: [(begun, when its answer came or None)]."""
        async def one(number):
            begun = time.monotonic()
            try:
                async with asyncio.timeout(WAIT):
                    reader, writer = await asyncio.open_connection(road.PONOR,
                                                                   TCP_PORT + number % TCP_PORTS)
                    writer.write(hello)
                    got = await reader.read(1)
                    writer.transport.abort()
                    out.append((begun, time.monotonic() if got else None))
            except OSError:
                out.append((begun, None))

        tasks, number = [], 0
        while time.monotonic() < until:
            tasks.append(asyncio.create_task(one(number)))
            number += 1
            await asyncio.sleep(PROBE_EVERY)
        await asyncio.gather(*tasks)

    async def watch_a_kill(self, whom, seconds, again_after):
        """Ordinary and banned probes around a kill; when it was, when it was started again."""
        ordinary, banned = [], []
        begin = time.monotonic()
        probes = [asyncio.create_task(self.probe(h, begin + seconds, o))
                  for h, o in ((self.hello, ordinary), (self.banned, banned))]
        await asyncio.sleep(1)
        killed, again = time.monotonic(), None
        self.gate.kill(whom)
        if again_after:
            await asyncio.sleep(again_after)
            again = time.monotonic()
            self.gate.start(wait=False)
        await asyncio.gather(*probes)
        return killed, again, sorted(ordinary), sorted(banned)

    def kill_one(self, bypass, whom):
        self.gate.configure(mode="inline", bypass=bypass)
        self.gate.start()
        again_after = 3 if whom == "parent" else None
        killed, again, ordinary, banned = asyncio.run(
            self.watch_a_kill(whom, 7 if again_after else 5, again_after))
        label = f"bypass: {bypass}, kill -9 of {whom}"
        limit = again if again else ordinary[-1][0]
        between = [(b, d) for b, d in ordinary if killed <= b <= limit]
        late = [b for b, d in between if d is None or d - b > BYPASS_MOST_S]
        passes = (max(late) - killed + PROBE_EVERY) if late else 0
        if bypass == "open":
            self.bar(passes <= BYPASS_MOST_S, f"{label}: ordinary connections pass again after "
                     f"{passes * 1000:.0f} ms")
        elif whom == "parent":
            through = [b - killed for b, d in between if d is not None and d <= again]
            stands = max(through, default=0)
            self.bar(stands <= BYPASS_MOST_S, f"{label}: the last connection that passed began "
                     f"{stands * 1000:.0f} ms behind it")
        else:
            say(f"  {label}: ordinary connections pass again after {passes * 1000:.0f} ms")
        self.say_banned(label, bypass, killed, again, banned)
        blind = self.gate.blind_events()
        self.bar(len(blind) > 0, f"{label}: the event says blind for "
                 f"{', '.join(f'{b:.0f} ms' for b in blind) or '(there is none)'}")
        self.gate.stop()

    def say_banned(self, label, bypass, killed, again, banned):
        through = [b for b, d in banned if d is not None]
        before = [b for b, d in banned if d is not None and d < killed]
        stopped = (max(through) - (again or killed) + PROBE_EVERY) * 1000 if through else 0
        text = f"{label}: banned connections that passed: {len(through)}"
        if bypass == "closed" or before:
            self.bar(not through, text)
        else:
            say(f"  {text}; stopped again {max(stopped, 0):.0f} ms behind "
                f"{'the new start' if again else 'the kill'}")

    def kill(self):
        say(f"\nkill -9, a connection every {PROBE_EVERY * 1000:.0f} ms (traffic follows `bypass:` "
            f"within {BYPASS_MOST_S:.0f} s; the parent is started again after 3 s):")
        self.gate.stop()
        for bypass in "open", "closed":
            for whom in "parent", "inspect":
                self.kill_one(bypass, whom)

    # tap

    def tap(self):
        self.gate.stop()
        self.gate.configure(mode="tap")
        self.gate.start()
        say(f"\nMode tap, {self.args.banned} banned TLS connections (best effort, no bar):")
        self.stopped(TLS_PORT, "the server answers at once", False)
        self.stopped(FAR_PORT, "the server answers 10 ms later", False)
        self.gate.stop()

    def run(self):
        self.prepare()
        wanted = self.args.only
        if "new" in wanted:
            self.control()
        if {"bulk", "new", "rate"} & set(wanted):
            self.gate.configure(mode="inline", bypass="open")
            self.gate.start()
        for part in wanted:
            getattr(self, part)()


def parts_of(text):
    parts = text.split(",")
    for part in parts:
        if part not in PARTS:
            raise argparse.ArgumentTypeError(f"there is no {part!r}; there are {', '.join(PARTS)}")
    return [p for p in PARTS if p in parts]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", type=parts_of, default=PARTS, help=",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of each transfer")
    parser.add_argument("--connections", type=int, default=1000, help="of `new`, by each gateway")
    parser.add_argument("--banned", type=int, default=200)
    parser.add_argument("--build", type=lambda t: pathlib.Path(t).resolve(),
                        default=pathlib.Path(__file__).resolve().parents[2] / "build")
    args = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("gate: namespaces and the firewall need root")
    for program in "iperf3", "nft", "openssl":
        if shutil.which(program) is None:
            sys.exit(f"gate: {program} is not there: ./dev bench installs it")
    bench = Bench(args)
    say(f"load of the machine: {os.getloadavg()[0]:.1f}; processors: {os.cpu_count()}; "
        f"{ssl.OPENSSL_VERSION}")
    try:
        bench.run()
    finally:
        bench.gate.stop()
        for child in list(road.children):
            road.stop(child)
        shutil.rmtree(bench.folder, ignore_errors=True)
    say("\nAll bars are kept." if not bench.missed else "\nMissed: " + "; ".join(bench.missed))
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
