# SPDX-License-Identifier: GPL-3.0-or-later
"""ways_app - ways of WeChat that say no name, and what no list can close. Rows of the table in ways.py."""
import os
import time

import app
from net import BUILT_IN
from ways import WAYS, Way, way
from ways_names import http


@way("built-in", "a built-in address that is on a list", alone=True)
def built_in(a):
    return http(a, 7777, b"GET / HTTP/1.0\r\n\r\n", a.pick(BUILT_IN) if a.banned else None)


def mmtls(a, port, said, cut=None):
    with a.connect(port) as s:
        for at in range(0, len(said), cut or len(said)):
            s.sendall(said[at:at + (cut or len(said))])
            if cut:
                time.sleep(.003)
        return s.recv(65535)[:2] == b"\x16\xf1"


for mmtls_port in 80, 443, 8080, 7777:
    WAYS.append(Way(f"mmtls-{mmtls_port}", f"mmtls raw on {mmtls_port}, an unlisted address",
                    lambda a, port=mmtls_port: mmtls(a, port, app.hello()), ordinary="banned"))


@way("mmtls-early", "mmtls with its 0-RTT hello", ordinary="banned")
def mmtls_early(a):
    return mmtls(a, 5228, app.hello(early=True))


@way("mmtls-bytes", "mmtls byte by byte", ordinary="banned", leaves="the first eleven bytes")
def mmtls_bytes(a):
    return mmtls(a, 8080, app.hello()[:40], cut=1)


@way("mmtls-post", "mmtls in a POST (short link)", ordinary="banned")
def mmtls_post(a):
    with a.connect(80) as s:
        s.sendall(app.short_link(a.host()))
        return b"\x16\xf1" in s.recv(65535)


@way("mmtls-proxy", "mmtls in a POST, by an open proxy", ordinary="banned")
def mmtls_proxy(a):
    with a.connect(3128) as s:
        s.sendall(app.short_link(a.host()).replace(b"POST /", b"POST http://%s/" % a.host().encode(), 1))
        return b"\x16\xf1" in s.recv(65535)


@way("app", "WeChat as a whole: DNS, HTTPDNS, addresses raced", ordinary="banned", races=True)
def app_whole(a):
    for port in 80, 443, 8080:
        a.to("tcp", port)
    return app.run(a.name, [a.server])


# What no list can close.

@way("vpn", "an unknown VPN over UDP to an address that was looked up",
     open="no reader knows it and a name was asked for; default-deny egress closes it")
def vpn(a):
    name = a.name.replace("wechat.com", "good.example")
    a.names.add(name)
    assert a.truth(a.kdig(f"@{a.resolver}", "+short", name=name))
    return a.datagram(51820, *[os.urandom(148) for _ in range(3)])


@way("unknown-udp", "unknown bytes over UDP to an address that nobody looked up, 24 times", strict=True,
     open="no reader knows it; `strict: yes` stops what was never resolved, within 16 datagrams")
def unknown_udp(a):
    a.lives()
    return a.datagram(51820, *[b"\x90" + os.urandom(147) for _ in range(24)], each=True)


@way("unknown-tcp", "unknown bytes over TCP to an address that nobody looked up", strict=True,
     open="no reader knows it; `strict: yes` stops what was never resolved")
def unknown_tcp(a):
    a.lives()
    with a.connect(7777) as s:
        # The lab's server answers HTTP whatever comes before it in the line.
        s.sendall(b"Q\x90\x91\x92" + os.urandom(60).replace(b"\n", b"q") + b"\r\n\r\n")
        return bool(s.recv(65535))
