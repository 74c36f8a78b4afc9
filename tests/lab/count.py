# SPDX-License-Identifier: GPL-3.0-or-later
"""count - what passed one interface: bytes each way of each flow, and when the client saw its end.

Used by matrix.py: one at the client's interface, one at the Internet's. Reads headers only, so it is
right for every way, whatever program spoke.
"""
import socket
import struct
import threading
import time

ETH_P_ALL, PACKET_OUTGOING = 0x0003, 4
TCP, UDP, ICMP, ICMP6, FRAGMENT = 6, 17, 1, 58, 44
NAMES = {TCP: "tcp", UDP: "udp"}


class Flow:
    """All between a client and a server's port. `end`: what told the client that it is over."""

    def __init__(self):
        self.out = self.back = 0
        self.first = self.end = None
        self.how = ""

    def ended(self, how, at):
        if self.end is None:
            self.how, self.end = how, at


def read(packet):
    """(transport, source, source port, destination, destination port, payload length, flags, ICMP's
    inner packet or TCP's number) or None; ports are None in a later fragment."""
    if len(packet) < 20:
        return None
    if packet[0] >> 4 == 4:
        size = (packet[0] & 15) * 4
        total, ident, offset = struct.unpack_from("!HHH", packet, 2)
        kind, source, target = packet[9], packet[12:16], packet[16:20]
        rest, later = packet[size:total or None], offset & 0x1fff
        total = total or len(packet)
        length, key, family = total - size, ident, socket.AF_INET
    elif len(packet) >= 40:
        length, kind = struct.unpack_from("!HB", packet, 4)
        source, target, rest, later, key = packet[8:24], packet[24:40], packet[40:], 0, 0
        length = length or len(rest)
        family = socket.AF_INET6
        if kind == FRAGMENT and len(rest) >= 8:
            kind, _, offset, key = struct.unpack_from("!BBHI", rest)
            rest, later, length = rest[8:], offset & 0xfff8, length - 8
    else:
        return None
    ends = socket.inet_ntop(family, source), socket.inet_ntop(family, target)
    if later:
        return kind, ends[0], None, ends[1], None, length, 0, None
    if kind == TCP and len(rest) >= 20:
        a, b, number = struct.unpack_from("!HHI", rest)
        return kind, ends[0], a, ends[1], b, length - (rest[12] >> 4) * 4, rest[13], number
    if kind == UDP and len(rest) >= 8:
        a, b = struct.unpack_from("!HH", rest)
        return kind, ends[0], a, ends[1], b, length - 8, 0, None
    if kind == ICMP and len(rest) >= 8 and rest[0] in (3, 11):
        return kind, ends[0], 0, ends[1], 0, 0, rest[0], rest[8:]
    if kind == ICMP6 and len(rest) >= 8 and rest[0] in (1, 3):
        return kind, ends[0], 0, ends[1], 0, 0, rest[0], rest[8:]
    return None


class Counter:
    """Counts what passes `link` of a namespace, as seen from clients in `clients`."""

    def __init__(self, space, link, clients):
        self.flows, self.clients, self.latest, self.segments = {}, set(clients), {}, set()
        self.lock, self.socket = threading.Lock(), None
        ready = threading.Event()
        threading.Thread(target=self._read, args=(space, link, ready), daemon=True).start()
        ready.wait(5)

    def flow(self, kind, client, server, port):
        with self.lock:
            return self.flows.setdefault((kind, client, server, port), Flow())

    def _read(self, space, link, ready):
        space.enter()
        s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        s.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)    # SO_RCVBUFFORCE
        s.bind((link, ETH_P_ALL))
        self.socket = s
        ready.set()
        while True:
            packet = s.recv(65535)
            at = time.monotonic()
            try:
                self._note(packet, at)
            except (struct.error, IndexError, ValueError):
                pass

    def _note(self, packet, at):
        seen = read(packet)
        if seen is None:
            return
        kind, source, source_port, target, target_port, length, flags, inner = seen
        if kind in (ICMP, ICMP6):
            said = read(inner + bytes(40))
            if said and said[0] in NAMES and said[1] in self.clients:
                self.flow(NAMES[said[0]], said[1], said[3], said[4]).ended("ICMP", at)
            return
        if kind not in NAMES:
            return
        if kind == TCP and length > 0:
            if seen in self.segments:
                length = 0      # the same once more
            self.segments.add(seen)
        away = source in self.clients
        client, server, port = (source, target, target_port) if away else (target, source, source_port)
        if port is None:
            port = self.latest.get((kind, client, server, away))
            if port is None:
                return
        self.latest[kind, client, server, away] = port
        flow = self.flow(NAMES[kind], client, server, port)
        if away:
            flow.out += length
            flow.first = flow.first or at
        else:
            flow.back += length
            if kind == TCP and flags & 4:
                flow.ended("reset", at)
            elif kind == TCP and flags & 1:
                flow.ended("end", at)
            elif kind == UDP:
                flow.ended("answer", at)
