# SPDX-License-Identifier: GPL-3.0-or-later
"""inspectd on an interface with real clients: what it sees, as whom, and what happens around it.

Started as its systemd unit starts it. The lab's hosts talk over loopback, which libpcap shows once."""
import ctypes
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time

import lab
import unit
from lab import out

ROLES = ["inspect", "record"]
INSPECT, RECORD, GROUP = 62000, 62001, 62100
SERVER, CLIENT = "198.18.0.3", "10.20.0.5"
CLONE_NEWNS = 0x20000

lab.enter_namespace()
folder = lab.scratch()
if ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0:
    out("mount", "--make-rprivate", "/")
    unit.add_users(folder, "inspectd", ROLES, INSPECT)
as_the_unit = unit.as_unit("ponor-inspectd", GROUP)


class Inspectd(unit.Inspectd):
    def __init__(self, name, lines="", through=as_the_unit):
        home = folder / name
        home.mkdir()
        super().__init__(home, lab.config(home, "  recurse: {trust_anchor: ''}\n"), lines, through)


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"hi\n")

    def log_message(self, *_):
        pass


def serve():
    out("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=lab.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    for port in 80, 443:
        server = http.server.ThreadingHTTPServer((SERVER, port), Page)
        if port == 443:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()


def curl(url, *options):
    host = re.match(r"https?://([^/]+)", url).group(1)
    port = 443 if url.startswith("https") else 80
    said = out("curl", "-sS", "-k", "--max-time", "10", "--interface", CLIENT, "--resolve",
               f"{host}:{port}:{SERVER}", *options, url)
    assert said == "hi\n", said


def hello(name):
    """A handshake by Python's own TLS."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((SERVER, 443), source_address=(CLIENT, 0)) as s:
        with context.wrap_socket(s, server_hostname=name):
            pass


serve()
main = Inspectd("main").compile().start("-i", "lo")


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)


def case_each_role_is_its_own_user_without_capabilities():
    roles = main.roles()
    assert set(roles) == {"inspect 0", "record 0"}, roles
    for name, user in ("inspect 0", INSPECT), ("record 0", RECORD):
        now = status(roles[name])
        assert set(now["Uid"].split()) == {str(user)}, (name, now["Uid"])
        assert set(now["Gid"].split()) == {str(user)}, (name, now["Gid"])
        for kind in "CapEff", "CapPrm", "CapInh", "CapAmb":
            assert int(now[kind], 16) == 0, (name, kind, now[kind])
        assert now["NoNewPrivs"].strip() == "1", name
    now = status(main.child.pid)
    assert bin(int(now["CapEff"], 16)).count("1") == len(unit.capabilities_of("ponor-inspectd")), \
        now["CapEff"]


def case_the_inspector_has_only_what_it_needs_open():
    pid = main.roles()["inspect 0"]
    kinds = {}
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        to = os.readlink(fd)
        kinds.setdefault(re.sub(r":?\[.*|\d+$", "", to), []).append(int(fd.name))
    # Nothing, nothing and the log; the parent and the capture; libevent's own.
    assert sorted(kinds.pop("/dev/null")) == [0, 1], kinds
    assert kinds.pop(str(main.folder / "log")) == [2], kinds
    sockets = kinds.pop("socket")
    assert 3 in sockets and len(sockets) <= 4, sockets
    packet = pathlib.Path(f"/proc/{pid}/net/packet").read_text().splitlines()[1:]
    assert len(packet) == 1, packet
    assert set(kinds) <= {"anon_inode", "pipe"}, kinds
    writable = [l for l in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
                if "memfd:" in l and " rw-s " in l]
    assert {re.search(r"memfd:(\w+)", l).group(1) for l in writable} == {"ring", "counters"}, writable


def case_a_banned_name_is_seen_in_whatever_says_it():
    curl("https://www.wechat.com/")
    curl("https://long.wechat.com/", "--tlsv1.2", "--tls-max", "1.2")
    curl("http://short.weixin.com/index.html")
    hello("py.wechat.com")
    out("openssl", "s_client", "-connect", f"{SERVER}:443", "-bind", f"{CLIENT}:0", "-servername",
        "ossl.wechat.com", stdin="", check=False)
    for name, seen in ("www.wechat.com", "tls"), ("long.wechat.com", "tls"), \
            ("short.weixin.com", "http"), ("py.wechat.com", "tls"), ("ossl.wechat.com", "tls"):
        lab.until(f"the event of {name}", lambda: main.about(name))
        event = json.loads(main.about(name)[0])
        assert event["source"]["ip"] == CLIENT and event["destination"]["ip"] == SERVER, event
        assert event["ponor"]["app"] == "WeChat" and event["ponor"]["seen"] == seen, event
        assert event["ponor"]["group"] == "mobile" and event["network"]["community_id"], event
        assert event["observer"]["product"] == "inspectd", event


def case_an_ordinary_name_is_not():
    curl("https://www.good.example/")
    curl("https://last.wechat.com/")
    lab.until("the event behind it", lambda: main.about("last.wechat.com"))
    assert not main.about("www.good.example"), main.lines()


def case_one_event_for_each_flow():
    for name in "www.wechat.com", "last.wechat.com":
        assert len(main.about(name)) == 1, main.about(name)


def case_nobody_changed_the_lines():
    said = out(lab.PONOR, "events", "verify", "--folder", main.folder / "seen")
    assert "all lines are as they were written" in said, said


def case_killed_and_it_says_how_long_it_was_blind():
    before = main.roles()["inspect 0"]
    counted = lab.until("packets are counted", lambda: main.counters()["packets"])
    os.kill(before, 9)
    lab.until("it is back", lambda: main.roles().get("inspect 0") not in (None, before))
    lab.until("it is in service", lambda: re.search(r"inspect 0 .* in service", main.ask("status")))
    health = lab.until("the event", lambda: main.about("blind") or
                       [l for l in main.lines() if re.search(r'"health|"duration":\d{6,}', l)])
    assert len(health) >= 1, main.lines()
    assert re.search(r"inspectd inspect 0: warning: lo was not watched for \d+ ms", main.log())
    curl("https://back.wechat.com/")
    lab.until("the event of one that came later", lambda: main.about("back.wechat.com"))
    assert main.counters()["packets"] >= counted


def case_record_killed_and_nothing_lost():
    before = main.roles()["record 0"]
    os.kill(before, 9)
    curl("https://meanwhile.wechat.com/")
    lab.until("the event", lambda: main.about("meanwhile.wechat.com"))
    said = out(lab.PONOR, "events", "verify", "--folder", main.folder / "seen")
    assert "all lines are as they were written" in said, said


def case_a_new_policy_by_rename():
    curl("https://www.new.example/")
    wechat = main.folder / "wechat.yaml"
    wechat.write_text(wechat.read_text().replace("serial: 1", "serial: 2") +
                      "  - domain: new.example\n")
    main.compile()
    lab.until("generation 2", lambda: "generation 2" in main.ask("status"))
    curl("https://www2.new.example/")
    lab.until("the event", lambda: main.about("www2.new.example"))
    assert not main.about("www.new.example")


def case_a_broken_image_changes_nothing():
    image = main.folder / "policy.image"
    good = image.read_bytes()
    bad = main.folder / "bad"
    bad.write_bytes(good[:200] + b"\xff" * 64 + good[264:])
    bad.rename(image)
    lab.until("it says so", lambda: "the one before stays in service" in main.log())
    curl("https://still.wechat.com/")
    lab.until("the event", lambda: main.about("still.wechat.com"))
    image.write_bytes(good)


def case_both_programs_in_one_status():
    said = out(lab.PONOR, "-c", main.file, "status", check=False)
    assert "no dnsd answers" in said and re.search(r"^inspectd +0", said, re.M), said
    assert re.search(r"^lo +inspect 0 +\d+ +\d+ +\d+$", said, re.M), said


def case_orders():
    assert "the levels are" in out(lab.PONOR, "-s", main.folder / "inspectd.sock", "log", "x",
                                   check=False)
    main.ask("log", "debug")
    main.ask("rotate")
    lab.until("the file is put aside", lambda: list(main.folder.glob("seen/blocked-*.jsonl")))
    assert main.counters()["flows_named"] > 5


def case_what_is_seen_last_is_written():
    curl("https://goodbye.wechat.com/")
    time.sleep(.1)         # until the kernel hands its block on
    main.stop()
    assert main.about("goodbye.wechat.com"), main.lines()
    assert not (main.folder / "inspectd.sock").exists()
    said = out(lab.PONOR, "events", "verify", "--folder", main.folder / "seen")
    assert "all lines are as they were written" in said, said


def case_workers_share_flows_and_each_is_seen_once():
    shared = Inspectd("shared", "  workers: 3\n  interfaces: [lo]\n  filter: tcp port 443\n")
    shared.compile().start()
    assert len(shared.roles()) == 4, shared.roles()
    for i in range(24):
        hello(f"n{i}.wechat.com")
    for i in range(24):
        lab.until(f"event {i}", lambda: shared.about(f"n{i}.wechat.com"))
    time.sleep(.3)
    assert [len(shared.about(f"n{i}.wechat.com")) for i in range(24)] == [1] * 24
    busy = re.findall(r"^lo +inspect \d +(\d+)", shared.ask("status"), re.M)
    assert len(busy) == 3 and sum(int(n) > 0 for n in busy) >= 2, busy
    shared.stop()


def case_without_a_policy_it_waits():
    late = Inspectd("late").start("-i", "lo", wait=False)
    lab.until("it says so", lambda: "there is no policy yet: waiting for" in late.log())
    assert "none yet" in late.ask("status") and late.roles() == {}
    late.compile()
    lab.until("it watches", lambda: "watching lo" in late.log())
    hello("late.wechat.com")
    lab.until("the event", lambda: late.about("late.wechat.com"))
    late.stop()


def case_what_dnsd_told_whom_comes_when_dnsd_does():
    def of_inspect(what):
        return pathlib.Path(f"/proc/{both.roles()['inspect 0']}") / what

    def told():
        """How it has the table open, of all it has open."""
        return [of_inspect(f"fdinfo/{fd.name}").read_text() for fd in of_inspect("fd").iterdir()
                if os.readlink(fd) == str(both.folder / "told")]

    both = Inspectd("both")
    both.file.write_text(both.file.read_text().replace(
        "  recurse: {trust_anchor: ''}\n", f"""\
  recurse: {{trust_anchor: ''}}
  told: {{file: {both.folder}/told, slots: 1024}}
  workers: 1
"""))
    both.compile().start("-i", "lo")
    assert not told()
    dnsd = lab.start(lab.DNSD, "-c", both.file, log=both.folder / "dnsd.log")
    lab.until("inspect is given the table", told)
    # To read, by calls: of a map, who cuts the file off could make an end of it.
    flags = [int(re.search(r"flags:\s+(\d+)", info).group(1), 8) for info in told()]
    assert len(flags) == 1 and flags[0] & os.O_ACCMODE == os.O_RDONLY, flags
    assert "/told" not in of_inspect("maps").read_text()
    lab.until("both answer", lambda: out(lab.PONOR, "-c", both.file, "status").count("in service") == 5)
    lab.stop(dnsd)
    both.stop()


def case_mistakes_end_it_with_a_reason():
    said = Inspectd("missing").compile().fails("-i", "nosuch0")
    assert "there is no interface nosuch0; there are: lo" in said, said
    said = Inspectd("twice").compile().fails("-i", "lo", "-i", "lo")
    assert "lo is named twice" in said, said
    said = Inspectd("unnamed").compile().fails()
    assert "no interface is named" in said, said
    said = Inspectd("filter", "  filter: tcp prot 443\n").compile().fails("-i", "lo")
    assert "the filter `tcp prot 443` is not one of pcap-filter(7)" in said, said
    out("ip", "link", "add", "down0", "type", "veth", "peer", "name", "down1")
    said = Inspectd("down").compile().fails("-i", "down0")
    assert "the interface down0 is down: `ip link set down0 up`" in said, said
    out("ip", "link", "delete", "down0")


def case_without_privileges_it_says_which():
    bare = Inspectd("bare", through=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                     "--no-new-privs"]).compile()
    (bare.folder / "log").touch()
    for path in bare.folder, bare.folder / "policy.image":
        os.chown(path, 65534, 65534)
    bare.program = shutil.copy(bare.program, folder / "inspectd")
    said = bare.fails("-i", "lo")
    assert "may not read packets of lo: that needs the capability CAP_NET_RAW" in said, said


def case_an_interface_that_goes_away_and_comes_back():
    out("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1")
    for end in "veth0", "veth1":
        out("ip", "link", "set", end, "up")
    gone = Inspectd("gone").compile().start("-i", "veth0")
    out("ip", "link", "delete", "veth0")
    lab.until("it says so", lambda: "cannot read packets of veth0 any more" in gone.log())
    lab.until("it tries again", lambda: "there is no interface veth0" in gone.log())
    out("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1")
    for end in "veth0", "veth1":
        out("ip", "link", "set", end, "up")
    lab.until("it is in service", lambda: re.search(r"inspect 0 .* in service", gone.ask("status")),
              15)
    gone.stop()


def case_a_saved_capture_says_the_same():
    capture = folder / "saved.pcap"
    writer = lab.start("tcpdump", "-i", "lo", "-U", "-w", capture, "-Z", "root", "tcp", "port", "443",
                       log=folder / "tcpdump.log")
    lab.until("tcpdump listens", lambda: "listening" in (folder / "tcpdump.log").read_text())
    names = ["saved.wechat.com", "www.good.example"]
    for name in names:
        hello(name)
    lab.until("all is written", lambda: capture.read_bytes().count(names[1].encode()) >= 1)
    lab.stop(writer)
    home = Inspectd("saved")
    said = out(lab.PONOR, "-c", home.file, "inspect", capture)
    assert re.search(r"10\.20\.0\.5 +WeChat +visited +saved\.wechat\.com +tls +sinkhole +wechat:\d+",
                     said), said
    assert "www.good.example" not in said and re.search(r"^ +2 named$", said, re.M), said
    said = out(lab.PONOR, "-c", home.file, "inspect", "--all", capture)
    assert "tcp tls: name(www.good.example)" in said, said
    r = subprocess.run([lab.PONOR, "-c", home.file, "inspect", "--json", "-"],
                       input=capture.read_bytes(), capture_output=True)
    lines = [json.loads(l) for l in r.stdout.splitlines()]
    assert r.returncode == 0 and len(lines) == 1, (r.stdout, r.stderr)
    assert "saved.wechat.com" in json.dumps(lines[0]), lines
    cut = folder / "cut.pcap"
    cut.write_bytes(capture.read_bytes()[:-3])
    r = subprocess.run([lab.PONOR, "-c", home.file, "inspect", cut], capture_output=True, text=True)
    assert r.returncode == 1 and "saved.wechat.com" in r.stdout, r.stdout
    assert "truncated" in r.stderr and "what was read before is above" in r.stderr, r.stderr


raise SystemExit(lab.run(globals()))
