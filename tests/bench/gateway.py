# SPDX-License-Identifier: GPL-3.0-or-later
"""gateway - inspectd on the gateway of road.py: configured, started, killed, asked.

Used by gate.py.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import time

import road

ROOT = pathlib.Path(__file__).resolve().parents[2]
LISTS = ["encrypted-dns", "kaspersky", "tencent", "tiktok", "wechat"]


class Gate:
    # Those of what the gate does that a bench says.
    COUNTERS = ["queued", "flows", "flows_named", "flows_judged", "bypassed", "queue_overruns"]

    def __init__(self, folder, build):
        self.folder, self.programs = folder, build / "dnsd/programs"
        self.file, self.log = folder / "ponor.yaml", folder / "inspectd.log"
        self.events, self.child, self.said_before = folder / "seen", None, 0

    def configure(self, mode, bypass="open"):
        """The policy too; events of before go away."""
        shutil.rmtree(self.events, ignore_errors=True)
        lists = "".join(f"  - list: {l}\n    file: {ROOT}/blocklists/{l}.yaml\n" for l in LISTS)
        self.file.write_text(f"""\
gateway: bench
image: {self.folder}/policy.image
control: {self.folder}/dnsd.sock
lists:
{lists}groups:
  - group: staff
    clients: [{road.CLIENTS}]
    lists: [{', '.join(LISTS)}]
dnsd:
  listen: [127.0.0.1@5300]
  allow: [127.0.0.0/8]
  recurse:
    trust_anchor: ""
inspectd:
  mode: {mode}
  control: {self.folder}/inspectd.sock
  {'interfaces: [inside0]' if mode == 'tap' else ''}
  gate:
    inside: [inside0]
    outside: [outside0]
    bypass: {bypass}
  events:
    folder: {self.events}
""")
        road.run(self.programs / "ponor", "-c", self.file, "compile")

    def start(self, wait=True):
        processor = road.PROCESSORS[-1]
        with road.at("ponor"), open(self.log, "ab") as log:
            self.said_before = log.tell()
            self.child = road.start("taskset", "-c", processor, self.programs / "inspectd", "-c",
                                    self.file, log=log)
        limit = time.monotonic() + 20
        while wait and not self.in_service():
            if self.child.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"inspectd did not start:\n{self.log.read_text()}")
            time.sleep(.05)

    def stop(self):
        if self.child is not None:
            road.stop(self.child)
            self.child = None

    def ask(self, *words):
        return road.run(self.programs / "ponor", "-s", self.folder / "inspectd.sock", *words,
                        check=False)

    def in_service(self):
        """What it says to systemd, it says to its log."""
        said = self.log.read_bytes()[self.said_before:]
        return b"inspectd: judging" in said or b"inspectd: watching" in said

    def counters(self):
        lines = [l.split() for l in self.ask("counters").splitlines()]
        return {l[0]: int(l[1]) for l in lines if len(l) == 2 and l[1].isdigit()}

    def kill(self, whom):
        if whom == "parent":
            os.kill(self.child.pid, signal.SIGKILL)
            self.child.wait()
            return
        pids = re.findall(rf"^\s*(\d+) inspectd: {whom} ", road.run(
            "ps", "-o", "pid=,args=", "--ppid", self.child.pid), re.M)
        for pid in pids:
            os.kill(int(pid), signal.SIGKILL)

    def blind_events(self):
        """Milliseconds for which each such event says that nothing was seen."""
        found = []
        for file in sorted(self.events.glob("*.jsonl")):
            for line in file.read_text().splitlines():
                event = json.loads(line).get("event", {})
                if event.get("action") == "blind":
                    found.append(event.get("duration", 0) / 1e6)
        return found
