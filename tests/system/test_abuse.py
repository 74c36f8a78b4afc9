# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong around dnsd: files, disks, signals, sockets and clocks of others. It answers on."""
import ctypes
import os
import re
import signal
import socket
import stat
import subprocess
import threading
import time

import lab
from lab import dig

lab.enter_namespace()
DOMAINS = 20000 if not lab.SANITIZED else 2000
LONG = 20 if not lab.SANITIZED else 100
clone_newns = 0x00020000
assert ctypes.CDLL(None, use_errno=True).unshare(clone_newns) == 0
lab.out("mount", "--make-rprivate", "/")
folder = lab.scratch()
work = folder / "dnsd"
disk = folder / "disk"          # a small one, for the image
disk.mkdir()
lab.out("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk)
domains = work / "domains.txt"
CONFIG = lab.config(work, f"""\
    ring_slots: 64
  mode: forward
  forward:
    to: [{lab.ZONES_SERVER}]
  workers: 1
""", listen=[f"{lab.RESOLVER}@53"], groups="""\
  - group: all
    clients: [10.0.0.0/8]
    lists: [wechat, domains]
""").replace(f"{work}/policy.image", f"{disk}/policy.image").replace("groups:\n", f"""\
  - list: domains
    file: {domains}
    format: domains
    title: Domains
    app: Other
max_change: 0%
groups:
""", 1)
LIST = "".join(f"blocked-{n}.example.net\n" for n in range(DOMAINS))
domains.write_text(LIST)
dnsd = lab.Dnsd(work, CONFIG).start()
path = work / "control.sock"


def blocks():
    a = dig("www.wechat.com")
    return a.ede == [15] and a.data == ["10.20.0.99"]


def refused(text):
    assert text in dnsd.ponor("reload", check=False), dnsd.log()
    assert blocks()


def compile_pid():
    return lab.until("the compile role", lambda: dnsd.roles().get("compile 0"))


def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(5)
    s.connect(str(path))
    return s


def said(s):
    """All that comes until the other side closes."""
    text = b""
    try:
        while more := s.recv(65536):
            text += more
    except ConnectionResetError:
        pass
    return text


def case_an_image_is_overwritten_in_place():
    image = disk / "policy.image"
    size = image.stat().st_size
    with open(image, "r+b") as f:
        f.write(os.urandom(size))
    assert blocks()
    os.truncate(image, 0)
    assert blocks() and dig("blocked-7.example.net").ede
    os.kill(dnsd.roles()["serve 0"], signal.SIGKILL)
    lab.until("a new serve", blocks)
    dnsd.ponor("reload")
    assert image.stat().st_size > size // 2 and blocks()


def case_lists_that_are_no_files():
    for make in os.mkfifo, os.mkdir:
        domains.unlink()
        make(domains)
        refused("domains.txt")
        (os.rmdir if domains.is_dir() else os.unlink)(domains)
        domains.touch()
    os.truncate(domains, 1 << 40)
    refused("domains.txt")
    domains.unlink()
    refused("domains.txt")
    domains.write_text(LIST)
    dnsd.ponor("reload")


def case_the_disk_of_the_image_is_full():
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 65536)
        except OSError:
            pass
    refused("the image cannot be written: No space left on device")
    assert not (disk / "policy.image.new").exists()
    filler.unlink()
    dnsd.ponor("reload")
    assert blocks()


def case_compile_is_killed():
    for how in signal.SIGKILL, signal.SIGALRM:
        domains.write_text(LIST * LONG)     # repeats: time to be killed in
        asking = subprocess.Popen([lab.PONOR, "-c", dnsd.file, "reload"], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
        pid = compile_pid()
        os.kill(pid, signal.SIGSTOP)
        assert blocks()                     # a compile role that hangs keeps nobody waiting
        os.kill(pid, how)
        os.kill(pid, signal.SIGCONT)
        text = asking.communicate(timeout=20)[0]
        assert f"signal {how.value}" in text, text
        assert asking.returncode == 1
    domains.write_text(LIST)
    dnsd.ponor("reload")


def case_many_want_a_reload():
    answers = []
    def ask():
        answers.append(dnsd.ponor("reload"))
    askers = [threading.Thread(target=ask) for _ in range(8)]
    for t in askers:
        t.start()
    for _ in range(300):
        dnsd.child.send_signal(signal.SIGHUP)
    for t in askers:
        t.join()
    assert len(answers) == 8 and all("policy generation" in a for a in answers), answers
    lab.until("the last reload", lambda: "compile 0" not in dnsd.roles())
    assert blocks()


def case_the_control_socket_is_abused():
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    for bytes in b"x" * 5000, b"x" * 1025 + b"\n", b"sta\0tus\n":
        with connect() as s:
            s.sendall(bytes)
            assert said(s) == b"", bytes[:20]
    with connect() as s:
        s.sendall(os.urandom(700).replace(b"\n", b"").replace(b"\0", b"") + b"\n")
        s.shutdown(socket.SHUT_WR)
        assert b"error: no such order" in said(s)
    with connect() as s:                    # many at once, and one that leaves without listening
        s.sendall(b"counters\n" * 500)
        s.shutdown(socket.SHUT_WR)
        assert said(s).count(b"\nok\n") == 500
    with connect() as s:
        s.sendall(b"status\n" * 100)
    idle = []
    for _ in range(1000):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            s.connect(str(path))
        except BlockingIOError:
            time.sleep(.001)
        idle.append(s)
    assert blocks()
    for s in idle:
        s.close()
    lab.until("the control socket", lambda: "in service" in dnsd.ponor("status", check=False))


def case_a_second_dnsd_leaves_the_first_alone():
    second = subprocess.run([lab.DNSD, "-c", dnsd.file], capture_output=True, text=True, timeout=20)
    assert second.returncode != 0 and "another program answers" in second.stderr, second
    assert "in service" in dnsd.ponor("status") and blocks()


def case_the_open_event_file_is_removed():
    dig("before.wechat.com")
    lab.until("an event", lambda: "before.wechat.com" in str(dnsd.events()))
    (work / "events/blocked.jsonl").unlink()
    time.sleep(1.2)
    dig("after.wechat.com")
    lab.until("an event in a new file", lambda: "after.wechat.com" in str(dnsd.events()))
    lab.until("the notice", lambda: "record-file-vanished" in
              (work / "events/blocked.jsonl").read_text())
    assert "are not here" in dnsd.ponor("events", "verify", check=False)


def case_what_does_not_fit_is_counted_exactly():
    def counted():
        return int(re.search(r"^events_lost (\d+)", dnsd.ponor("counters"), re.M).group(1))
    lines, lost = len(dnsd.events()), counted()
    record = dnsd.roles()["record 0"]
    os.kill(record, signal.SIGSTOP)
    for n in range(100):
        dig(f"n{n}.wechat.com")
    os.kill(record, signal.SIGCONT)
    lab.until("the ring is empty", lambda: len(dnsd.events()) == lines + 64)
    dig("last.wechat.com")
    lab.until("the last event", lambda: len(dnsd.events()) == lines + 65)
    assert counted() - lost == 36
    assert dnsd.events()[-1]["ponor"]["lost"] == 36, dnsd.events()[-1]


def case_the_events_move_to_another_folder():
    (work / "wechat.yaml").write_text(lab.LISTS)
    dnsd.file.write_text(CONFIG.replace(f"{work}/events", f"{work}/elsewhere"))
    dnsd.ponor("reload")
    dig("moved.wechat.com")
    lab.until("an event at the new place", lambda: (work / "elsewhere/blocked.jsonl").exists() and
              "moved.wechat.com" in (work / "elsewhere/blocked.jsonl").read_text())
    assert "all lines are as they were written" in dnsd.ponor("events", "verify")
    dnsd.file.write_text(CONFIG.replace("control.sock", "other.sock"))
    text = dnsd.ponor("-s", path, "reload")
    assert "policy generation" in text and "with the next start" in dnsd.log(), text
    dnsd.file.write_text(CONFIG)
    dnsd.ponor("reload")
    assert blocks()


def case_reloads_while_a_query_waits():
    reloaded, asked = threading.Event(), []
    def answer_late():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
            upstream.bind((lab.ZONES_SERVER, 53))
            upstream.settimeout(.05)
            while not (asked and reloaded.is_set()):
                try:
                    asked.append(upstream.recvfrom(4096))       # again, if it took too long
                except TimeoutError:
                    pass
            query, client = asked[-1]
            end = query.index(b"\0", 12) + 5
            upstream.sendto(query[:2] + b"\x81\x80" + query[4:6] + b"\0\1\0\0\0\0" + query[12:end] +
                            b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x2a", client)
    answers = []
    threads = [threading.Thread(target=answer_late),
               threading.Thread(target=lambda: answers.append(dig("late.example")))]
    for t in threads:
        t.start()
    lab.until("the question upstream", lambda: asked)
    for last in 98, 97, 99:
        dnsd.file.write_text(CONFIG.replace("10.20.0.99", f"10.20.0.{last}"))
        dnsd.ponor("reload")
    assert not answers
    reloaded.set()
    for t in threads:
        t.join()
    assert answers[0].data == ["192.0.2.42"], answers


def case_it_is_told_to_stop_while_it_compiles():
    domains.write_text(LIST * LONG)
    dnsd.child.send_signal(signal.SIGHUP)
    compile_pid()
    pids = list(dnsd.roles().values())
    began = time.monotonic()
    dnsd.child.send_signal(signal.SIGTERM)
    dnsd.child.wait(20)
    assert dnsd.child.returncode == 0, dnsd.child.returncode
    assert time.monotonic() - began < (4 if not lab.SANITIZED else 15)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids), pids
    assert not path.exists() and not (disk / "policy.image.new").exists()
    domains.write_text(LIST)


def case_a_dead_predecessors_socket_is_taken_over():
    dnsd.start()
    dnsd.child.kill()
    dnsd.child.wait()
    assert path.exists()
    lab.until("the port is free", lambda: not lab.out("ss", "-Hlun", "sport", "=", "53").strip())
    dnsd.start()
    assert blocks()
    dnsd.stop()


raise SystemExit(lab.run(globals()))
