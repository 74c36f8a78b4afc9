# SPDX-License-Identifier: GPL-3.0-or-later
"""peers - how each server is started, given a list, and told to load another.

Used by dns.py. One class a server; adding one is one class and its word in PEERS. Every server runs
one worker, forwards to the same local authoritative server, answers on 127.0.0.1 only, and blocks a
listed name and all below it with NXDOMAIN.
"""
import os
import pathlib
import shutil
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"


def tree(pid):
    """A process and its descendants."""
    pids = [pid]
    for p in pids:
        try:
            pids += [int(c) for c in
                     pathlib.Path(f"/proc/{p}/task/{p}/children").read_text().split()]
        except OSError:
            pass
    return pids


class Peer:
    name = ""
    blocks = reloads = True

    def __init__(self, work, port, upstream, cpu):
        self.work, self.port, self.upstream, self.cpu = pathlib.Path(work), port, upstream, cpu
        self.work.mkdir(parents=True, exist_ok=True)
        self.child = None

    def launch(self, *argv):
        self.child = subprocess.Popen(["taskset", "-c", str(self.cpu), *map(str, argv)],
                                      stdout=open(self.work / "log", "ab"), cwd=self.work,
                                      stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def pids(self):
        return tree(self.child.pid)

    def stop(self):
        if self.child:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def prepare(self, block):
        """Converts a list (or None) to what the server reads; not timed."""
        shutil.copy(block or "/dev/null", self.work / "next")

    def activate(self, name):
        os.replace(self.work / "next", self.work / name)


class Echo(Peer):
    """Batched UDP echo: the kernel's share of everybody's cost."""
    name = "echo"
    blocks = reloads = False

    def start(self):
        self.launch(BUILD / "tests/bench/echo", self.port)


class Ponor(Peer):
    """From the domain list; events are written, one of `sample`."""
    name = "ponor"
    sample = 1
    from_image = False

    def config(self):
        listed = (f"lists:\n  - {{list: bench, file: {self.work}/block.txt, format: domains, "
                  "title: Bench, app: Bench, action: nxdomain}\n")
        return f"""\
gateway: bench
image: {self.work}/policy.image
control: {self.work}/control.sock
groups:
  - group: all
    clients: [127.0.0.0/8]
    lists: [bench]
{listed}max_change: 100%
dnsd:
  listen: [127.0.0.1@{self.port}]
  workers: 1
  resolvers: 1
  mode: forward
  forward:
    to: [127.0.0.1@{self.upstream}]
  cache:
    size: 256M
  events:
    folder: {self.work}/events
    sample: {self.sample}
    quota: 8G
"""

    def start(self):
        self.activate("block.txt")
        (self.work / "events").mkdir(exist_ok=True)
        (self.work / "ponor.yaml").write_text(self.config())
        if not self.from_image:
            (self.work / "policy.image").unlink(missing_ok=True)
        self.launch(BUILD / "dnsd/programs/dnsd", "-c", self.work / "ponor.yaml")

    def reload(self):
        self.activate("block.txt")
        subprocess.run([BUILD / "dnsd/programs/ponor", "-c", self.work / "ponor.yaml", "reload"],
                       check=True, stdout=subprocess.DEVNULL)


class PonorSampled(Ponor):
    name, sample = "ponor-sampled", 1000


class Dnsdist(Peer):
    name = "dnsdist"

    def rule(self):
        self.activate("block.txt")
        return f"""
loaded = false
function load()
  local tree = newSuffixMatchNode()
  for line in io.lines("{self.work}/block.txt") do tree:add(newDNSName(line)) end
  addAction(SuffixMatchNodeRule(tree, true), RCodeAction(DNSRCode.NXDOMAIN))
  if loaded then rmRule(0) end
  loaded = true
end
load()
"""

    def start(self):
        (self.work / "dnsdist.conf").write_text(f"""
setLocal("127.0.0.1:{self.port}")
setACL("127.0.0.0/8")
setKey("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
controlSocket("127.0.0.1:{self.port + 1000}")
setSecurityPollSuffix("")
setMaxUDPOutstanding(65535)
setUDPMultipleMessagesVectorSize(64)
newServer({{address="127.0.0.1:{self.upstream}", name="up", sockets=8}}):setUp()
getPool(""):setCache(newPacketCache(2000000, {{maxTTL=86400}}))
""" + self.rule())
        self.launch("dnsdist", "--supervised", "--disable-syslog", "-C", "dnsdist.conf")

    def reload(self):
        self.activate("block.txt")
        subprocess.run(["dnsdist", "-C", self.work / "dnsdist.conf", "-c",
                        f"127.0.0.1:{self.port + 1000}", "-e", "load()"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class DnsdistCdb(Dnsdist):
    """The list as a constant database; refreshed every second when the file changes."""
    name = "dnsdist-cdb"

    def prepare(self, block):
        lines = bytearray()
        for line in open(block or "/dev/null"):
            key = b"".join(bytes([len(p)]) + p.encode() for p in line.strip().split(".")) + b"\0"
            lines += b"+%d,1:%s->1\n" % (len(key), key)
        subprocess.run(["cdb", "-c", self.work / "next", "-"], input=bytes(lines + b"\n"),
                       check=True)

    def rule(self):
        self.activate("block.cdb")
        return f"""
store = newCDBKVStore("{self.work}/block.cdb", 1)
addAction(KeyValueStoreLookupRule(store, KeyValueLookupKeySuffix(2, true)),
          RCodeAction(DNSRCode.NXDOMAIN))
"""

    def reload(self):
        self.activate("block.cdb")


class Unbound(Peer):
    """The list as local-zone lines."""
    name = "unbound-lz"
    modules = "iterator"

    def prepare(self, block):
        with open(self.work / "next", "w") as out:
            for line in open(block or "/dev/null"):
                out.write(f'local-zone: "{line.strip()}" always_nxdomain\n')

    def block(self):
        self.activate("block.conf")
        return f"server:\n  include: {self.work}/block.conf\n"

    def start(self):
        (self.work / "unbound.conf").write_text(f"""
server:
  directory: "{self.work}"
  chroot: ""
  username: ""
  pidfile: "{self.work}/pid"
  use-syslog: no
  verbosity: 0
  interface: 127.0.0.1@{self.port}
  num-threads: 1
  so-reuseport: no
  do-ip6: no
  module-config: "{self.modules}"
  msg-cache-size: 512m
  rrset-cache-size: 512m
  outgoing-range: 8192
  num-queries-per-thread: 4096
  minimal-responses: yes
  do-not-query-localhost: no
remote-control:
  control-enable: yes
  control-interface: "{self.work}/control.sock"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{self.upstream}
""" + self.block())
        self.launch("unbound", "-d", "-c", "unbound.conf")

    def reload(self):
        self.activate("block.conf")
        subprocess.run(["unbound-control", "-q", "-c", self.work / "unbound.conf", "reload"])


class UnboundRpz(Unbound):
    """The list as a response policy zone."""
    name = "unbound-rpz"
    modules = "respip iterator"

    def prepare(self, block):
        with open(self.work / "next", "w") as out:
            out.write("$ORIGIN rpz.block.\n$TTL 3600\n"
                      "@ SOA localhost. root.localhost. 1 3600 600 86400 3600\n@ NS localhost.\n")
            for line in open(block or "/dev/null"):
                out.write(f"{line.strip()} CNAME .\n*.{line.strip()} CNAME .\n")

    def block(self):
        self.activate("rpz.zone")
        return f'rpz:\n  name: "rpz.block"\n  zonefile: "{self.work}/rpz.zone"\n'

    def reload(self):
        self.activate("rpz.zone")
        subprocess.run(["unbound-control", "-q", "-c", self.work / "unbound.conf",
                        "auth_zone_reload", "rpz.block"])


class Upstream(Peer):
    """Not a peer: NSD with a root zone whose wildcards answer every name."""
    name = "upstream"

    def start(self):
        (self.work / "root.zone").write_text("$TTL 86400\n. SOA ns. root.ns. 1 3600 600 86400 3600\n"
                                             ". NS ns.\nns. A 127.0.0.1\n"
                                             "*. A 192.0.2.1\n*. AAAA 2001:db8::1\n")
        (self.work / "nsd.conf").write_text(f"""
server:
  ip-address: 127.0.0.1@{self.upstream}
  username: ""
  chroot: ""
  zonesdir: "{self.work}"
  database: ""
  pidfile: "{self.work}/pid"
  xfrdir: "{self.work}"
  xfrdfile: ""
  zonelistfile: "{self.work}/zones"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
""")
        self.launch("nsd", "-d", "-c", "nsd.conf")


PEERS = {p.name: p for p in (Echo, Ponor, PonorSampled, Dnsdist, DnsdistCdb, Unbound, UnboundRpz)}
