# SPDX-License-Identifier: GPL-3.0-or-later
"""hostile - an upstream that does whatever the name it is asked for says: `wrong-id-7.evil.example`.

Used by test_hostile.py as a program of its own: hostile.py ADDRESS OTHER_ADDRESS. Every other name is
answered truthfully. By TCP it tells the truth, too, unless the lie is one of those that need TCP.
"""
import heapq
import itertools
import random
import re
import selectors
import socket
import struct
import sys
import time

from wire import (A, AA, AAAA, CNAME, DNAME, HTTPS, NS, NXDOMAIN, QR, RA, RD, SOA, TC, TXT, Message, framed,
                  message, mutate, name, record)

TRUTH, TRUTH6 = bytes([192, 0, 2, 10]), bytes.fromhex("20010db8007700000000000000000010")
LIE = bytes([198, 51, 100, 66])                        # must never reach anybody
LISTED = bytes([203, 0, 113, 66])                      # must never reach a client that is filtered
BEHIND = bytes([203, 0, 113, 9])                       # what the names below wechat.com have
ASKED = b"\xc0\x0c"
FINE = QR | AA | RD | RA


def pointer(place):
    return struct.pack(">H", 0xc000 | place)


def truth(q, extra=(), authority=(), additional=()):
    """The right answer to q, with more around it."""
    kind = q.questions[0][1]
    data = {A: TRUTH, AAAA: TRUTH6, HTTPS: b"\0\1\0\0\4\0\4" + TRUTH, TXT: b"\4true"}.get(kind)
    own = [record(ASKED, kind, data)] if data else []
    return message(q.ident, FINE, [q.question_bytes], [*own, *extra], authority, additional)


def says(q, *answers, flags=FINE, ask=None, authority=(), additional=()):
    return message(q.ident, flags, [ask or q.question_bytes], answers, authority, additional)


def lie(q, **how):
    return says(q, record(ASKED, A, LIE), **how)


def raw(q, record_bytes, count=1):
    """An answer that ends in bytes of any kind."""
    return struct.pack(">HH4H", q.ident, FINE, 1, count, 0, 0) + q.question_bytes + record_bytes


def chain(first, names, data):
    owners = [first, *names]
    links = [record(o, CNAME, name(t)) for o, t in zip(owners, names)]
    return [*links, record(owners[-1], A, data)]


def poison(q):
    return dict(authority=[record("example", NS, name("victim.example")),
                           record("example", SOA, name("a") * 2 + bytes(20))],
                additional=[record("victim.example", A, LIE), record("www.wechat.com", A, LIE)])


def kind_changed(q, kind, klass):
    return q.question_bytes[:-4] + struct.pack(">HH", kind, klass)


def mutated(q):
    number = int(re.search(rb"-(\d+)", q.questions[0][0]).group(1))
    r = random.Random(number)
    whole = r.choice((cloak, cloak_address, cloak_https, extra, thousands_of_few, dname, truth))(q)
    whole = whole[0] if isinstance(whole, list) else whole
    start = r.choice((2, 12 + len(q.question_bytes), 12 + len(q.question_bytes)))
    return whole[:start] + mutate(r, whole[start:])


def extra(q):
    return truth(q, extra=[record("victim.example", A, LIE), record("wechat.com", A, LISTED)], **poison(q))


def cloak(q):
    return says(q, *chain(ASKED, ["cdn.plain.example", "www.wechat.com"], BEHIND))


def cloak_address(q):
    return says(q, record(ASKED, A, TRUTH), record(ASKED, A, LISTED))


def cloak_https(q):
    return says(q, record(ASKED, HTTPS, b"\0\1\0\0\4\0\4" + LISTED))


def dname(q):
    return says(q, record("evil.example", DNAME, name("wechat.com")),
                *chain(ASKED, ["x.wechat.com"], BEHIND))


def thousands_of_few(q):
    return says(q, *[record(ASKED, A, bytes([192, 0, 2, i])) for i in range(40)])


def thousands(q):
    return says(q, *[record(ASKED, A, struct.pack(">I", 0xc6120000 + i)) for i in range(4000)])


def heavy(q):
    """Every record is cheap to send and dear to look at: a name of 127 labels behind a pointer."""
    deep = record(ASKED, NS, b"\1x" * 127 + b"\0")
    return says(q, deep, *[record(ASKED, NS, pointer(12 + len(q.question_bytes) + 12))] * 4600)


# What is sent by UDP: messages, or (seconds of delay, message).
BEHAVIOURS = {
    "wrong-id": lambda q: [*(struct.pack(">H", q.ident ^ 1 << i) + lie(q)[2:] for i in range(16)),
                           (.03, truth(q))],
    "wrong-name": lambda q: [lie(q, ask=name("victim.example") + q.question_bytes[-4:]), (.03, truth(q))],
    "wrong-case": lambda q: [lie(q, ask=q.question_bytes[:-4].swapcase() + q.question_bytes[-4:])],
    "wrong-type": lambda q: [lie(q, ask=kind_changed(q, AAAA, 1)), (.03, truth(q))],
    "wrong-class": lambda q: [lie(q, ask=kind_changed(q, A, 3)), (.03, truth(q))],
    "wrong-source": lambda q: [(0, lie(q), "other")] * 8 + [(.05, truth(q))],
    "no-answer-bit": lambda q: [lie(q, flags=RD), (.03, truth(q))],
    "wrong-opcode": lambda q: [lie(q, flags=FINE | 4 << 11), (.03, truth(q))],
    "two-questions": lambda q: [message(q.ident, FINE, [q.question_bytes] * 2, [record(ASKED, A, LIE)])],
    "no-question": lambda q: [message(q.ident, FINE, [], [record("victim.example", A, LIE)]),
                              (.03, truth(q))],
    "empty": lambda q: [b"", b"\0", q.data[:2], (.05, truth(q))],
    "echo": lambda q: [q.data, (.03, truth(q))],
    "truncated": lambda q: [lie(q, flags=FINE | TC)],
    "oversized": lambda q: [says(q, *[record(ASKED, A, LIE)] * 300)],
    "duplicate": lambda q: [truth(q)] * 5 + [(.05, lie(q))] * 5,
    "slow": lambda q: [(.7, truth(q))],
    "additional": lambda q: [truth(q, **poison(q))],
    "beside": extra,
    "cut": lambda q: [truth(q)[:-3]],
    "left-over": lambda q: [truth(q) + b"\0"],
    "pointer-loop": lambda q: [raw(q, pointer(12 + len(q.question_bytes)) + record(b"", A, LIE))],
    "pointer-ahead": lambda q: [raw(q, b"\xff\xff" + record(b"", A, LIE))],
    "pointer-to-header": lambda q: [raw(q, b"\xc0\x00" + record(b"", A, LIE))],
    "long-name": lambda q: [raw(q, (b"\x3f" + b"x" * 63) * 4 + record(b"\0", A, LIE))],
    "bad-label": lambda q: [raw(q, b"\x80xx\0" + record(b"", A, LIE))],
    "many-counted": lambda q: [raw(q, record(ASKED, A, LIE), 65535)],
    "cname-loop": lambda q: [says(q, *chain(ASKED, [f"{c}.plain.example" for c in "aba"], LIE))],
    "cname-self": lambda q: [says(q, record(ASKED, CNAME, ASKED))],
    "cname-long": lambda q: [says(q, *chain(ASKED, [f"n{i}.plain.example" for i in range(14)], LIE))],
    "thousands": lambda q: [says(q, flags=FINE | TC)],
    "heavy": lambda q: [says(q, flags=FINE | TC)],
    "cloak": cloak,
    "cloak-case": lambda q: says(q, *chain(ASKED, ["WWW.WeChat.COM"], BEHIND)),
    "cloak-deep": lambda q: says(q, *chain(ASKED, [*(f"n{i}.plain.example" for i in range(8)),
                                                   "wechat.com"], BEHIND)),
    "cloak-middle": lambda q: says(q, *chain(ASKED, ["x.wechat.com", "cdn.plain.example"], BEHIND)),
    "cloak-dname": dname,
    "cloak-address": cloak_address,
    "cloak-nothing": lambda q: says(q, record(ASKED, CNAME, name("wechat.com")), flags=FINE | NXDOMAIN,
                                    authority=[record("com", SOA, name("a") * 2 + bytes(20))]),
    "cloak-mapped": lambda q: says(q, record(ASKED, AAAA, bytes(10) + b"\xff\xff" + LISTED)),
    "cloak-nat64": lambda q: says(q, record(ASKED, AAAA, bytes.fromhex("0064ff9b0000000000000000") + LISTED)),
    "cloak-hint": cloak_https,
    "cloak-target": lambda q: says(q, record(ASKED, HTTPS, b"\0\1" + name("x.wechat.com"))),
    "cloak-alias": lambda q: says(q, record(ASKED, HTTPS, b"\0\0" + name("wechat.com"))),
    "cloak-unknown": lambda q: says(q, record(ASKED, HTTPS, b"\0\1\0\0\4\0\4" + LISTED + b"\xff\x00\0\3abc")),
    # What is in no sound record must not pass even for those who are not filtered.
    "odd-length": lambda q: says(q, record(ASKED, A, LISTED + b"\0")),
    "odd-class": lambda q: says(q, record(ASKED, A, LISTED, klass=3)),
    "odd-owner": lambda q: says(q, record("other.example", A, LISTED)),
    "odd-hint": lambda q: says(q, record(ASKED, HTTPS, b"\0\1\0\0\4\0\5" + LISTED + b"\0")),
    "odd-section": lambda q: says(q, authority=[record(ASKED, A, LISTED)],
                                  additional=[record(ASKED, A, LISTED)]),
    "mutated": mutated,
}
BY_TCP = {"thousands": thousands, "heavy": heavy, "mutated": mutated}


def behaviour(q):
    found = re.match(rb"([a-z0-9-]+?)(-\d+)?\.evil\.example$", q.questions[0][0])
    return found.group(1).decode() if found else None


class Upstream:
    def __init__(self, address, other):
        self.select = selectors.DefaultSelector()
        self.later, self.order = [], itertools.count()
        self.udp, self.other = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.udp.bind((address, 53))
        self.other.bind((other, 53))
        self.listener = socket.create_server((address, 53), backlog=200)
        self.select.register(self.udp, selectors.EVENT_READ, self.on_datagram)
        self.select.register(self.listener, selectors.EVENT_READ, self.on_connection)

    def send(self, to, data, way="udp"):
        try:
            (self.udp if way == "udp" else self.other).sendto(data, to)
        except OSError:
            pass                                       # whoever asked has closed its port

    def on_datagram(self, _):
        data, to = self.udp.recvfrom(65535)
        try:
            q = Message(data)
        except ValueError:
            return
        answers = BEHAVIOURS.get(behaviour(q), truth)(q)
        for answer in answers if isinstance(answers, list) else [answers]:
            after, *rest = answer if isinstance(answer, tuple) else (0, answer)
            if after == 0:
                self.send(to, *rest)
            else:
                heapq.heappush(self.later, (time.monotonic() + after, next(self.order), to, rest))

    def on_connection(self, _):
        stream, _ = self.listener.accept()
        stream.settimeout(2)
        try:
            data = stream.recv(2)
            q = Message(stream.recv(struct.unpack(">H", data)[0]))
            stream.sendall(framed(BY_TCP.get(behaviour(q), truth)(q)))
        except (OSError, ValueError, struct.error):
            pass
        stream.close()

    def run(self):
        while True:
            wait = max(0, self.later[0][0] - time.monotonic()) if self.later else None
            for key, _ in self.select.select(wait):
                key.data(key.fileobj)
            while self.later and self.later[0][0] <= time.monotonic():
                _, _, to, rest = heapq.heappop(self.later)
                self.send(to, *rest)


if __name__ == "__main__":
    Upstream(*sys.argv[1:]).run()
