# SPDX-License-Identifier: GPL-3.0-or-later
"""lab - a small Internet in a network namespace of its own, for tests with real programs.

Used by every tests/system/test_*.py. A namespace has nothing but loopback, on which every host of the
lab has its address: the root and its zones (NSD, signed), upstreams, clients. The lab checks that
there is no other link and no route out before anything starts, and refuses otherwise. It ends what it
started, by pid, and removes the namespace.

A test is a function named case_*; run(globals()) runs them all and speaks TAP.
"""
import atexit
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("PONOR_BUILD", ROOT / "build"))
DNSD = BUILD / "dnsd/programs/dnsd"
INSPECTD = BUILD / "dnsd/programs/inspectd"
PONOR = BUILD / "dnsd/programs/ponor"
LOAD = BUILD / "tests/bench/load"
SANITIZED = "asan" in BUILD.name

ROOT_SERVER = "198.18.0.1"      # RFC 2544: no address of anybody's
ZONES_SERVER = "198.18.0.2"
RESOLVER = "10.20.0.53"
CLIENTS = ["10.20.0.5", "10.30.0.5"]
HOSTS = [ROOT_SERVER, ZONES_SERVER, RESOLVER, "10.20.0.54", "198.18.0.3", "198.18.0.4", *CLIENTS]

children = []


def enter_namespace():
    """Leaves the machine's network for an empty one."""
    if os.geteuid() != 0:
        print("1..0 # SKIP system tests make network namespaces and need root")
        sys.exit(0)
    libc = ctypes.CDLL(None, use_errno=True)
    clone_newnet = 0x40000000
    if libc.unshare(clone_newnet) != 0:
        print("1..0 # SKIP this kernel gives no network namespace")
        sys.exit(0)
    links = [l["ifname"] for l in json.loads(out("ip", "-j", "link"))]
    routes = out("ip", "route") + out("ip", "-6", "route")
    if links != ["lo"] or routes.strip():
        sys.exit(f"lab: not an empty namespace: {links} {routes!r}")
    out("ip", "link", "set", "lo", "up")
    for host in HOSTS:
        out("ip", "address", "add", f"{host}/32", "dev", "lo")
    out("ip", "address", "add", "2001:db8:20::53/128", "dev", "lo")
    out("ip", "address", "add", "2001:db8:20::5/128", "dev", "lo")


def out(*argv, check=True, stdin=None, timeout=60):
    r = subprocess.run([str(a) for a in argv], capture_output=True, text=True, errors="replace",
                       input=stdin, timeout=timeout)
    if check and r.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, argv))}: {r.returncode}\n{r.stdout}{r.stderr}")
    return r.stdout + r.stderr


def start(*argv, log=None, cwd=None, env=None):
    sink = open(log, "ab") if log else subprocess.DEVNULL
    child = subprocess.Popen([str(a) for a in argv], stdout=sink, stderr=subprocess.STDOUT,
                             stdin=subprocess.DEVNULL, cwd=cwd, env=env)
    children.append(child)
    return child


def stop(child, how=signal.SIGTERM):
    if child.poll() is None:
        child.send_signal(how)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child in children:
        children.remove(child)


@atexit.register
def stop_all():
    for child in reversed(list(children)):
        stop(child)


def until(what, condition, seconds=10):
    """Waits for a condition; an AssertionError that says what did not happen."""
    limit = time.monotonic() + seconds * (4 if SANITIZED else 1)
    while time.monotonic() < limit:
        result = condition()
        if result:
            return result
        time.sleep(.02)
    raise AssertionError(f"{what} did not happen within {seconds} s")


class Answer:
    """What dig said."""

    def __init__(self, text):
        self.text = text
        status = re.search(r"status: (\w+)", text)
        flags = re.search(r"flags: ([a-z ]*);", text)
        self.status = status.group(1) if status else None
        self.flags = flags.group(1).split() if flags else []
        self.ede = [int(n) for n in re.findall(r"EDE: (\d+)", text)]
        section = re.search(r";; ANSWER SECTION:\n(.*?)\n\n", text, re.S)
        self.records = [" ".join(l.split()) for l in section.group(1).splitlines()] if section else []
        self.data = [r.split(" ", 4)[4] for r in self.records if len(r.split(" ", 4)) == 5]
        took = re.search(r"Query time: (\d+) msec", text)
        self.milliseconds = int(took.group(1)) if took else None

    def __repr__(self):
        return self.text


def dig(name, kind="A", *options, server=RESOLVER, client=CLIENTS[0], port=53, timeout=5):
    return Answer(out("dig", f"@{server}", "-p", port, "-b", client, f"+time={timeout}", "+tries=1",
                      name, kind, *options, check=False))


def kdig(name, kind="A", *options, server=RESOLVER, client=CLIENTS[0]):
    return Answer(out("kdig", f"@{server}", "-b", client, "+time=5", "+retry=0", name, kind,
                      *options, check=False))


class Nsd:
    """NSD with zones given as text; `signed` ones get keys and signatures."""

    def __init__(self, folder, address, zones, port=53):
        self.folder, self.address, self.port = pathlib.Path(folder), address, port
        self.folder.mkdir(parents=True, exist_ok=True)
        self.zones = zones
        self.child = None

    def start(self):
        lines = [f"""server:
  ip-address: {self.address}@{self.port}
  username: ""
  chroot: ""
  zonesdir: "{self.folder}"
  database: ""
  pidfile: "{self.folder}/pid"
  xfrdir: "{self.folder}"
  xfrdfile: ""
  zonelistfile: "{self.folder}/zones"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""]
        for zone, file in self.zones.items():
            lines.append(f'zone:\n  name: "{zone}"\n  zonefile: "{file}"\n')
        (self.folder / "nsd.conf").write_text("".join(lines))
        self.child = start("nsd", "-d", "-c", self.folder / "nsd.conf", log=self.folder / "log")
        first = next(iter(self.zones))
        until(f"NSD on {self.address}", lambda: dig(first, "SOA", server=self.address, port=self.port,
                                                    client=self.address, timeout=1).status)
        return self

    def stop(self):
        stop(self.child)


def sign(folder, zone, text):
    """Writes and signs a zone (ECDSA P-256); gives the file and the DS record's text."""
    folder = pathlib.Path(folder)
    label = "root" if zone == "." else zone.rstrip(".")
    file = folder / f"{label}.zone"
    file.write_text(text)
    key = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone], cwd=folder,
                         capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(["ldns-signzone", "-o", zone, "-e", "20361231000000", "-i", "20250101000000",
                    "-f", f"{file}.signed", str(file), key], cwd=folder, check=True,
                   capture_output=True)
    ds = (folder / f"{key}.ds").read_text()
    return f"{file}.signed", ds


class Dnsd:
    """A running dnsd with a configuration made from parts; `through`: a command that becomes it."""

    def __init__(self, folder, config, address=RESOLVER, through=()):
        self.folder, self.address, self.through = pathlib.Path(folder), address, through
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "ponor.yaml"
        self.file.write_text(config)
        self.child = None

    def start(self, wait=True):
        self.child = start(*self.through, DNSD, "-c", self.file, log=self.folder / "log")
        if wait:
            until("dnsd's control socket", lambda: self.child.poll() is not None or
                  "in service" in self.ponor("status", check=False))
            assert self.child.poll() is None, self.log()
        return self

    def stop(self):
        stop(self.child)
        assert "Sanitizer" not in self.log(), self.log()

    def log(self):
        return (self.folder / "log").read_text()

    def ponor(self, *argv, check=True, timeout=60):
        return out(PONOR, "-c", self.file, *argv, check=check, timeout=timeout)

    def events(self):
        """The events of traffic, in order, over all files."""
        lines = []
        for file in sorted(self.folder.glob("events/*.jsonl"),
                           key=lambda f: (f.name == "blocked.jsonl", f.name)):
            lines += [json.loads(l) for l in file.read_text().splitlines()]
        return [l for l in lines if "dns" in l]

    def roles(self):
        """role name and number -> pid, from ps."""
        found = {}
        for line in out("ps", "-o", "pid=,args=", "--ppid", self.child.pid, check=False).splitlines():
            m = re.match(r"\s*(\d+) dnsd: (\w+) (\d+)", line)
            if m:
                found[f"{m.group(2)} {m.group(3)}"] = int(m.group(1))
        return found


class Skip(Exception):
    """A case says why it is not run."""


def run(cases):
    """Runs every case_* in order of definition; TAP on standard output."""
    todo = [(n, f) for n, f in cases.items() if n.startswith("case_")]
    print(f"1..{len(todo)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(todo, 1):
        words = name[5:].replace("_", " ")
        try:
            function()
            print(f"ok {number} - {words}", flush=True)
        except Skip as why:
            print(f"ok {number} - {words} # SKIP {why}", flush=True)
        except Exception:  # a test reports whatever went wrong and goes on
            failed += 1
            print(f"not ok {number} - {words}", flush=True)
            for line in traceback.format_exc().splitlines():
                print(f"# {line}", flush=True)
    return 1 if failed else 0


def scratch():
    """A folder that goes away with the test, readable by the roles' users."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ponor-lab-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


LISTS = """\
list: wechat
title: WeChat (Weixin)
app: WeChat
authority: Treasury Board of Canada Secretariat, notice of 2023-10-30
reference: https://www.example.gc.ca/notice
ticket: SEC-2023-0117
serial: 1
review_by: 2031-03-31
action: sinkhole
evidence: installed
rules:
  - domain: wechat.com
    evidence: visited
  - domain: weixin.com
  - domain: canary.example
    action: nxdomain
  - domain: nodata.example
    action: nodata
  - domain: refused.example
    action: refused
  - domain: dropped.example
    action: drop
  - name: noted.plain.example
    action: observe
  - address: 203.0.113.66
"""


def config(folder, resolve, listen=None, extra="", lists=None, groups=None):
    """A configuration for RESOLVER with one YAML list; `resolve` and `extra` are lines of dnsd."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wechat.yaml").write_text(lists or LISTS)
    listen = listen or [f"{RESOLVER}@53", "2001:db8:20::53@53"]
    return f"""\
gateway: gw-lab
image: {folder}/policy.image
control: {folder}/control.sock
lists:
  - list: wechat
    file: {folder}/wechat.yaml
groups:
""" + (groups or """\
  - group: mobile
    clients: [10.20.0.0/16, "2001:db8:20::/48"]
    lists: [wechat]
""") + f"""\
dnsd:
  listen: [{', '.join('"' + l + '"' for l in listen)}]
  allow: [10.0.0.0/8, 198.18.0.0/15, 127.0.0.0/8, "2001:db8::/32"]
  sinkhole: [10.20.0.99, "2001:db8:20::99"]
  events:
    folder: {folder}/events
{extra}{resolve}"""
