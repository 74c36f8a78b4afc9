# SPDX-License-Identifier: GPL-3.0-or-later
"""wire - DNS messages as bytes, for tests that send what no library would.

Used by the hostile client and the hostile upstream. Reading is strict: what breaks a rule is a ValueError.
"""
import struct

A, NS, CNAME, SOA, TXT, AAAA, DNAME, OPT, HTTPS = 1, 2, 5, 6, 16, 28, 39, 41, 65
QR, AA, TC, RD, RA, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0010
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
NAMED = {NS: 0, CNAME: 0, 12: 0, DNAME: 0, 15: 2}      # type -> where a name stands in its data


def name(text):
    return b"".join(bytes([len(l)]) + l.encode() for l in text.strip(".").split(".") if l) + b"\0"


def question(text, kind=A, klass=1):
    return name(text) + struct.pack(">HH", kind, klass)


def record(owner, kind, data, ttl=60, klass=1):
    """`owner` as text, or as bytes (a pointer)."""
    owner = name(owner) if isinstance(owner, str) else owner
    return owner + struct.pack(">HHIH", kind, klass, ttl, len(data)) + data


def opt(flags=0, options=b"", size=1232):
    return b"\0" + struct.pack(">HHIH", OPT, size, flags, len(options)) + options


def message(ident, flags, questions, answers=(), authority=(), additional=()):
    sections = (questions, answers, authority, additional)
    head = struct.pack(">HH4H", ident, flags, *(len(s) for s in sections))
    return head + b"".join(b"".join(s) for s in sections)


def query(ident, text, kind=A, flags=RD, dnssec=False, edns=True):
    additional = [opt(0x8000 if dnssec else 0)] if edns else []
    return message(ident, flags, [question(text, kind)], additional=additional)


def framed(*messages):
    return b"".join(struct.pack(">H", len(m)) + m for m in messages)


class Message:
    """A sound message; records are (section, owner, type, class, data, name in the data or None)."""

    def __init__(self, data):
        if len(data) < 12:
            raise ValueError("no header")
        self.data = data
        self.ident, self.flags, *counts = struct.unpack_from(">HH4H", data)
        self.rcode, self.place = self.flags & 15, 12
        self.questions = [(self._name(), *self._take(">HH")) for _ in range(counts[0])]
        self.question_bytes = data[12:self.place]
        self.records = [self._record(s) for s in (1, 2, 3) for _ in range(counts[s])]
        if self.place != len(data):
            raise ValueError("bytes are left over")

    def addresses(self):
        return [r[4] for r in self.records if r[0] == 1 and r[2] in (A, AAAA)]

    def _take(self, form):
        try:
            values = struct.unpack_from(form, self.data, self.place)
        except struct.error:
            raise ValueError("cut short") from None
        self.place += struct.calcsize(form)
        return values

    def _record(self, section):
        owner = self._name()
        kind, klass, _, length = self._take(">HHIH")
        start, end = self.place, self.place + length
        if end > len(self.data):
            raise ValueError("cut short")
        inner = None
        if kind in NAMED:
            self.place = start + NAMED[kind]
            inner = self._name()
        self.place = end
        return section, owner, kind, klass, self.data[start:end], inner

    def _name(self):
        labels, place, behind, left = [], self.place, None, 128
        while True:
            left -= 1
            if place >= len(self.data) or left == 0:
                raise ValueError("a name without end")
            length = self.data[place]
            if length >= 0xc0:
                behind = behind or place + 2
                place = (length & 0x3f) << 8 | self.data[place + 1]
            elif length > 63:
                raise ValueError("no label")
            elif length == 0:
                self.place = behind or place + 1
                return b".".join(labels).lower()
            else:
                labels.append(self.data[place + 1:place + 1 + length])
                place += 1 + length


def mutate(random, data):
    """The same bytes with a few wounds."""
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        at = random.randrange(len(data)) if data else 0
        wound = random.randrange(7)
        if wound == 0 and data:
            data[at] ^= 1 << random.randrange(8)
        elif wound == 1 and data:
            data[at] = random.choice((0, 1, 0x0c, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff))
        elif wound == 2:
            del data[at:at + random.randrange(1, 9)]
        elif wound == 3:
            data[at:at] = data[at:at + random.randrange(1, 40)]
        elif wound == 4:
            data[at:at] = random.randbytes(random.randrange(1, 9))
        elif wound == 5 and random.randrange(4) == 0:
            del data[at:]
        elif wound == 6 and random.randrange(4) == 0:
            data += random.randbytes(random.randrange(1, 300))
    return bytes(data)
