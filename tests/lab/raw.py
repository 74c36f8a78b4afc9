# SPDX-License-Identifier: GPL-3.0-or-later
"""raw - a TCP of a few lines, for segments and fragments as no kernel would send them.

Used by ways.py in a client's namespace. The client's own kernel knows nothing of these connections:
quiet() keeps it from resetting them.
"""
import random
import socket
import struct
import time

PORTS = range(50000, 51000)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
QUIET = """table inet raw {{
  chain output {{
    type filter hook output priority 0;
    meta mark 0 tcp sport {first}-{last} tcp flags rst drop
  }}
}}
"""


def quiet(space):
    space.run("nft", "-f", "-", stdin=QUIET.format(first=PORTS[0], last=PORTS[-1]))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Connection:
    """After connect(), send_at() sends any bytes of the stream, in any order."""

    def __init__(self, source, target, port):
        self.family = socket.AF_INET6 if ":" in target else socket.AF_INET
        self.source, self.target = (socket.inet_pton(self.family, a) for a in (source, target))
        self.to, self.port, self.own = target, port, random.choice(PORTS)
        self.first, self.next = random.getrandbits(30), 0
        self.theirs = None
        self.reset = False
        self.received = b""
        self.socket = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.socket.bind((source, 0))
        self.socket.settimeout(.2)
        # Whole packets, headers and all: for fragments.
        self.whole = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_RAW)
        for s in self.socket, self.whole:
            s.setsockopt(socket.SOL_SOCKET, 36, 1)      # SO_MARK: not of the kernel's own

    def close(self):
        if self.theirs is not None and not self.reset:
            self._send(self.first + 1 + self.next, FIN | ACK)
        self.socket.close()
        self.whole.close()

    def segment(self, number, flags, payload=b"", sound=True):
        head = struct.pack("!HHIIBBHHH", self.own, self.port, number & 0xffffffff,
                           (self.theirs or 0) & 0xffffffff, 5 << 4, flags, 0xffff, 0, 0)
        pseudo = self.source + self.target + struct.pack("!II", len(head) + len(payload), 6)
        total = checksum(pseudo + head + payload) ^ (not sound)
        return head[:16] + struct.pack("!H", total) + head[18:] + payload

    def _send(self, number, flags, payload=b""):
        self.socket.sendto(self.segment(number, flags, payload), (self.to, 0))

    def connect(self):
        for _ in range(3):
            self._send(self.first, SYN)
            if self._wait(lambda: self.theirs is not None or self.reset, 1):
                break
        if self.theirs is None:
            raise ConnectionError("no connection")
        self._send(self.first + 1, ACK)
        return self

    def send_at(self, offset, payload):
        self.next = max(self.next, offset + len(payload))
        self._send(self.first + 1 + offset, ACK | PSH, payload)

    def send_decoy(self, payload):
        """Bytes with a wrong checksum, where the next ones will be: the server drops them."""
        data = self.segment(self.first + 1 + self.next, ACK | PSH, payload, sound=False)
        if self.family == socket.AF_INET:
            self.socket.sendto(data, (self.to, 0))
        else:   # the kernel makes checksums of IPv6 itself
            head = struct.pack("!IHBB16s16s", 6 << 28, len(data), 6, 64, self.source, self.target)
            self.whole.sendto(head + data, (self.to, 0))

    def send_in_fragments(self, offset, payload, size=64):
        """One segment in fragments of IP, the last first."""
        self.next = max(self.next, offset + len(payload))
        data = self.segment(self.first + 1 + offset, ACK | PSH, payload)
        ident = random.getrandbits(16)
        pieces = [(at, data[at:at + size]) for at in range(0, len(data), size)]
        for at, piece in reversed(pieces):
            more = at + size < len(data)
            if self.family == socket.AF_INET:
                head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(piece), ident, more << 13 | at // 8,
                                   64, 6, 0, self.source, self.target)
            else:
                head = struct.pack("!IHBB16s16sBBHI", 6 << 28, 8 + len(piece), 44, 64, self.source,
                                   self.target, 6, 0, at | more, ident)
            self.whole.sendto(head + piece, (self.to, 0))

    def answered(self, seconds=2):
        """Bytes of the server's, or b"" after a reset or too long a silence."""
        self._wait(lambda: self.received or self.reset, seconds)
        return self.received

    def _wait(self, condition, seconds):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and not condition():
            try:
                self._take(self.socket.recv(65535))
            except TimeoutError:
                pass
        return condition()

    def _take(self, packet):
        if self.family == socket.AF_INET:
            packet = packet[(packet[0] & 15) * 4:]
        source, target, number = struct.unpack_from("!HHI", packet)
        if source != self.port or target != self.own:
            return
        flags, payload = packet[13], packet[(packet[12] >> 4) * 4:]
        if flags & RST:
            self.reset = True
        elif flags & SYN:
            self.theirs = number + 1
        elif payload and number == self.theirs & 0xffffffff:
            self.received += payload
            self.theirs += len(payload)
            self._send(self.first + 1 + self.next, ACK)
