# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a gateway: it starts, stops what is banned, is killed piece by piece, and ends.

What passes and what does not is tried with real clients. Ways around are tests/lab's."""
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import struct
import time

import lab
import passing
from lab import PONOR, out
from passing import BANNED, GATE, INSPECT, MMTLS, ORDINARY, RECORD, Gate, Stream, client, datagram, \
    gateway, hello, in_set, internet, is_reset, network, raw, works

NET_ADMIN, NET_RAW = 1 << 12, 1 << 13
FAR, FAR6 = "203.0.113.10", "2001:db8:66::10"
LISTED = "203.0.113.66"
# Nothing is ever stopped there: what is held of a flow may meet the same ports again.
QUIET = "203.0.113.30"
INITIAL = bytes.fromhex(out(lab.BUILD / "tests/lab/hello", "v1", BANNED, "1", "1200").strip())

servers = passing.Servers()
gateway.run("nft", "-f", "-", stdin="""table inet mine {
 set kept {
  type ipv4_addr
  elements = { 192.0.2.1 }
 }
 chain forward {
  type filter hook forward priority 0
  policy accept
  ip daddr @kept drop
 }
}
""")
mine = gateway.run("nft", "list", "table", "inet", "mine")
main = Gate("main", "hold: 60s").start()


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)


def passes_soon(name, host, seconds=1):
    """Works within so many seconds, by whatever many tries."""
    return lab.until(f"{name} works", lambda: hello(name, host)[0] == "works", seconds)


def blind(gate, least_ms):
    """The event that says for how long nobody watched; in milliseconds."""
    def find():
        found = [json.loads(l) for l in gate.lines() if '"blind"' in l]
        found = [e["event"]["duration"] / 1e6 for e in found]
        return [ms for ms in found if ms >= least_ms]
    return lab.until("the event `blind`", find)[-1]


def case_each_role_is_its_own_user_and_gate_alone_may_shape_the_network():
    roles = main.roles()
    assert set(roles) == {"inspect 0", "record 0", "gate 0"}, roles    # firewall came and went
    assert re.search(r"inspectd firewall 0: .*the table `inet ponor` is loaded", main.log())
    for name, user, may in ("inspect 0", INSPECT, 0), ("record 0", RECORD, 0), \
            ("gate 0", GATE, NET_ADMIN | NET_RAW):
        now = status(roles[name])
        assert set(now["Uid"].split()) == {str(user)}, (name, now["Uid"])
        assert set(now["Gid"].split()) == {str(user)}, (name, now["Gid"])
        for kind in "CapEff", "CapPrm":
            assert int(now[kind], 16) == may, (name, kind, now[kind])
        for kind in "CapInh", "CapAmb":
            assert int(now[kind], 16) == 0, (name, kind, now[kind])
        assert now["NoNewPrivs"].strip() == "1", name


def case_it_has_one_table_and_leaves_the_others_alone():
    tables = gateway.run("nft", "list", "tables").splitlines()
    assert sorted(tables) == ["table inet mine", "table inet ponor"], tables
    assert gateway.run("nft", "list", "table", "inet", "mine") == mine


def case_a_banned_name_is_reset_at_both_ends():
    for host in FAR, FAR6:
        works(ORDINARY, host)
        end = is_reset(BANNED, host)
        assert servers.end(end) == "reset", servers.end(end)
        works(ORDINARY, host)


def case_curl_and_openssl_meet_the_same():
    def curl(name):
        return client.run("curl", "-sS", "-k", "--max-time", "10", "--resolve", f"{name}:443:{FAR}",
                          f"https://{name}/", check=False)
    assert curl(ORDINARY) == "hi\n"
    assert "Connection reset by peer" in curl(BANNED)
    said = client.run("openssl", "s_client", "-connect", f"[{FAR6}]:443", "-servername", BANNED,
                      stdin="", check=False)
    assert "errno=104" in said, said


def case_quic_is_answered_by_icmp():
    for host in FAR, FAR6:
        assert datagram(INITIAL, host) == "ConnectionRefusedError"


def case_what_is_held_is_shown_and_released():
    def count(name):
        return len(in_set(name))
    main.ponor("release", "10.20.0.5")
    main.ponor("release", "2001:db8:20::5")
    lab.until("nothing is held", lambda: not main.held())
    assert raw(MMTLS, FAR)[0] == "reset"
    is_reset(BANNED, FAR)
    is_reset(BANNED, FAR6)
    lines = lab.until("it is shown", lambda: len(main.held()) >= 3 and main.held())
    pair = [l for l in lines if l.startswith("pair")]
    assert len(pair) == 1 and "10.20.0.5" in pair[0] and f"{FAR}@8080" in pair[0], lines
    flow = next(l for l in lines if l.startswith("flow") and f"{FAR}@443" in l)
    times = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", flow)
    since, until = (time.mktime(time.strptime(t, "%Y-%m-%d %H:%M:%S")) for t in times)
    assert 9 <= until - since <= 11, flow       # it is over: its ports are free again
    times = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", pair[0])
    since, until = (time.mktime(time.strptime(t, "%Y-%m-%d %H:%M:%S")) for t in times)
    assert 59 <= until - since <= 61, pair
    assert flow.endswith("WeChat, wechat.com, SEC-2023-0117"), flow
    assert any(f"[{FAR6}]@443" in l or f"{FAR6}@443" in l for l in lines), lines
    assert (count("flow4"), count("flow6"), count("pair4")) == (0, 0, 1)
    # While it is held no connection begins, whatever it would have said.
    assert raw(b"hello", FAR)[0] in ("reset", "refused")
    assert raw(b"hello", FAR, space=network.clients["exception"])[0] == "works"
    said = main.ponor("release", "10.20.0.5")
    assert "released; the rules stand" in said and not said.startswith("0"), said
    lab.until("the set is empty", lambda: count("pair4") == 0)
    assert not any("10.20.0.5" in l for l in main.held()), main.held()
    assert raw(b"hello", FAR)[0] == "works"
    assert "released" in main.ponor("release", FAR6)
    lab.until("nothing is held", lambda: not main.held())
    said = main.ponor("release", "nobody", check=False)
    assert "name an address" in said, said


def case_the_ports_of_what_was_stopped_are_free_again():
    def from_port(port, name):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.settimeout(10)
            s.bind(("", port))
            s.connect((FAR, 443))
            port = s.getsockname()[1]
            try:
                return passing.says_hello(name)(s), port
            except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
                return "reset", port
    said, port = client.call(from_port, 0, BANNED)
    assert said == "reset", said
    assert client.call(from_port, port, ORDINARY)[0] == "works"
    time.sleep(1)


def case_a_new_policy_reaches_the_kernel_and_what_is_held_stays():
    fresh, kept = "203.0.113.77", "203.0.113.12"
    works(ORDINARY, fresh)
    assert raw(MMTLS, kept)[0] == "reset"
    loaded = main.log().count("`inet ponor` is loaded")
    main.add_rule(f"address: {fresh}")
    lab.until("the kernel has it", lambda: main.log().count("`inet ponor` is loaded") > loaded)
    assert fresh in gateway.run("nft", "list", "set", "inet", "ponor", "listed4_mobile")
    assert hello(ORDINARY, fresh)[0] in ("reset", "refused")
    element = lab.until("what is held is there again",
                        lambda: [e for e in in_set("pair4") if kept in e])
    expires = re.search(r"expires (\d+)s", element[0])
    assert f"10.20.0.5 . {kept} . tcp . 8080" in element[0], element
    assert expires is not None and int(expires.group(1)) <= 60, element
    main.ponor("release", "10.20.0.5")


def case_twenty_policies_while_connections_run():
    stream = Stream(QUIET, 50)
    loaded = main.log().count("`inet ponor` is loaded")
    for i in range(20):
        main.add_rule(f"domain: n{i}.example")
        time.sleep(.1)
    lab.until("the last is in service", lambda: "n19.example" in main.ponor("explain", "n19.example"))
    lab.until("it is loaded", lambda: main.log().count("`inet ponor` is loaded") > loaded)
    said = stream.stop()
    assert len(said) > 100 and set(said) == {"works"}, \
        {s: said.count(s) for s in set(said)}
    is_reset("www.n19.example", FAR)


def case_inspect_killed_and_traffic_goes_on():
    before = main.roles()["inspect 0"]
    stream = Stream(QUIET, 20)
    os.kill(before, signal.SIGKILL)
    killed = time.monotonic()
    lab.until("a successor", lambda: main.is_back("inspect 0", before), 1)
    is_reset(BANNED, FAR)
    away = time.monotonic() - killed
    said = stream.stop()
    assert set(said) == {"works"}, said
    assert blind(main, 1) <= away * 1000 + 500


def case_inspect_stopped_and_the_log_says_so():
    pid, bypassed = main.roles()["inspect 0"], main.counters()["bypassed"]
    os.kill(pid, signal.SIGSTOP)
    try:
        works(ORDINARY, FAR)
        works(BANNED, FAR)
        time.sleep(1)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert "inspect 0 has said nothing for 200 ms: packets pass until it does (bypass: open)" in \
        main.log()
    assert main.counters()["bypassed"] > bypassed
    lab.until("it judges", lambda: hello(BANNED, FAR)[0] == "reset")
    assert re.search(r"inspect 0 judges again, after \d+ ms", main.log())


def case_gate_killed_and_what_was_held_still_is():
    kept = "203.0.113.13"
    assert raw(MMTLS, kept)[0] == "reset"
    assert len(in_set("pair4")) == 1
    before = main.roles()["gate 0"]
    stream = Stream(QUIET, 20)
    os.kill(before, signal.SIGKILL)
    lab.until("a successor", lambda: main.is_back("gate 0", before), 1)
    assert len(in_set("pair4")) == 1 and f"{kept}@8080" in "".join(main.held()), main.held()
    is_reset(BANNED, FAR)
    assert set(stream.stop()) == {"works"}
    queues = gateway.call(pathlib.Path("/proc/thread-self/net/netfilter/nfnetlink_queue").read_text)
    assert [l.split()[0] for l in queues.splitlines()] == ["5300"], queues
    assert "1 released" in main.ponor("release", kept)
    lab.until("the set is empty", lambda: not in_set("pair4"))


def case_the_parent_killed_and_ordinary_names_pass():
    stream = Stream(QUIET, 20)
    os.kill(main.child.pid, signal.SIGKILL)
    main.child.wait()
    killed = time.monotonic()
    passes_soon(ORDINARY, FAR)
    assert set(stream.stop()) == {"works"}
    assert hello(ORDINARY, LISTED)[0] in ("reset", "refused")      # what the kernel knows alone
    works(BANNED, FAR)                                             # `bypass: open`
    time.sleep(max(0, killed + 2 - time.monotonic()))
    main.start()
    away = (time.monotonic() - killed) * 1000
    is_reset(BANNED, FAR)
    assert 1900 <= blind(main, 1900) <= away + 600, (blind(main, 1900), away)


def case_told_to_stop_it_ends_and_its_table_stays():
    main.stop()
    works(ORDINARY, FAR)
    works(BANNED, FAR)
    assert hello(ORDINARY, LISTED)[0] in ("reset", "refused")
    assert "is removed" in main.ponor("firewall", "--remove")
    assert gateway.run("nft", "list", "tables").split() == ["table", "inet", "mine"]
    works(ORDINARY, LISTED)
    assert gateway.run("nft", "list", "table", "inet", "mine") == mine
    said = out(PONOR, "events", "verify", "--folder", main.folder / "seen")
    assert "all lines are as they were written" in said, said


def case_closed_a_new_connection_waits_for_inspect():
    closed = Gate("closed", "bypass: closed").start()
    before = closed.roles()["inspect 0"]
    os.kill(before, signal.SIGSTOP)
    stream = Stream(QUIET, 5)
    time.sleep(1)
    assert stream.said == [], stream.said
    os.kill(before, signal.SIGKILL)
    lab.until("a successor", lambda: closed.is_back("inspect 0", before))
    is_reset(BANNED, FAR)
    said = stream.stop()
    assert len(said) >= 5 and set(said) == {"works"}, said
    assert "packets are held back until it does (bypass: closed)" in closed.log()
    os.kill(closed.child.pid, signal.SIGKILL)
    closed.child.wait()
    stream = Stream(QUIET, 5)
    time.sleep(1)
    assert stream.said == [], stream.said
    closed.start()
    assert set(stream.stop()) == {"works"}
    closed.stop()
    closed.remove()


def case_a_protected_address_is_never_held():
    spared = Gate("spared", protect=f'protect: {{addresses: [{FAR}, "{FAR6}"]}}\n').start()
    for host in FAR, FAR6:
        works(BANNED, host)
    assert datagram(INITIAL, "203.0.113.11") == "ConnectionRefusedError"
    counted = spared.counters()
    assert counted["held_refused"] >= 2 and counted["held"] == 1, counted
    lines = spared.held()
    assert len(lines) == 1 and "203.0.113.11@443" in lines[0], lines
    is_reset(BANNED, "203.0.113.11")
    spared.stop()
    spared.remove()


def case_a_limit_reached_and_the_next_is_stopped_but_not_held():
    few = Gate("few", "hold_per_minute: 2").start()
    for i in range(3):
        assert raw(MMTLS, f"203.0.113.{20 + i}")[0] == "reset"
    counted = few.counters()
    assert counted["held"] == 2 and counted["held_full"] >= 1, counted
    assert len(few.held()) == 2 == len(in_set("pair4")), few.held()
    assert "not held, since a limit was reached" in few.ponor("firewall", "--status")
    few.stop()
    few.remove()


def case_as_a_tap_it_resets_what_it_sees():
    tap = Gate("tap", mode="tap", extra="  interfaces: [inside0]\n").start()
    assert set(tap.roles()) == {"inspect 0", "record 0", "gate 0"}
    works(ORDINARY, FAR)
    assert lab.until("a reset in time", lambda: hello(BANNED, FAR)[0] == "reset", 5)
    assert lab.until("it is shown", lambda: [l for l in tap.held() if "WeChat" in l])
    assert len(in_set("flow4")) >= 1
    # The first bytes may have passed; then the pair is in the set, which no packet outruns.
    lab.until("the pair is held", lambda: raw(MMTLS, FAR) and in_set("pair4"))
    assert raw(MMTLS, FAR)[0] in ("reset", "refused")
    counted = tap.counters()
    assert counted["resets"] >= 1 and counted["held"] >= 2, counted
    tap.ponor("release", FAR)
    lab.until("nothing is held", lambda: not tap.held())
    tap.stop()
    tap.remove()


def case_mistakes_end_it_with_a_reason():
    one = Gate("sideless", sides="")
    said = one.ponor("check", check=False)
    assert "`mode: inline` needs `gate: {inside: [lan0], outside: [wan0]}`" in said, said
    said = Gate("dash-i").fails("-i", "inside0")
    assert "`mode: inline` reads none" in said, said
    said = Gate("missing", sides="inside: [inside0], outside: [wan7]").fails()
    assert "there is no interface wan7; there are: " in said and "outside0" in said, said
    other = gateway.call(take_queue, 5300)
    said = Gate("taken").fails()
    assert "cannot take the kernel's queue 5300" in said, said
    assert "another program has it (name a free one as `queue` of `gate`)" in said, said
    free = Gate("free", "queue: 5310").start()
    is_reset(BANNED, FAR)
    free.stop()
    free.remove()
    other.close()


def take_queue(number):
    """Binds a queue of the kernel's (nfnetlink_queue(7): NFQNL_CFG_CMD_BIND)."""
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    s.bind((0, 0))
    command = struct.pack("=HHBBH", 8, 1, 1, 0, 0)
    body = struct.pack("=BB", 0, 0) + struct.pack(">H", number) + command
    s.send(struct.pack("=IHHII", 16 + len(body), 3 << 8 | 2, 5, 1, 0) + body)
    assert struct.unpack_from("=i", s.recv(4096), 16)[0] == 0
    return s


raise SystemExit(lab.run(globals()))
