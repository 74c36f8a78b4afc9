# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP as clients and attackers use it: pipelining, any order, limits, slow and broken peers."""
import socket
import struct
import time

import internet
import lab
from lab import RESOLVER, dig, kdig

lab.enter_namespace()
folder = lab.scratch()
net = internet.start(folder / "internet")
dnsd = lab.Dnsd(folder / "dnsd", lab.config(folder / "dnsd", f"""\
  mode: forward
  forward:
    to: [{lab.ZONES_SERVER}]
  workers: 1
  tcp:
    connections: 40
    per_client: 30
    idle: 1s
    total: 6s
    pipeline: 16
""")).start()


def query(ident, name, kind=1):
    return struct.pack(">HHHHHH", ident, 0x100, 1, 0, 0, 0) + b"".join(
        bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0" + struct.pack(">HH", kind, 1)


def framed(*messages):
    return b"".join(struct.pack(">H", len(m)) + m for m in messages)


def connect(client=lab.CLIENTS[0]):
    s = socket.create_connection((RESOLVER, 53), 5, (client, 0))
    s.settimeout(5)
    return s


def read(s, count):
    """`count` answers by id."""
    data, answers = b"", {}
    while len(answers) < count:
        more = s.recv(65536)
        if not more:
            break
        data += more
        while len(data) >= 2 and len(data) >= 2 + struct.unpack(">H", data[:2])[0]:
            length = struct.unpack(">H", data[:2])[0]
            answers[struct.unpack(">H", data[2:4])[0]] = data[2:2 + length]
            data = data[2 + length:]
    return answers


def is_closed(s):
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True
    except socket.timeout:
        return False


def case_dig_and_kdig():
    assert dig("www.good.example", "A", "+tcp").data == ["192.0.2.10"]
    assert dig("www.wechat.com", "A", "+tcp").ede == [15]
    assert "192.0.2.10" in kdig("www.good.example", "A", "+tcp").text


def case_pipelined_queries_are_all_answered():
    s = connect()
    s.sendall(framed(*[query(i, "www.good.example" if i % 2 else "www.wechat.com")
                       for i in range(100)]))
    assert len(read(s, 100)) == 100


def case_a_local_answer_overtakes_a_remote_one():
    s = connect()
    s.sendall(framed(query(1, f"n{time.time_ns()}.wild.good.example"), query(2, "www.wechat.com")))
    first = read(s, 1)
    assert list(first)[0] == 2 or len(first) == 2, first
    assert len(first) == 2 or len(read(s, 1)) == 1


def case_byte_by_byte():
    s = connect()
    for byte in framed(query(9, "www.good.example")):
        s.send(bytes([byte]))
    assert 9 in read(s, 1)


def case_half_closed_clients_get_their_answers():
    s = connect()
    s.sendall(framed(*[query(i, f"h{i}.wild.good.example") for i in range(40)]))
    s.shutdown(socket.SHUT_WR)
    assert len(read(s, 40)) == 40
    assert is_closed(s)


def case_idle_connections_end():
    s = connect()
    began = time.monotonic()
    assert is_closed(s) and .8 < time.monotonic() - began < 3


def case_a_busy_connection_ends_too():
    s = connect()
    began, number = time.monotonic(), 0
    try:
        while time.monotonic() - began < 10:
            s.sendall(framed(query(number & 0xffff, "www.wechat.com")))
            if not read(s, 1):
                break
            number += 1
            time.sleep(.1)
    except OSError:
        pass
    assert 5 < time.monotonic() - began < 8


def case_one_client_cannot_take_all():
    mine = [connect() for _ in range(35)]
    time.sleep(.3)
    closed = 0
    for s in mine:
        s.settimeout(.02)
        closed += is_closed(s)
    assert 5 <= closed <= 6, closed
    other = connect("10.20.0.54")
    other.sendall(framed(query(5, "www.wechat.com")))
    assert 5 in read(other, 1)


def case_when_full_the_one_silent_longest_goes():
    time.sleep(1.5)
    a = [connect() for _ in range(28)]
    b = [connect("10.20.0.54") for _ in range(20)]
    b[-1].sendall(framed(query(6, "www.wechat.com")))
    assert 6 in read(b[-1], 1)
    a[0].settimeout(1)
    assert is_closed(a[0])


def case_garbage_does_no_harm():
    for junk in b"\xff" * 4096, b"\0\0" * 100, b"\0\5abcde", b"GET / HTTP/1.0\r\n\r\n":
        s = connect()
        s.sendall(junk)
        s.close()
    assert dig("www.wechat.com", "A", "+tcp").ede == [15]


def case_a_client_that_does_not_read():
    s = connect()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(.5)
    try:
        for number in range(2000):
            s.sendall(framed(*[query(i, "big.good.example", 16) for i in range(20)]))
    except (socket.timeout, OSError):
        pass
    assert dig("www.good.example").data == ["192.0.2.10"]
    memory = [l for l in open(f"/proc/{dnsd.roles()['serve 0']}/status") if l.startswith("VmRSS")]
    print("#", memory[0].strip())


def case_it_ends_cleanly():
    dnsd.stop()
    assert dnsd.child.returncode == 0, dnsd.log()


raise SystemExit(lab.run(globals()))
