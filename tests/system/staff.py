# SPDX-License-Identifier: GPL-3.0-or-later
"""staff - a dnsd and a consoled that run from the import on, their admin, and whom the admin adds.

Used by test_people.py, test_sessions.py and test_factor.py."""
import json
import os
import shutil
import signal

import console
import lab
from browse import Browser
from console import Refused

PASSWORD = "four words not together"
OTHER = "another good one 7"
ADDRESS, PORT = "127.0.0.1", 8053

lab.enter_namespace()
folder = lab.scratch()
home = folder / "gw"
sockets = folder / "proxy"
sockets.mkdir()
shutil.chown(sockets, "root", "www-data")
sockets.chmod(0o2750)

text = lab.config(home, "  mode: forward\n  forward: {to: [198.18.0.3]}\n"
                  '  recurse: {trust_anchor: ""}\n')
dnsd = lab.Dnsd(home, text + console.section(home, PORT, f"""\
  socket: {sockets}/web.sock
  proxy_header: X-Remote-User
""")).start()
plain = console.Consoled(home, dnsd.file, PORT).start()
people = home / "console"
admin = Browser(PORT)


def admin_begins():
    """The first password is given in, and another chosen."""
    first = (people / "first-password").read_text().strip()
    admin.login("admin", first)
    admin.post("/api/password", {"old": first, "new": PASSWORD})


def account(name, permission, password=PASSWORD):
    """A new account with its own password already chosen, logged in."""
    admin.post("/api/accounts", {"name": name, "password": OTHER, "permission": permission})
    b = Browser(PORT)
    b.login(name, OTHER)
    b.post("/api/password", {"old": OTHER, "new": password})
    return b


def refused(call, *argv, **more):
    """The code and word of an answer that must be an error."""
    try:
        call(*argv, **more)
    except Refused as why:
        return why.code, why.word
    raise AssertionError(f"{argv} was not refused")


def audit(action=None):
    lines = [json.loads(l) for l in (people / "audit.jsonl").read_text().splitlines()]
    return [l for l in lines if action in (None, l["event"]["action"])]


def kill_web():
    web = plain.roles()["web"]
    os.kill(web, signal.SIGKILL)
    lab.until("web is back", lambda: plain.roles().get("web") not in (None, web) and plain.answers())


def end():
    plain.stop()
    dnsd.stop()
