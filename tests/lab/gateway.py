# SPDX-License-Identifier: GPL-3.0-or-later
"""gateway - Ponor between the lab's clients and its Internet, as an operator would set it up.

Used by matrix.py. The lists are those of blocklists/, and two of the lab's own: addresses that an app
carries in itself, and what nobody looked up. Without Ponor the gateway only routes, and its resolver knows no list.
"""
import json
import re

import lab
from lab import DNSD, INSPECTD, PONOR, ROOT, out
from net import BUILT_IN, LANS, client_address, gateway_address

BUILT_IN_LIST = f"""\
list: built-in
title: WeChat (addresses of the lab)
app: WeChat
authority: Treasury Board of Canada Secretariat, notice of 2023-10-30
ticket: SEC-2023-0117
serial: 1
review_by: 2036-03-31
action: sinkhole
evidence: installed
rules:
  - address: {BUILT_IN[0]}
  - address: "{BUILT_IN[1]}"
"""
UNRESOLVED_LIST = """\
list: unresolved
title: Unknown protocols to addresses that nobody looked up
app: Unknown
authority: "Agency policy on name resolution: devices use the resolver of the network"
ticket: SEC-2026-0031
serial: 1
review_by: 2036-03-31
action: observe
evidence: context
rules:
  - protocol: unresolved
"""
OWN_LISTS = {"built-in": BUILT_IN_LIST, "unresolved": UNRESOLVED_LIST}
LISTS = ["encrypted-dns", "wechat", "kaspersky", *OWN_LISTS]


def configuration(folder, hosts, lists):
    clients = {n: f'[{client_address(n, 4)}, "{client_address(n, 6)}"]' for n in LANS}
    files = {l: (folder if l in OWN_LISTS else ROOT / "blocklists") / f"{l}.yaml" for l in LISTS}
    names = "".join(f"  - {{list: {l}, file: {file}}}\n" for l, file in files.items())
    groups = f"""\
lists:
{names}groups:
  - group: mobile
    clients: {clients['banned']}
    lists: [{', '.join(LISTS)}]
  - group: mission
    clients: {clients['strict']}
    lists: [{', '.join(LISTS)}]
    strict: yes
""" if lists else ""
    listen = ", ".join(f'"{gateway_address(n, f)}@53"' for n in LANS for f in (4, 6))
    return f"""\
gateway: gw-lab
image: {folder}/policy.image
control: {folder}/control.sock
{groups}dnsd:
  listen: [{listen}]
  allow: [10.0.0.0/8, "2001:db8::/32"]
  sinkhole: [10.20.0.99, "2001:db8:20::99"]
  workers: 1
  events:
    folder: {folder}/events
  told: {{file: {folder}/told}}
  recurse:
    root_hints: {hosts.hints}
    trust_anchor: {hosts.anchor}
""" + (f"""\
inspectd:
  mode: inline
  control: {folder}/inspectd.sock
  memory: 64M
  events: {{folder: {folder}/seen}}
  gate:
    inside: [{', '.join(f'inside{i}' for i in range(len(LANS)))}]
    outside: [outside0]
    redirect_dns: yes
    bypass: closed
    patience: 2s
""" if lists else "")


class Gateway:
    def __init__(self, space, folder, hosts, ponor=True):
        self.space, self.folder, self.ponor = space, folder / "gateway", ponor
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.file = self.folder / "ponor.yaml"
        for name, text in OWN_LISTS.items():
            (self.folder / f"{name}.yaml").write_text(text)
        self.file.write_text(configuration(self.folder, hosts, lists=ponor))
        self.inspectd = None

    def start(self):
        self.space.call(self._start)
        return self

    def _start(self):
        self.dnsd = lab.start(DNSD, "-c", self.file, log=self.folder / "dnsd.log")
        lab.until("dnsd is in service", lambda: self.dnsd.poll() is not None or
                  "in service" in out(PONOR, "-c", self.file, "status", check=False), 20)
        assert self.dnsd.poll() is None, self.log("dnsd")
        # The first question of all waits for keys and delegations.
        lab.until("dnsd resolves", lambda: "198.51.100." in out(
            "dig", f"@{gateway_address('strict', 4)}", "+time=2", "+tries=1", "w0s0v4.good.example",
            check=False), 20)
        if self.ponor:
            self.inspectd = lab.start(INSPECTD, "-c", self.file, log=self.folder / "inspectd.log")
            lab.until("inspectd stands in the way", lambda: self.inspectd.poll() is not None or
                      "queue" in out("nft", "list", "table", "inet", "ponor", check=False) and
                      re.search(r"inspect 0.*in service", self.ask("status")), 20)
            assert self.inspectd.poll() is None, self.log("inspectd")

    def ask(self, *words):
        return out(PONOR, "-s", self.folder / "inspectd.sock", *words, check=False)

    def log(self, which):
        path = self.folder / f"{which}.log"
        return path.read_text() if path.exists() else ""

    def stop(self):
        for child in self.inspectd, self.dnsd:
            if child is not None:
                lab.stop(child)
        for which in "dnsd", "inspectd":
            said = self.log(which)
            assert "Sanitizer" not in said and "runtime error" not in said, said

    def events(self):
        """All of both programs, oldest first."""
        found = []
        for file in sorted([*self.folder.glob("events/*.jsonl"), *self.folder.glob("seen/*.jsonl")]):
            for line in file.read_text().splitlines():
                try:
                    found.append(json.loads(line))
                except ValueError:
                    pass    # being written
        return found
