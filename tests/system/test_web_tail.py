# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes on for long: the live tail, which neither loses nor doubles a line whatever comes between, and
exports to who reads slowly, while others are served."""
import http.client
import json
import pathlib
import resource
import socket
import time

import lab
import watched
from console import Browser
from watched import PORT, code_of, drain, get, grow

people = {}


class Tail:
    """A browser's EventSource."""

    def __init__(self, query="", last=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        headers = {"Cookie": people["admin"].cookie, **({"Last-Event-ID": last} if last else {})}
        self.connection.request("GET", "/api/tail" + query, headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        assert self.answer.getheader("Content-Type") == "text/event-stream"
        assert self.answer.getheader("Cache-Control") == "no-store"
        self.last, self.skipped = last, 0
        if last is None:
            self.event()

    def event(self):
        """The next block, dispatched as the HTML standard says."""
        event = {}
        while (line := self.answer.readline().decode().rstrip("\n")) or not event:
            assert line or not self.answer.isclosed(), "it has ended"
            if line and not line.startswith(":"):
                key, _, value = line.partition(": ")
                event[key] = value
        self.last = event.get("id", self.last)
        if event.get("event") == "skipped":
            self.skipped += json.loads(event["data"])["count"]
        return event

    def names(self, count):
        """Of so many rows."""
        found, limit = [], time.monotonic() + 120
        while len(found) < count:
            assert time.monotonic() < limit, f"{len(found)} of {count} rows: {found}"
            event = self.event()
            if event.get("event") == "row":
                found.append(json.loads(event["data"])["name"])
        return found

    def close(self):
        self.connection.close()


def names(word, count):
    return [f"{word}{n}.weixin.com" for n in range(count)]


def read_whole():
    admin = people["admin"]
    lab.until("it is read", lambda: sum(g["lines"] for g in admin.get("/api/gateways")["gateways"]) >=
              watched.written(consoled.home), seconds=120)


def only_mark_follows(tail, mark):
    """Nothing else comes before a row that is written now."""
    grow(consoled.home, [mark])
    assert tail.names(1) == [mark]
    tail.close()


def case_rows_as_they_come():
    people["admin"] = consoled.first()
    watched.wait(people["admin"], LINES)
    tail = Tail("?app=WeChat")
    assert tail.last, "no id before the first row"
    grow(consoled.home, ["live.weixin.com"])
    assert tail.names(1) == ["live.weixin.com"] and not tail.skipped
    tail.close()
    lab.until("it is forgotten", lambda: "ponor_tails 0" in Browser(PORT).ask("GET", "/metrics")[2].decode(),
              seconds=60)


def case_rows_that_come_late_or_out_of_order():
    """A gateway whose files are copied once a minute, beside one that is live."""
    tail = Tail()
    grow(consoled.home, names("e", 5))
    assert tail.names(5) == names("e", 5)
    grow(consoled.home, names("late", 30), folder="wire", behind=[48 - n + n % 2 * 1.5 for n in range(30)])
    grow(consoled.home, names("f", 5))
    found = tail.names(35)
    assert sorted(found) == sorted(names("late", 30) + names("f", 5)), found
    grow(consoled.home, names("later", 3), folder="wire", behind=[15, 12, 4])
    assert tail.names(3) == names("later", 3)
    only_mark_follows(tail, "mark.weixin.com")


def case_who_comes_back_gets_what_came_meanwhile():
    tail = Tail()
    first = tail.last
    grow(consoled.home, names("a", 3))
    assert tail.names(3) == names("a", 3)
    tail.close()
    grow(consoled.home, names("b", 5))
    grow(consoled.home, names("w", 4), folder="wire")
    read_whole()
    for last, query in (tail.last, ""), (None, "?after=" + tail.last):
        again = Tail(query, last)
        found = again.names(9)
        assert [n for n in found if n[0] == "b"] == names("b", 5), found
        assert [n for n in found if n[0] == "w"] == names("w", 4), found
        only_mark_follows(again, "mark.weixin.com")
    again = Tail(last=first)
    assert sorted(again.names(14)) == sorted(names("a", 3) + names("b", 5) + names("w", 4) +
                                             2 * ["mark.weixin.com"])
    assert not again.skipped
    again.close()


def case_a_break_between_any_two_rows():
    tail = Tail()
    grow(consoled.home, names("c", 40), behind=[n % 3 * .4 for n in range(40)])
    grow(consoled.home, names("d", 20), folder="wire")
    found = []
    while len(found) < 60:
        found += tail.names(min(7, 60 - len(found)))
        tail.close()
        tail = Tail(last=tail.last)
    assert sorted(found) == sorted(names("c", 40) + names("d", 20)), found
    assert [n for n in found if n[0] == "c"] == names("c", 40), found
    only_mark_follows(tail, "mark.weixin.com")


def case_a_burst_is_given_in_portions():
    tail = Tail()
    grow(consoled.home, names("g", 700))
    found = tail.names(700)
    assert sorted(found) == sorted(names("g", 700)) and not tail.skipped, (len(set(found)), tail.skipped)
    only_mark_follows(tail, "mark.weixin.com")


def case_what_is_too_much_is_said():
    tail = Tail()
    tail.close()
    grow(consoled.home, names("h", 3000))
    read_whole()
    again = Tail(last=tail.last)
    grow(consoled.home, ["mark.weixin.com"])
    found = []
    while "mark.weixin.com" not in found:
        found += again.names(1)
    assert len(found) == 3001 or again.skipped > 0, (len(found), again.skipped)
    assert len(found) - 1 + again.skipped <= 3000 and len(set(found)) == len(found)
    again.close()


def case_consoled_starts_anew_meanwhile():
    tail = Tail()
    grow(consoled.home, names("i", 2))
    assert tail.names(2) == names("i", 2)
    consoled.stop()
    tail.close()
    grow(consoled.home, names("j", 6))
    consoled.start()
    read_whole()
    again = Tail(last=tail.last)
    assert again.names(6) == names("j", 6) and not again.skipped
    only_mark_follows(again, "mark.weixin.com")


def case_an_id_that_is_none():
    for last in "x", "1-2", "1-1.2.3", "99999999-1.1.1-2.1.1", tail_id_of_another():
        tail = Tail(last=last)
        only_mark_follows(tail, "mark.weixin.com")
    assert people["admin"].ask("GET", "/api/tail?client=x")[0] == 400


def tail_id_of_another():
    tail = Tail()
    tail.close()
    number, _, rest = tail.last.partition("-")
    return f"{int(number) + 1}-{rest}"


def case_only_so_many():
    admin = people["admin"]
    held = []
    for _ in range(64):
        s = socket.create_connection(("127.0.0.1", PORT), timeout=60)
        s.sendall(get("/api/tail", f"Cookie: {admin.cookie}\r\n").encode())
        assert code_of(s.recv(4096)) == 200
        held.append(s)
    code, _, text = admin.ask("GET", "/api/tail")
    assert code == 503 and json.loads(text)["error"]["word"] == "busy", text
    grow(consoled.home, names("many", 20))
    for s in held:
        said = b""
        while b"many19." not in said:
            said += s.recv(65536)
        s.close()
    lab.until("there is room again", lambda: tail_begins(admin), seconds=60)


def tail_begins(admin):
    with socket.create_connection(("127.0.0.1", PORT), timeout=60) as s:
        s.sendall(get("/api/tail", f"Cookie: {admin.cookie}\r\n").encode())
        return code_of(s.recv(4096)) == 200


def slow_export(path="/api/export/events.json", version="1.1"):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", PORT))
    s.sendall(get(path, f"Cookie: {people['admin'].cookie}\r\nConnection: close\r\n").replace(
        "HTTP/1.1", "HTTP/" + version).encode())
    return s


def take_all(s):
    """Everything, at last. The window is opened: a small one lets some kernels wait between packets."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.settimeout(120)
    return drain(s).split(b"\r\n\r\n", 1)[1]


def case_who_reads_slowly_is_waited_for_and_costs_little():
    """Exports larger than all buffers, of which nothing is taken for a while; others are served."""
    admin = people["admin"]
    grow(consoled.home, ["x." * 60 + "weixin.com"] * 20000)
    read_whole()
    before = memory()
    held = [slow_export() for _ in range(16)]
    assert admin.ask("GET", "/api/export/events.json")[0] == 503, "one more than are allowed"
    for _ in range(20):
        admin.get("/api/overview")
    assert memory() - before < (512 if lab.SANITIZED else 48) << 20, (before, memory())
    body = take_all(held[0])
    assert body.endswith(b"0\r\n\r\n"), body[-50:]
    assert len(json.loads(unchunk(body))) > 20000
    for s in held:
        s.close()
    lab.until("they are forgotten", lambda: admin.ask("GET", "/api/export/events.json?most=1")[0] == 200,
              seconds=60)


def case_an_export_to_an_old_client_ends():
    """HTTP/1.0 has no chunks: the end is the connection's, also where the last page is empty."""
    for most in 500, 1000, 700:
        body = take_all(slow_export(f"/api/export/events.csv?most={most}", "1.0"))
        assert body.count(b"\r\n") == most + 1, (most, body[-100:])
    assert take_all(slow_export("/api/export/events.csv?app=nothing", "1.0")).count(b"\r\n") == 1


def case_an_export_that_cannot_go_on_is_cut():
    """Whoever gets half of it must see that: no last chunk, no closing bracket."""
    s = slow_export()
    assert s.recv(4096, socket.MSG_WAITALL).startswith(b"HTTP/1.1 200")
    (consoled.home / "history").rename(consoled.home / "history of before")
    time.sleep(3) # until web has looked
    body = take_all(s)
    assert not body.endswith(b"0\r\n\r\n"), body[-60:]


def unchunk(body):
    text = []
    while True:
        size, _, rest = body.partition(b"\r\n")
        if int(size, 16) == 0:
            return b"".join(text)
        text.append(rest[:int(size, 16)])
        body = rest[int(size, 16) + 2:]


def memory():
    pages = int(pathlib.Path(f"/proc/{consoled.roles()['web']}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    lab.enter_namespace()
    consoled, LINES = watched.start()
    consoled.start()
    raise SystemExit(lab.run(globals()))
