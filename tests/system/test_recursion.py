# SPDX-License-Identifier: GPL-3.0-or-later
"""Recursion from a private signed root, with validation, by real clients."""
import socket
import struct
import time

import internet
import lab
from lab import CLIENTS, RESOLVER, dig, kdig, out

lab.enter_namespace()
folder = lab.scratch()
net = internet.start(folder / "internet")
dnsd = lab.Dnsd(folder / "dnsd", lab.config(folder / "dnsd", f"""\
  mode: recurse
  workers: 1
  recurse:
    root_hints: {net['hints']}
    trust_anchor: {net['anchor']}
    negative_anchors: [corp.example]
  stubs:
    - zone: corp.example
      servers: [{lab.ZONES_SERVER}]
  rebinding:
    allow: [corp.example]
""")).start()


def case_a_signed_name_resolves_and_is_validated():
    a = dig("www.good.example")
    assert a.status == "NOERROR" and a.data == ["192.0.2.10"], a
    a = dig("www.good.example", "A", "+adflag")
    assert "ad" in a.flags, a
    a = dig("www.good.example", "A", "+dnssec")
    assert "ad" in a.flags and any("RRSIG" in r for r in a.records), a


def case_delv_validates_through_us():
    anchors = folder / "delv.anchors"
    words = net["ds"].split()
    anchors.write_text(f'trust-anchors {{ . static-ds {words[3]} {words[4]} {words[5]} '
                       f'"{"".join(words[6:])}"; }};\n')
    text = out("delv", f"@{RESOLVER}", "-a", anchors, "+root=.", "www.good.example", "A")
    assert "fully validated" in text and "192.0.2.10" in text, text


def case_bogus_is_servfail_with_the_reason():
    a = dig("www.bogus.example")
    assert a.status == "SERVFAIL" and 6 in a.ede and not a.records, a


def case_bogus_with_cd_is_the_data():
    a = dig("www.bogus.example", "A", "+cd")
    assert a.status == "NOERROR" and a.data == ["192.0.2.41"] and "ad" not in a.flags, a


def case_bogus_without_cd_is_still_servfail_afterwards():
    assert dig("www.bogus.example").status == "SERVFAIL"


def case_unsigned_zone_resolves_without_ad():
    a = dig("www.plain.example", "A", "+adflag")
    assert a.status == "NOERROR" and a.data == ["192.0.2.20"] and "ad" not in a.flags, a


def case_names_that_do_not_exist():
    a = dig("nothing.good.example", "A", "+dnssec")
    assert a.status == "NXDOMAIN" and "NSEC" in a.text, a
    assert dig("nothing.good.example").status == "NXDOMAIN"
    a = dig("www.good.example", "MX")
    assert a.status == "NOERROR" and not a.records and "SOA" in a.text, a


def case_cname_chains_and_wildcards():
    assert dig("alias.good.example").data == ["www.good.example.", "192.0.2.10"]
    assert dig("anything.wild.good.example").data == ["192.0.2.11"]


def case_large_answers_go_over_tcp():
    a = dig("big.good.example", "TXT", "+ignore")
    assert "tc" in a.flags and len(a.text) < 2000, a
    a = dig("big.good.example", "TXT")
    assert a.status == "NOERROR" and "l" * 250 in a.text, a
    assert "Truncated" in a.text, a


def case_types_of_all_kinds():
    assert "10 www.good.example." in dig("mail.good.example", "MX").data
    assert kdig("svc.good.example", "HTTPS").status == "NOERROR"
    assert dig("www.good.example", "AAAA").data == ["2001:db8::10"]


def case_a_blocked_name_is_sinkholed_and_says_why():
    for name in "wechat.com", "www.wechat.com", "a.b.c.wechat.com", "WWW.WeChat.CoM":
        a = dig(name)
        assert a.status == "NOERROR" and a.data == ["10.20.0.99"], a
        assert a.ede == [15] and "WeChat (Weixin)" in a.text and "SEC-2023-0117" in a.text, a
    assert dig("www.wechat.com", "AAAA").data == ["2001:db8:20::99"]
    for kind in "HTTPS", "SVCB", "MX", "TXT", "NS", "SOA", "ANY", "CNAME":
        a = dig("www.wechat.com", kind)
        assert a.status == "NOERROR" and not a.records and 15 in a.ede, a


def case_every_other_action():
    assert dig("x.canary.example").status == "NXDOMAIN"
    a = dig("nodata.example")
    assert a.status == "NOERROR" and not a.records and "SOA" in a.text, a
    assert dig("refused.example").status == "REFUSED"
    a = dig("dropped.example", timeout=1)
    assert a.status is None and "timed out" in a.text, a


def case_another_group_is_not_blocked():
    a = dig("www.wechat.com", client=CLIENTS[1])
    assert a.data == ["203.0.113.9"] and not a.ede, a


def case_what_a_cname_hides_is_found():
    for name in "cloak.plain.example", "cloak2.plain.example", "wechat.old.plain.example":
        a = dig(name)
        assert "203.0.113.9" not in a.text and a.ede == [15], a
    assert "203.0.113.9" in dig("cloak.plain.example", client=CLIENTS[1]).data


def case_a_listed_address_in_an_answer_is_found():
    a = dig("hidden.plain.example")
    assert a.data == ["10.20.0.99"] and a.ede == [15], a


def case_hints_and_targets_of_https_are_answers_too():
    for name in "hinted.plain.example", "target.plain.example":
        a = dig(name, "HTTPS")
        assert not a.records and a.ede == [15], a


def case_ech_is_removed():
    a = dig("ech.plain.example", "HTTPS")
    assert a.records and "ech" not in a.records[0].split("HTTPS")[1], a
    assert "192.0.2.20" in a.records[0], a


def case_rebinding_is_stopped():
    assert "10.9.8.7" not in dig("inside.plain.example").text
    a = dig("mixed.plain.example")
    assert "10.9.8.7" not in a.text, a


def case_a_stub_zone_may_say_internal_addresses():
    assert dig("www.corp.example").data == ["10.1.1.1"]
    assert dig("host.corp.example").data == ["192.0.2.77"]


def case_a_cname_loop_ends():
    a = dig("loop.plain.example")
    assert a.status in ("SERVFAIL", "NOERROR") and a.milliseconds < 4000, a


def case_ipv6_clients_and_their_policy():
    a = dig("www.wechat.com", server="2001:db8:20::53", client="2001:db8:20::5")
    assert a.data == ["10.20.0.99"], a
    a = dig("www.good.example", server="2001:db8:20::53", client="2001:db8:20::5")
    assert a.data == ["192.0.2.10"], a


def case_ttls_go_down_in_the_cache():
    assert dig("short.good.example").status == "NOERROR"
    first = int(dig("a.plain.example").records[0].split()[1])
    time.sleep(2.1)
    second = int(dig("a.plain.example").records[0].split()[1])
    assert first - 4 <= second <= first - 2, (first, second)


def case_what_we_answer_ourselves():
    assert dig("localhost").data == ["127.0.0.1"]
    assert dig("x.invalid").status == "NXDOMAIN"
    a = dig("_dns.resolver.arpa", "SVCB")
    assert a.status == "NOERROR" and not a.records, a
    assert "RFC8482" in dig("www.good.example", "ANY", "+notcp").text
    assert dig("version.bind", "TXT", "-c", "CH").status == "REFUSED"


def case_edns_and_cookies():
    a = dig("www.good.example", "A", "+cookie=0102030405060708")
    assert "COOKIE: 0102030405060708" in a.text and "(good)" in a.text, a
    assert dig("www.good.example", "A", "+edns=1", "+noednsneg").status == "BADVERS"
    assert "OPT PSEUDOSECTION" not in dig("www.good.example", "A", "+noedns").text
    a = kdig("www.good.example", "A", "+tcp", "+padding=128")
    assert "PADDING" in a.text, a
    assert "PADDING" not in kdig("www.good.example", "A", "+padding=128").text


def case_malformed_queries():
    """FORMERR where an id can be named, silence where not, and service goes on."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((CLIENTS[0], 0))
    s.settimeout(.3)

    def said(data):
        s.sendto(data, (RESOLVER, 53))
        try:
            return s.recv(512)[3] & 15
        except socket.timeout:
            return None

    head = struct.pack(">HHHHHH", 77, 0x100, 1, 0, 0, 0)
    assert said(head + b"\x03www") == 1
    assert said(head) == 1
    assert said(head[:11]) is None
    assert said(struct.pack(">HHHHHH", 77, 0x8100, 1, 0, 0, 0) + b"\0\0\1\0\1") is None
    assert said(struct.pack(">HHHHHH", 77, 0x2100, 1, 0, 0, 0) + b"\0\0\6\0\1") == 4
    assert said(struct.pack(">HHHHHH", 77, 0x100, 2, 0, 0, 0) + b"\0\0\1\0\1" * 2) == 1
    assert said(head + b"\xc0\x0c\0\1\0\1") == 1
    assert dig("www.good.example").status == "NOERROR"


def case_the_events_tell_all_of_it():
    dig("www.wechat.com")
    event = lab.until("the event", lambda: [e for e in dnsd.events() if
                      e["dns"]["question"]["name"] == "www.wechat.com" and
                      e["source"]["ip"] == CLIENTS[0]])[-1]
    assert event["ponor"]["app"] == "WeChat" and event["source"]["port"] > 0, event
    assert event["rule"]["name"] == "wechat.com" and event["ponor"]["source"].startswith("wechat.yaml:")
    assert event["ponor"]["authority"].startswith("Treasury Board"), event
    cloaked = [e for e in dnsd.events() if e["dns"]["question"]["name"] == "cloak.plain.example"]
    assert cloaked and cloaked[0]["ponor"]["seen"] == "answer", cloaked
    assert "denied" in event["event"]["type"]
    text = dnsd.ponor("events", "verify")
    assert "all lines are as they were written" in text, text


def case_it_ends_cleanly():
    dnsd.stop()
    assert dnsd.child.returncode == 0, (dnsd.child.returncode, dnsd.log())


raise SystemExit(lab.run(globals()))
