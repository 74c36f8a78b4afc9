# SPDX-License-Identifier: GPL-3.0-or-later
"""Started as root: every role but the parent has its own user, no way back, and no core file."""
import ctypes
import pathlib

import internet
import lab
from lab import dig, out

ROLES = ["serve", "resolve", "record"]
CLONE_NEWNS = 0x20000

lab.enter_namespace()
folder = lab.scratch()
# A passwd file of this test's own, seen by nobody else.
if ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0:
    out("mount", "--make-rprivate", "/")
    for file, line in ("passwd", "_dnsd-{0}:x:{1}:{1}::/nonexistent:/usr/sbin/nologin\n"), \
                      ("group", "_dnsd-{0}:x:{1}:\n"):
        lines = pathlib.Path(f"/etc/{file}").read_text()
        lines += "".join(line.format(role, 61000 + i) for i, role in enumerate(ROLES + ["compile"]))
        (folder / file).write_text(lines)
        out("mount", "--bind", folder / file, f"/etc/{file}")
net = internet.start(folder / "internet")
dnsd = lab.Dnsd(folder / "dnsd", lab.config(folder / "dnsd", f"""\
  mode: forward
  forward:
    to: [{lab.ZONES_SERVER}]
"""))
dnsd.start()


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)


def case_each_role_is_its_own_user():
    roles = dnsd.roles()
    assert {name.split()[0] for name in roles} == set(ROLES), roles
    for name, pid in roles.items():
        wanted = str(61000 + ROLES.index(name.split()[0]))
        now = status(pid)
        assert set(now["Uid"].split()) == {wanted}, (name, now["Uid"])
        assert set(now["Gid"].split()) == {wanted}, (name, now["Gid"])
        assert now["Groups"].split() in ([], [wanted]), (name, now["Groups"])
        assert int(now["CapEff"], 16) == 0 and int(now["CapPrm"], 16) == 0, (name, now["CapEff"])
        assert now["NoNewPrivs"].strip() == "1", name


def case_and_all_of_it_works():
    assert dig("www.good.example").data == ["192.0.2.10"]
    assert dig("www.wechat.com").ede == [15]
    lab.until("the event", dnsd.events)
    dnsd.ponor("reload")
    assert dig("www.wechat.com").ede == [15]


def case_it_ends_cleanly():
    dnsd.stop()
    assert dnsd.child.returncode == 0, dnsd.log()


raise SystemExit(lab.run(globals()))
