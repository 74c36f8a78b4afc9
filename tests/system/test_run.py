# SPDX-License-Identifier: GPL-3.0-or-later
"""The first five minutes of README.md: conf/try.yaml as it stands, with the folder run/ elsewhere, on a
machine that has no way to the Internet."""
import json
import shutil
import time

import lab
import servers
from lab import PONOR, ROOT, out

lab.enter_namespace()
home = lab.scratch()
for part in "conf", "blocklists":
    shutil.copytree(ROOT / part, home / part)
(home / "run").mkdir()
shutil.copy("/usr/share/dns/root.key", home / "run/root.key")
config = home / "conf/try.yaml"
child = lab.start(lab.DNSD, "-c", config, log=home / "log")


def ponor(*argv, check=True):
    return out(PONOR, "-c", config, *argv, check=check)


def dig(name, kind="A", *options):
    return lab.dig(name, kind, *options, server="127.0.0.1", client="127.0.0.1", port=5300)


def events():
    lines = (home / "run/events/blocked.jsonl").read_text().splitlines()
    return [e for e in map(json.loads, lines) if "dns" in e]


def case_it_starts():
    lab.until("dnsd is in service", lambda: child.poll() is not None or
              "serve 0" in ponor("status", check=False))
    assert child.poll() is None, (home / "log").read_text()
    assert "error" not in (home / "log").read_text(), (home / "log").read_text()


def case_a_blocked_name_is_sinkholed_and_says_why():
    a = dig("www.wechat.com")
    assert a.status == "NOERROR" and a.data == ["0.0.0.0"] and a.ede == [15], a
    assert "(Blocked): (WeChat (Weixin), SEC-2023-0117)" in a.text, a
    assert dig("www.wechat.com", "AAAA").data == ["::"]
    assert dig("www.wechat.com", "A", "+tcp").ede == [15]
    assert dig("mask.icloud.com").status == "NXDOMAIN"


def case_what_cannot_be_resolved_says_so_at_once():
    for name in "example.com", "www.canada.ca":
        began = time.monotonic()
        a = dig(name)
        took = time.monotonic() - began
        assert a.status == "SERVFAIL" and set(a.ede) & {22, 23}, a
        assert took < (.5 if not lab.SANITIZED else 2), took


def case_the_event_stands_in_the_file():
    found = lab.until("the event", lambda: [e for e in events() if
                      e["dns"]["question"]["name"] == "www.wechat.com"])
    assert found[0]["source"]["ip"] == "127.0.0.1" and found[0]["observer"]["name"] == "try"
    assert found[0]["ponor"]["app"] == "WeChat" and found[0]["ponor"]["ticket"] == "SEC-2023-0117"


def case_ponor_explains():
    said = ponor("explain", "www.wechat.com", "--client", "127.0.0.1")
    for word in "sinkhole", "WeChat (Weixin)", "wechat.yaml:", "Treasury Board", "SEC-2023-0117":
        assert word in said, (word, said)


def case_ponor_shows_events_and_status():
    said = ponor("events", "--table")
    assert "www.wechat.com" in said and "sinkhole" in said, said
    lab.until("the first sync", (home / "run/events/blocked.head").exists)
    assert "all lines are as they were written" in ponor("events", "verify")
    said = ponor("status")
    assert "gateway     try" in said and said.count("in service") == 3, said


def case_inspectd_beside_it_sees_what_is_said_on_the_wire():
    servers.serve(443, lambda s: s.recv(100), host="127.0.0.1")
    inspectd = lab.start(lab.INSPECTD, "-c", config, "-i", "lo", log=home / "inspectd.log")
    lab.until("it watches", lambda: "watching lo; policy: 4 lists" in (home / "inspectd.log").read_text())
    out("openssl", "s_client", "-connect", "127.0.0.1:443", "-servername", "web.wechat.com", stdin="",
        check=False)
    lab.until("the event", lambda: "web.wechat.com (tls)" in ponor("events", "--wire", "--table"))
    assert "inspect 0" in ponor("status")
    lab.stop(inspectd)
    assert inspectd.returncode == 0, (home / "inspectd.log").read_text()


def case_a_second_one_says_that_the_port_is_taken():
    other = home / "conf/other.yaml"
    other.write_text(config.read_text().replace("../run/", "../other/"))
    shutil.copytree(home / "run", home / "other", ignore=lambda *_: ["control.sock", "events"])
    said = out(lab.DNSD, "-c", other, check=False)
    assert "cannot listen on 127.0.0.1@5300 (UDP): Address already in use" in said, said
    said = out(lab.DNSD, "-c", config, check=False)
    assert "another program answers at" in said, said


def case_it_ends_cleanly():
    lab.stop(child)
    assert child.returncode == 0, (home / "log").read_text()
    assert "no dnsd answers at" in ponor("status", check=False)


raise SystemExit(lab.run(globals()))
