# SPDX-License-Identifier: GPL-3.0-or-later
"""Forwarding: health, truncation, dead upstreams, stale answers; local answers go on regardless."""
import time

import internet
import lab
from lab import dig

lab.enter_namespace()
folder = lab.scratch()
net = internet.start(folder / "internet")
DEAD = "198.18.0.4"          # an address of the lab on which nobody listens
dnsd = lab.Dnsd(folder / "dnsd", lab.config(folder / "dnsd", f"""\
  mode: forward
  workers: 1
  forward:
    to: [{DEAD}, {lab.ZONES_SERVER}]
    timeout: 300ms
  stale:
    after: 500ms
  query_timeout: 2s
""")).start()


def case_a_dead_upstream_is_passed_over():
    for number in range(10):
        a = dig(f"x{number}.wild.good.example")
        assert a.status == "NOERROR" and a.data == ["192.0.2.11"], a
    slow = [dig(f"y{n}.wild.good.example").milliseconds for n in range(20)]
    assert sum(1 for m in slow if m > 100) <= 4, slow


def case_truncated_answers_are_fetched_by_tcp():
    a = dig("big.good.example", "TXT")
    assert a.status == "NOERROR" and "l" * 250 in a.text, a


def case_dnssec_records_pass_when_asked_for():
    assert any("RRSIG" in r for r in dig("www.good.example", "A", "+dnssec").records)
    assert not any("RRSIG" in r for r in dig("www.good.example", "A").records)


def case_review_works_on_forwarded_answers():
    a = dig("hidden.plain.example")
    assert a.data == ["10.20.0.99"] and a.ede == [15], a


def case_all_upstreams_dead():
    assert dig("short.good.example").status == "NOERROR"
    assert dig("www.plain.example").data == ["192.0.2.20"]
    time.sleep(1.5)
    for nsd in net["nsd"]:
        nsd.stop()
    a = dig("new.wild.good.example")
    assert a.status == "SERVFAIL" and (22 in a.ede or 23 in a.ede) and a.milliseconds < 3000, a
    assert dig("www.wechat.com").data == ["10.20.0.99"]                 # blocked
    a = dig("www.plain.example")
    assert a.data == ["192.0.2.20"] and a.milliseconds < 50, a          # cached


def case_a_stale_answer_is_better_than_none():
    a = dig("short.good.example")
    assert a.data == ["192.0.2.12"] and 3 in a.ede, a


def case_and_all_is_well_when_an_upstream_returns():
    net["nsd"][1].start()
    lab.until("resolution", lambda: dig("back.wild.good.example", timeout=1).status == "NOERROR", 30)


def case_it_ends_cleanly():
    dnsd.stop()
    assert dnsd.child.returncode == 0, dnsd.log()


raise SystemExit(lab.run(globals()))
