# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of each role under load, own users, and service that goes on."""
import json
import os
import pathlib
import signal
import subprocess
import time

import internet
import lab
from lab import dig

lab.enter_namespace()
folder = lab.scratch()
net = internet.start(folder / "internet")
dnsd = lab.Dnsd(folder / "dnsd", lab.config(folder / "dnsd", f"""\
  mode: forward
  forward:
    to: [{lab.ZONES_SERVER}]
  workers: 2
""", listen=["127.0.0.1@5300", f"{lab.RESOLVER}@53"], groups="""\
  - group: all
    clients: [127.0.0.0/8, 10.0.0.0/8]
    lists: [wechat]
""")).start()
queries = folder / "mix.q"
queries.write_text("www.good.example A\nwww.plain.example A\nwww.wechat.com A\nshop.com A\n")


def load(seconds):
    return subprocess.Popen([lab.LOAD, "--target", "127.0.0.1@5300", "--queries", queries, "--rate",
                             "2000", "--seconds", str(seconds), "--outstanding", "512"],
                            stdout=subprocess.PIPE, text=True)


def kill_under_load(role):
    before = dnsd.roles()[role]
    running = load(3)
    time.sleep(1)
    os.kill(before, signal.SIGKILL)
    killed = time.monotonic()
    lab.until(f"{role} is back", lambda: dnsd.roles().get(role) not in (None, before), 5)
    back = time.monotonic() - killed
    result = json.loads(running.communicate()[0])
    return back, result


def case_serve_killed():
    back, result = kill_under_load("serve 0")
    assert back < (.2 if not lab.SANITIZED else 2), back
    # The other worker's clients notice nothing; those of the dead one lose what was in flight.
    assert result["lost"] < result["sent"] * .1, result
    assert result["answered"] > 0 and dig("www.wechat.com").ede == [15]


def case_resolve_killed():
    back, result = kill_under_load("resolve 0")
    assert back < (.2 if not lab.SANITIZED else 2), back
    assert result["lost"] == 0, result       # cached and blocked answers need no resolver
    assert dig("a.plain.example").data == ["192.0.2.22"]


def case_record_killed_and_nothing_lost():
    def blocked():
        return len([e for e in dnsd.events()])
    dig("settle.wechat.com")
    lab.until("the event", lambda: any("settle" in e["dns"]["question"]["name"]
                                       for e in dnsd.events()))
    start = blocked()
    back, result = kill_under_load("record 0")
    assert back < (.2 if not lab.SANITIZED else 2), back
    assert result["lost"] == 0, result
    dig("settled.wechat.com")
    lab.until("the last event", lambda: any("settled" in e["dns"]["question"]["name"]
                                            for e in dnsd.events()))
    asked = (result["sent"] + 1) // 4
    got = blocked() - start - 1
    assert abs(got - asked) <= 1, (got, asked, result)
    text = dnsd.ponor("events", "verify")
    assert "all lines are as they were written" in text, text


def case_all_at_once():
    for pid in dnsd.roles().values():
        os.kill(pid, signal.SIGKILL)
    lab.until("service", lambda: dig("www.good.example", timeout=1).status == "NOERROR")
    assert dig("www.wechat.com").ede == [15]


def held():
    """What parent and roles hold: for each its descriptors, and its mappings but for the heap's."""
    found = {}
    for role, pid in [("parent", dnsd.child.pid), *dnsd.roles().items()]:
        maps = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
        found[role] = (len(os.listdir(f"/proc/{pid}/fd")),
                       len([m for m in maps if "memfd:" in m or ".image" in m]))
    return found


def grown(before, after):
    """What holds more than a question that is just under way upstream: a hundred reloads that each leave
    something behind leave a hundred."""
    return [r for r in after if any(a > b + 3 for a, b in zip(after[r], before[r]))]


def settled():
    """Waits until nobody is leaving any more and nobody is yet to come."""
    lab.until("all are in service", lambda: (lambda s: "leaving" not in s and "start" not in
                                             s.split("STATE")[1] and s.count("in service") == 4)
              (dnsd.ponor("status", check=False)), 20)
    time.sleep(.1)
    return held()


def case_nothing_is_held_for_ever():
    for number in range(12):         # record keeps a few policies for late events
        dnsd.ponor("reload")
    before = settled()
    for number in range(100):
        dnsd.ponor("reload")
    policies = settled()
    assert not grown(before, policies), (before, policies)
    good = dnsd.file.read_text()
    for number in range(30):
        dnsd.file.write_text(good.replace("10.20.0.99", f"10.20.0.{98 - number % 2}"))
        dnsd.ponor("reload")
    dnsd.file.write_text(good)
    dnsd.ponor("reload")
    configs = settled()
    for number in range(14):
        for pid in dnsd.roles().values():
            os.kill(pid, signal.SIGKILL)
        killed = settled()
    # A newborn may hold less: record maps but the policy of today.
    for after in configs, killed:
        for role, (descriptors, mappings) in after.items():
            assert descriptors <= before[role][0] + 3, (role, before, after)
            assert mappings <= before[role][1], (role, before, after)
    states = [pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()[0]
              for p in dnsd.roles().values()]
    assert "Z" not in states and len(states) == 4, states


def case_roles_end_with_their_parent():
    pids = list(dnsd.roles().values())
    assert len(pids) >= 4, pids
    dnsd.child.kill()
    dnsd.child.wait()
    lab.until("all roles are gone", lambda: not any(pathlib.Path(f"/proc/{p}").exists()
                                                    for p in pids))
    dnsd.start()
    assert dig("www.wechat.com").ede == [15]
    dnsd.stop()


raise SystemExit(lab.run(globals()))
