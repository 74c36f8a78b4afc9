# SPDX-License-Identifier: GPL-3.0-or-later
"""internet - the lab's DNS: a signed root, and zones below it that are good, bogus, unsigned, large.

Used by the system tests. start() gives what a resolver needs: root hints and a
trust anchor, which it keeps up to date itself, so the DS record stands apart.

  good.example      signed, data correct
  bogus.example     signed, one record changed afterwards
  plain.example     not signed
  com               not signed; holds what cloaked names point at
"""
import pathlib

from lab import ROOT_SERVER, ZONES_SERVER, Nsd, sign

SOA = "3600 IN SOA ns.{0} hostmaster.{0} 1 3600 600 86400 5\n"
NS = "{0} 3600 IN NS ns.{0}\nns.{0} 3600 IN A " + ZONES_SERVER + "\n"

GOOD = """
www 60 A 192.0.2.10
www 60 AAAA 2001:db8::10
www 60 TXT "a" "b"
alias 60 CNAME www
far 60 CNAME cloaked.plain.example.
mail 60 MX 10 www
svc 60 HTTPS 1 . alpn=h2
big 60 TXT {big}
*.wild 60 A 192.0.2.11
short 1 A 192.0.2.12
"""
PLAIN = """
www 300 A 192.0.2.20
cloak 300 CNAME www.wechat.com.
cloak2 300 CNAME cloak
hidden 300 A 203.0.113.66
inside 300 A 10.9.8.7
mixed 300 A 10.9.8.7
mixed 300 A 192.0.2.21
loop 300 CNAME loop2
loop2 300 CNAME loop
ech 300 HTTPS 1 . alpn=h2 ech=AEX+DQBBpQAgACBkVQ== ipv4hint=192.0.2.20
hinted 300 HTTPS 1 . alpn=h2 ipv4hint=203.0.113.66
target 300 HTTPS 1 www.wechat.com. alpn=h2
old 300 DNAME com.
a 300 A 192.0.2.22
"""
COM = """
www.wechat 300 A 203.0.113.9
short.weixin 300 A 203.0.113.9
shop 300 A 192.0.2.30
"""
STUB = "www 60 A 10.1.1.1\nhost 60 A 192.0.2.77\n"


def zone_text(zone, body):
    return f"$ORIGIN {zone}\n$TTL 300\n{zone} " + SOA.format(zone) + NS.format(zone) + body


def start(folder):
    """Starts root and zones; gives {"hints": file, "anchor": file, "nsd": [root, zones]}."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    big = " ".join(f'"{c * 250}"' for c in "abcdefghijkl")
    good, good_ds = sign(folder, "good.example.",
                         zone_text("good.example.", GOOD.replace("{big}", big)))
    bogus, bogus_ds = sign(folder, "bogus.example.",
                           zone_text("bogus.example.", "www 60 A 192.0.2.40\n"))
    text = pathlib.Path(bogus).read_text()
    assert "192.0.2.40" in text
    pathlib.Path(bogus).write_text(text.replace("192.0.2.40", "192.0.2.41"))
    files = {"good.example": good, "bogus.example": bogus}
    for zone, body in ("plain.example.", PLAIN), ("com.", COM), ("corp.example.", STUB):
        file = folder / f"{zone}zone"
        file.write_text(zone_text(zone, body))
        files[zone.rstrip(".")] = file
    example, example_ds = sign(folder, "example.", zone_text("example.", "".join(
        f"{z}.example. 3600 NS ns.{z}.example.\nns.{z}.example. 3600 A {ZONES_SERVER}\n"
        for z in ("good", "bogus", "plain")) + good_ds + bogus_ds))
    files["example"] = example
    root, root_ds = sign(folder, ".", f"""$TTL 300
. 3600 IN SOA a.root. hostmaster.root. 1 3600 600 86400 5
. 3600 IN NS a.root.
a.root. 3600 IN A {ROOT_SERVER}
example. 3600 NS ns.example.
ns.example. 3600 A {ZONES_SERVER}
com. 3600 NS ns.com.
ns.com. 3600 A {ZONES_SERVER}
{example_ds}""")
    (folder / "root.hints").write_text(f". 3600000 NS a.root.\na.root. 3600000 A {ROOT_SERVER}\n")
    (folder / "root.key").write_text(root_ds)
    return {"hints": folder / "root.hints", "anchor": folder / "root.key", "ds": root_ds,
            "nsd": [Nsd(folder / "root", ROOT_SERVER, {".": root}).start(),
                    Nsd(folder / "zones", ZONES_SERVER, files).start()]}
