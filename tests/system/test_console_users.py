# SPDX-License-Identifier: GPL-3.0-or-later
"""consoled as its systemd unit starts it: each role its own user, the history shared by a group and by
nobody else, accounts and the private key web's alone, event files read as a member of record's group."""
import ctypes
import os
import pathlib
import stat

import console
import lab
import unit
from lab import dig, out

PORT = 8053
FIRST, INGEST, WEB, RECORD, SHARED, GROUP = 61000, 61004, 61005, 61002, 61200, 61100
CLONE_NEWNS = 0x20000

lab.enter_namespace()
folder = lab.scratch()
if ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0:
    out("mount", "--make-rprivate", "/")
    unit.add_users(folder, "dnsd", ["serve", "resolve", "record", "compile"], FIRST)
    (folder / "more").mkdir()
    unit.add_users(folder / "more", "consoled", ["ingest", "web"], INGEST)
    # As conf/ponor.sysusers says.
    with open("/etc/group", "a", encoding="ascii") as file:
        file.write(f"_consoled:x:{SHARED}:_consoled-ingest,_consoled-web\n")
    groups = pathlib.Path("/etc/group").read_text()
    pathlib.Path("/etc/group").write_text(
        groups.replace(f"_dnsd-record:x:{RECORD}:", f"_dnsd-record:x:{RECORD}:_consoled-ingest"))

home = folder / "gw"
dnsd = lab.Dnsd(home, lab.config(home, "  mode: forward\n  forward: {to: [198.18.0.3]}\n"
                                 '  recurse: {trust_anchor: ""}\n') +
                console.section(home, PORT, f"  tls: {{certificate: {home}/c.pem, key: {home}/c.key}}\n"),
                through=unit.as_unit("ponor-dnsd", GROUP))
for file in dnsd.file, home / "wechat.yaml":
    file.chmod(0o644)
os.chown(home, 0, GROUP)
home.chmod(0o755)
out("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
    "2", "-subj", "/CN=localhost", "-keyout", home / "c.key", "-out", home / "c.pem")
(home / "c.key").chmod(0o600)
dnsd.start()
consoled = console.Consoled(home, dnsd.file, PORT, through=unit.as_unit("ponor-consoled", GROUP))


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)


def owner(path):
    found = os.stat(path)
    return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)


def curl(path):
    return out("curl", "-sSk", f"https://127.0.0.1:{PORT}{path}", check=False)


def case_it_starts():
    consoled.start(wait=False)
    lab.until("it answers", lambda: "fine" in curl("/healthz"))
    assert consoled.child.poll() is None, consoled.log()
    assert f"the page is at https://127.0.0.1:{PORT}/" in consoled.log(), consoled.log()


def case_each_role_is_its_own_user_without_rights():
    for kind, user, groups in ("ingest", INGEST, {RECORD, SHARED, INGEST}), ("web", WEB, {SHARED, WEB}):
        now = status(consoled.roles()[kind])
        assert set(now["Uid"].split()) == {str(user)}, (kind, now["Uid"])
        assert set(now["Gid"].split()) == {str(user)}, (kind, now["Gid"])
        assert set(map(int, now["Groups"].split())) <= groups, (kind, now["Groups"])
        assert int(now["CapEff"], 16) == 0 and int(now["CapPrm"], 16) == 0, (kind, now["CapEff"])
        assert now["NoNewPrivs"].strip() == "1", kind


def case_and_all_of_it_works():
    assert dig("www.wechat.com").ede == [15]
    password = (home / "console/first-password").read_text().strip()
    jar = folder / "cookies"
    said = out("curl", "-sSk", "-c", jar, "-H", "Content-Type: application/json", "-d",
               f'{{"name":"admin","password":"{password}"}}', f"https://127.0.0.1:{PORT}/api/login")
    assert '"must_change":true' in said.replace(" ", ""), said
    assert "ponor_session" in jar.read_text() and "TRUE" in jar.read_text(), "the cookie is not Secure"
    lab.until("it is in the history", lambda: "\nponor_events_rows_total{" in "\n" + curl("/metrics"),
              seconds=30)


def case_files_belong_to_whom_they_should():
    assert owner(home / "history") == (INGEST, SHARED, 0o2770), owner(home / "history")
    for file in (home / "history").glob("*.sqlite*"):
        assert owner(file)[1:] == (SHARED, 0o660), (file, owner(file))
    assert owner(home / "console") == (WEB, WEB, 0o700), owner(home / "console")
    for file in (home / "console").iterdir():
        assert owner(file)[0] == WEB and owner(file)[2] & 0o077 == 0, (file, owner(file))
    assert owner(home / "events/blocked.jsonl")[2] == 0o640


def case_a_killed_web_reads_its_key_again():
    before = consoled.roles()["web"]
    os.kill(before, 9)
    lab.until("it is back", lambda: consoled.roles().get("web") not in (None, before))
    lab.until("it answers", lambda: "fine" in curl("/healthz"))


def case_it_ends_cleanly():
    consoled.stop()
    dnsd.stop()


raise SystemExit(lab.run(globals()))
