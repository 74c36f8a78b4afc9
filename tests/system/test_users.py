# SPDX-License-Identifier: GPL-3.0-or-later
"""Started as the systemd unit starts it: the parent has the unit's capabilities and no others, every
role has its own user, no way back and no core file, and each may write what docs/operate.md says."""
import ctypes
import os
import pathlib
import shutil
import stat
import time

import internet
import lab
import unit
from lab import dig, out

ROLES = ["serve", "resolve", "record"]
RESOLVE, RECORD, COMPILE, GROUP = 61001, 61002, 61003, 61100
CLONE_NEWNS = 0x20000

lab.enter_namespace()
folder = lab.scratch()
if ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0:
    out("mount", "--make-rprivate", "/")
    unit.add_users(folder, "dnsd", ROLES + ["compile"], 61000)
as_the_unit = unit.as_unit("ponor-dnsd", GROUP)

net = internet.start(folder / "internet")
home = folder / "dnsd"
anchor = home / "anchor/root.key"
dnsd = lab.Dnsd(home, lab.config(home, f"""\
  mode: recurse
  workers: 1
  recurse:
    root_hints: {net['hints']}
    trust_anchor: {anchor}
"""), through=as_the_unit)
wechat = home / "wechat.yaml"
# As conf/ponor.tmpfiles makes it, and configuration and lists for nobody else's eyes.
anchor.parent.mkdir()
anchor.write_text(net["ds"])
for file in anchor, anchor.parent:
    os.chown(file, RESOLVE, RESOLVE)
for file in dnsd.file, wechat:
    os.chown(file, 0, COMPILE)
    file.chmod(0o640)
os.chown(home, 0, GROUP)
dnsd.start()


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)


def owner(path):
    found = os.stat(path)
    return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)


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


def case_the_parent_has_what_the_unit_gives():
    now = status(dnsd.child.pid)
    assert bin(int(now["CapEff"], 16)).count("1") == len(unit.capabilities_of("ponor-dnsd")), now["CapEff"]
    assert now["Gid"].split()[0] == str(GROUP), now["Gid"]


def case_and_all_of_it_works():
    a = dig("www.good.example", "A", "+adflag")
    assert a.data == ["192.0.2.10"] and "ad" in a.flags, a
    assert dig("www.wechat.com").ede == [15]
    lab.until("the event", dnsd.events)
    dnsd.ponor("reload")
    assert dig("www.wechat.com").ede == [15]


def case_each_may_write_its_own():
    assert owner(home / "events") == (RECORD, RECORD, 0o750)
    assert owner(home / "events/blocked.jsonl") == (RECORD, RECORD, 0o640)
    assert owner(home / "policy.image") == (0, GROUP, 0o640)
    assert owner(home / "control.sock") == (0, GROUP, 0o660)


def case_groups_open_what_they_should():
    def somebody(group, *argv):
        return out("setpriv", "--reuid=65534", "--regid=65534", f"--groups={group}", *argv, check=False)

    socket, file = home / "control.sock", home / "events/blocked.jsonl"
    tool = shutil.copy(lab.PONOR, folder / "ponor")  # the build may lie where nobody may go
    assert "in service" in somebody(GROUP, tool, "-s", socket, "status")
    said = somebody(RECORD, tool, "-s", socket, "status")
    assert "Permission denied for user" in said and "in the group that owns it" in said, said
    assert "www.wechat.com" in somebody(RECORD, "cat", file)
    assert "Permission denied" in somebody(GROUP, "cat", file)


def case_the_trust_anchor_is_kept_up_to_date():
    lab.until("the anchor is written anew", lambda: "autotrust" in anchor.read_text())
    assert owner(anchor) == (RESOLVE, RESOLVE, 0o644), owner(anchor)
    assert "will not be learned" not in dnsd.log()
    dnsd.ponor("reload")     # compile reads it too, to say whether it is there


def case_a_list_that_compile_may_not_read_is_refused_by_name():
    wechat.chmod(0o600)
    said = dnsd.ponor("reload", check=False)
    assert "wechat.yaml cannot be read: Permission denied for user _dnsd-compile" in said, said
    assert "what runs goes on running" in said and dig("www.wechat.com").ede == [15], said
    wechat.chmod(0o640)
    dnsd.ponor("reload")


def case_a_changed_configuration_brings_new_roles():
    def are_new():
        now = dnsd.roles()
        return len(now) == 4 and not set(before.values()) & set(now.values())
    before = dnsd.roles()
    dnsd.file.write_text(dnsd.file.read_text().replace("workers: 1", "workers: 2"))
    dnsd.ponor("reload")
    lab.until("the old ones leave", are_new)
    assert dig("www.wechat.com").ede == [15]


def case_killed_and_ended_by_a_parent_without_root_s_rights():
    before = dnsd.roles()["serve 0"]
    os.kill(before, 9)
    lab.until("it is back", lambda: dnsd.roles().get("serve 0") not in (None, before))
    dnsd.stop()
    assert dnsd.child.returncode == 0, dnsd.log()


def case_a_folder_that_record_may_not_write_is_said_once():
    out("chown", "-R", "0:0", home / "events")
    dnsd.start()
    time.sleep(2.5)
    lines = [l for l in dnsd.log().splitlines() if "NO EVENT IS WRITTEN" in l]
    assert len(lines) == 1 and f"chown -R _dnsd-record: {home}/events" in lines[0], dnsd.log()
    assert dig("new.wechat.com").ede == [15]
    out("chown", "-R", "_dnsd-record:", home / "events")
    lab.until("the event", lambda: any(e["dns"]["question"]["name"] == "new.wechat.com"
                                       for e in dnsd.events()))
    assert "all lines are as they were written" in dnsd.ponor("events", "verify")


def case_it_ends_cleanly():
    dnsd.stop()
    assert dnsd.child.returncode == 0, dnsd.log()


raise SystemExit(lab.run(globals()))
