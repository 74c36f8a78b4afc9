# SPDX-License-Identifier: GPL-3.0-or-later
"""app - behaves as WeChat does on the wire, as far as public captures show it.

Used by ways.py. It asks DNS and its own HTTPDNS at the same time, the latter by plain HTTP on TCP 8080
at built-in addresses; it races several built-in addresses on 80, 443 and 8080, over IPv4 and IPv6; its
hello is the first data that it sends, raw (long link) or in a POST (short link). Tells what answered.
"""
import os
import socket
import threading

HTTPDNS = "GET /cgi-bin/micromsg-bin/newgetdns?uin=0&clientversion=671107122&scene=0&net=1 HTTP/1.0\r\n" \
    "Host: dns.weixin.qq.com\r\nUser-Agent: MicroMessenger Client\r\nAccept: */*\r\n\r\n"
SHORT_LINK = "POST /mmtls/00ab12cd HTTP/1.1\r\nAccept: */*\r\nCache-Control: no-cache\r\n" \
    "Connection: Keep-Alive\r\nContent-Length: {}\r\nContent-Type: application/octet-stream\r\n" \
    "Host: {}\r\nUpgrade: mmtls\r\nUser-Agent: MicroMessenger Client\r\n\r\n"
TIMEOUT = 1.5


def hello(early=False, full=False):
    """A client hello of mmtls: a resumed session, unless `full`; `early` is its 0-RTT form."""
    size = 0x16e if full else 0xa1
    head = bytes([0x19 if early else 0x16, 0xf1, 4]) + size.to_bytes(2, "big")
    inner = (size - 4).to_bytes(4, "big") + b"\1\4\xf1" + (b"\2\xc0\x2b\0\xa8" if full else b"\1\0\xa8")
    return head + inner + os.urandom(size - len(inner))


def short_link(host):
    body = hello(full=True)
    return SHORT_LINK.format(len(body), host).encode() + body


def exchange(address, port, said, timeout=TIMEOUT):
    """What a server of TCP answers first, b"" if nothing."""
    try:
        with socket.create_connection((address, port), timeout) as s:
            s.settimeout(timeout)
            s.sendall(said)
            return s.recv(65535)
    except OSError:
        return b""


def looked_up(name, true):
    """Whether DNS gives one of the true addresses."""
    try:
        return bool({info[4][0] for info in socket.getaddrinfo(name, 443)} & set(true))
    except OSError:
        return False


def run(name, built_in):
    """Starts the app for a moment; gives the names of what answered with true data."""
    found, threads = {}, []

    def race(what, function, *words):
        def body():
            found[what] = function(*words)
        threads.append(threading.Thread(target=body, daemon=True))
        threads[-1].start()

    race("DNS", looked_up, name, built_in)
    for address in built_in:
        race(f"HTTPDNS {address}", exchange, address, 8080, HTTPDNS.encode())
        for port in 80, 443, 8080:
            race(f"long link {address} {port}", exchange, address, port, hello())
        for port in 80, 443:
            race(f"short link {address} {port}", exchange, address, port, short_link(address))
    for t in threads:
        t.join(2 * TIMEOUT + 1)
    return sorted(what for what, answer in found.items() if answer)
