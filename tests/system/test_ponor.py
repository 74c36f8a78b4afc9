# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of `ponor` as an admin types them, and the bundled lists' own table."""
import json
import os
import re

import internet
import lab
from lab import DNSD, PONOR, ROOT, dig, out

lab.enter_namespace()
folder = lab.scratch()
net = internet.start(folder / "internet")
dnsd = lab.Dnsd(folder / "dnsd", lab.config(folder / "dnsd", f"""\
  mode: forward
  workers: 1
  forward:
    to: [{lab.ZONES_SERVER}]
""")).start()
(folder / "root.key").write_text(net["ds"])
bundled = folder / "bundled.yaml"
text = (ROOT / "conf/ponor.yaml").read_text()
bundled.write_text(text.replace("../blocklists", str(ROOT / "blocklists"))
                   .replace("/var/lib/ponor/anchor/root.key", str(folder / "root.key"))
                   .replace("""  - group: office
    clients: [10.30.0.0/16, 2001:db8:30::/48]
    lists: [encrypted-dns, wechat, kaspersky, tiktok]
    mode: observe
""", """  - group: office
    clients: [10.30.0.0/16, 2001:db8:30::/48]
    lists: [encrypted-dns, wechat, kaspersky, tiktok, tencent]
"""))


def case_the_shipped_configuration_has_no_error():
    said = out(PONOR, "-c", bundled, "check")
    assert "0 errors, 0 warnings" in said, said
    out(DNSD, "-c", bundled, "--check")


def case_the_bundled_lists_say_what_their_table_says():
    said = out(PONOR, "-c", bundled, "test", ROOT / "tests/lists/bundled.yaml")
    match = re.search(r"(\d+) passed, 0 failed", said)
    assert match and int(match.group(1)) > 600, said


def case_a_wrong_table_fails_and_names_the_row():
    table = folder / "wrong.yaml"
    table.write_text("tests:\n"
                     "  - {client: 10.20.0.5, name: www.wechat.com, expect: pass}\n"
                     "  - {client: 10.20.0.5, name: canada.ca, expect: pass}\n")
    said = out(PONOR, "-c", bundled, "test", table, check=False)
    assert "wrong.yaml:2" in said and "sinkhole" in said and "1 passed, 1 failed" in said, said


def case_explain_says_all_of_it():
    said = dnsd.ponor("explain", "www.wechat.com", "--client", "10.20.0.5")
    for word in ("sinkhole", "wechat.yaml:12", "WeChat (Weixin)", "Treasury Board", "SEC-2023-0117",
                 "mobile", "visited"):
        assert word in said, (word, said)
    said = dnsd.ponor("explain", "203.0.113.66", "--client", "10.20.0.5")
    assert "sinkhole" in said and "203.0.113.66" in said, said
    said = dnsd.ponor("explain", "canada.ca", "--client", "10.20.0.5", check=False)
    assert "sinkhole" not in said, said


def case_errors_name_the_place_and_the_remedy():
    broken = folder / "broken"
    broken.mkdir(exist_ok=True)
    text = lab.config(broken, "  mode: forward\n  forward:\n    to: [192.0.2.1]\n",
                      lists=lab.LISTS.replace("rules:", """rules:
  - domain: "*.example.com"
  - domain: com
  - domain: wechat.com
  - adress: 192.0.2.1
  - address: 192.0.2.1/33
  - domain: "http://example.com/"
""").replace("action: sinkhole", "action: sinkhol"))
    (broken / "ponor.yaml").write_text(text)
    said = out(PONOR, "-c", broken / "ponor.yaml", "check", check=False)
    for line, word in ((9, "sinkhole"), (12, "example.com"), (13, "com"), (15, "address"),
                       (16, "192.0.2.1/33"), (17, "example.com")):
        assert re.search(rf"wechat\.yaml:{line}:\d+: error: .*{re.escape(word)}", said), (line, said)
    assert out(PONOR, "-c", broken / "ponor.yaml", "check", check=False).count("error:") >= 6


def case_the_page_is_looked_for_where_meson_puts_it():
    options = {o["name"]: o["value"] for o in json.loads(
        out("meson", "introspect", lab.BUILD, "--buildoptions"))}
    page = os.path.join(options["prefix"], options["datadir"], "ponor/page")
    assert f"\n  page: {page}\n" in out(PONOR, "options"), page
    assert "'datadir') / 'ponor/page'" in (ROOT / "conf/meson.build").read_text()


def case_unknown_words_get_a_hint():
    assert "did you mean `status`" in dnsd.ponor("statsu", check=False)
    said = out(PONOR, "--help")
    for word in "check compile explain test events status reload flush log rotate stop".split():
        assert word in said, word


def case_compile_makes_an_image_that_dnsd_takes():
    dnsd.ponor("compile", "-o", folder / "carried.image")
    said = dnsd.ponor("explain", "www.wechat.com", "--client", "10.20.0.5", "--image",
                      folder / "carried.image")
    assert "sinkhole" in said, said


def case_status_and_counters():
    dig("www.wechat.com")
    dig("www.good.example")
    said = dnsd.ponor("status")
    assert "serve 0" in said and "in service" in said and "generation 1" in said, said
    counters = dict(l.split() for l in dnsd.ponor("counters").splitlines() if len(l.split()) == 2)
    assert int(counters["blocked"]) >= 1 and int(counters["queries"]) >= 2, counters


def case_flush_forgets():
    before = dig("www.plain.example").records
    assert before
    asked = lambda: int(re.search(r"^asked\s+(\d+)", dnsd.ponor("counters"), re.M).group(1))
    count = asked()
    dig("www.plain.example")
    assert asked() == count
    dnsd.ponor("flush", "plain.example")
    lab.until("the cache forgets", lambda: dig("www.plain.example").records and asked() > count)


def case_log_level_and_rotation():
    dnsd.ponor("log", "debug")
    dnsd.ponor("log", "info")
    assert "debug" in dnsd.ponor("log", "loud", check=False)
    dig("rotate.wechat.com")
    lab.until("the event", lambda: any(e["dns"]["question"]["name"] == "rotate.wechat.com"
                                       for e in dnsd.events()))
    dnsd.ponor("rotate")
    lab.until("a second file", lambda: len(list((folder / "dnsd/events").glob("*.jsonl"))) >= 1 and
              any(f.name != "blocked.jsonl" for f in (folder / "dnsd/events").glob("*.jsonl")))
    assert "all lines are as they were written" in dnsd.ponor("events", "verify")


def case_verify_finds_an_edit():
    file = next(f for f in (folder / "dnsd/events").glob("*.jsonl") if f.name != "blocked.jsonl")
    text = file.read_text()
    assert "rotate.wechat.com" in text
    file.write_text(text.replace("rotate.wechat.com", "rotate.weixin.com"))
    said = dnsd.ponor("events", "verify", check=False)
    assert file.name in said and "all lines are as they were written" not in said, said
    file.write_text(text)
    dnsd.ponor("events", "verify")


def case_events_filter():
    dig("filter.wechat.com")
    lab.until("the event", lambda: "filter.wechat.com" in dnsd.ponor("events", "--json"))
    table = dnsd.ponor("events", "--table", "--app", "WeChat", "--since", "10m")
    assert "filter.wechat.com" in table and "SEC-2023-0117" in table, table
    assert "filter" not in dnsd.ponor("events", "--table", "--client", "10.30.0.0/16")
    assert "filter" in dnsd.ponor("events", "--table", "--client", "10.20.0.0/16")


def case_stop_ends_all():
    dnsd.ponor("stop")
    lab.until("the end", lambda: dnsd.child.poll() is not None)
    assert dnsd.child.returncode == 0, dnsd.log()
    assert "not running" in dnsd.ponor("status", check=False) or \
        "control.sock" in dnsd.ponor("status", check=False)


raise SystemExit(lab.run(globals()))
