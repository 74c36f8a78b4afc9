# SPDX-License-Identifier: GPL-3.0-or-later
"""dnscrypt - a client of DNSCrypt version 2 in a page, since Debian 12 has none.

Used by ways.py. X25519, XSalsa20 and Poly1305 as RFC 7748, the XSalsa20 paper and RFC 8439 write them;
slow, and for tests only.
"""
import os
import struct

from wire import query

P = 2 ** 255 - 19
BASE = (9).to_bytes(32, "little")
MASK = 0xffffffff
TXT, MAGIC = 16, b"r6fnvWj8"


def x25519(scalar, point):
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = (k[31] & 127) | 64
    k, u = int.from_bytes(k, "little"), int.from_bytes(point, "little") & (2 ** 255 - 1)
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, (aa - bb) * (aa + 121665 * (aa - bb)) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def rounds(x):
    def turn(a, b, c, d):
        for to, one, two, by in ((b, a, d, 7), (c, b, a, 9), (d, c, b, 13), (a, d, c, 18)):
            s = x[one] + x[two] & MASK
            x[to] ^= (s << by | s >> 32 - by) & MASK
    for _ in range(10):
        for columns in (0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11):
            turn(*columns)
        for rows in (0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14):
            turn(*rows)
    return x


def state(key, sixteen):
    c, k, n = struct.unpack("<4I", b"expand 32-byte k"), struct.unpack("<8I", key), \
        struct.unpack("<4I", sixteen)
    return [c[0], *k[:4], c[1], *n, c[2], *k[4:], c[3]]


def hsalsa20(key, sixteen):
    x = rounds(state(key, sixteen))
    return struct.pack("<8I", *(x[i] for i in (0, 5, 10, 15, 6, 7, 8, 9)))


def stream(key, nonce, length):
    """XSalsa20."""
    inner, made, block = hsalsa20(key, nonce[:16]), b"", 0
    while len(made) < length:
        start = state(inner, nonce[16:] + struct.pack("<Q", block))
        made += struct.pack("<16I", *((a + b) & MASK for a, b in zip(start, rounds(list(start)))))
        block += 1
    return made[:length]


def poly1305(key, data):
    r, s = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff, key[16:32]
    total = 0
    for at in range(0, len(data), 16):
        total = (total + int.from_bytes(data[at:at + 16] + b"\1", "little")) * r % (2 ** 130 - 5)
    return (total + int.from_bytes(s, "little") & 2 ** 128 - 1).to_bytes(16, "little")


def seal(key, nonce, data):
    pad = stream(key, nonce, 32 + len(data))
    sealed = bytes(a ^ b for a, b in zip(data, pad[32:]))
    return poly1305(pad[:32], sealed) + sealed


def open_sealed(key, nonce, data):
    pad = stream(key, nonce, 16 + len(data))
    if poly1305(pad[:32], data[16:]) != data[:16]:
        raise ValueError("not sealed with this key")
    return bytes(a ^ b for a, b in zip(data[16:], pad[32:]))


def certificate_question(provider):
    return query(0x2026, provider, TXT)


def certificate_of(answer):
    """(the resolver's key, the client's magic) of a version-1 certificate."""
    at = answer.index(b"DNSC")
    if answer[at + 4:at + 6] != b"\0\1":
        raise ValueError("another kind of seal")
    signed = answer[at + 72:]
    return signed[:32], signed[32:40]


class Client:
    def __init__(self, certificate):
        key, self.magic = certificate
        self.secret = os.urandom(32)
        self.shared = hsalsa20(x25519(self.secret, key), bytes(16))

    def question(self, text, kind):
        plain = query(0x2026, text, kind)
        plain += b"\x80"
        plain += bytes(max(256, -(-len(plain) // 64) * 64) - len(plain))
        self.nonce = os.urandom(12)
        return self.magic + x25519(self.secret, BASE) + self.nonce + \
            seal(self.shared, self.nonce + bytes(12), plain)

    def answer(self, data):
        if data[:8] != MAGIC or data[8:20] != self.nonce:
            raise ValueError("no answer of DNSCrypt")
        plain = open_sealed(self.shared, data[8:32], data[32:])
        return plain[:plain.rindex(b"\x80")]
