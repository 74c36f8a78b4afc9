# SPDX-License-Identifier: GPL-3.0-or-later
"""unit - programs as their systemd units start them, and a running inspectd.

Used by test_users.py, test_inspectd.py and passing.py."""
import pathlib
import re

import lab
from lab import INSPECTD, PONOR, ROOT, out


def add_users(folder, program, roles, first):
    """Users and groups of roles, from a number on. In a mount namespace of the test's own: nobody
    else sees them."""
    for file, line in ("passwd", "_{0}-{1}:x:{2}:{2}::/nonexistent:/usr/sbin/nologin\n"), \
                      ("group", "_{0}-{1}:x:{2}:\n"):
        lines = pathlib.Path(f"/etc/{file}").read_text()
        lines += "".join(line.format(program, role, first + i) for i, role in enumerate(roles))
        (folder / file).write_text(lines)
        out("mount", "--bind", folder / file, f"/etc/{file}")


def capabilities_of(name):
    text = (ROOT / f"conf/{name}.service").read_text()
    return re.search(r"^CapabilityBoundingSet=(.*)$", text, re.M).group(1).lower().split()


def as_unit(name, group):
    """What goes before a program."""
    kept = ["-all"] + [c.replace("cap_", "+") for c in capabilities_of(name)]
    return ["setpriv", f"--regid={group}", "--clear-groups", "--no-new-privs",
            "--bounding-set=" + ",".join(kept)]


class Inspectd:
    """inspectd with a configuration and a folder of its own. The text is `dnsd:` and lists, then the
    options of `inspectd:`."""

    def __init__(self, folder, text, options, through):
        self.folder, self.through, self.program, self.child = folder, through, INSPECTD, None
        self.file = folder / "ponor.yaml"
        self.file.write_text(f"""\
{text}inspectd:
  control: {folder}/inspectd.sock
  events: {{folder: {folder}/seen}}
  memory: 32M
  buffer: 4M
{options}""")

    def compile(self):
        out(PONOR, "-c", self.file, "compile")
        return self

    def launch(self, *options):
        return lab.start(*self.through, self.program, "-c", self.file, *options,
                         log=self.folder / "log")

    def start(self, *options, wait=True):
        said = self.log().count("; policy: ")
        self.child = self.launch(*options)
        if wait:
            lab.until("it is in service", lambda: self.child.poll() is not None or
                      self.log().count("; policy: ") > said)
            assert self.child.poll() is None, self.log()
        return self

    def fails(self, *options):
        """Starts, and gives the log of one that does not go on."""
        self.start(*options, wait=False)
        assert self.child.wait(20) == 1, self.log()
        return self.log()

    def stop(self):
        lab.stop(self.child)
        self.is_sane()
        assert self.child.returncode == 0, (self.child.returncode, self.log())

    def is_sane(self):
        assert "Sanitizer" not in self.log() and "runtime error" not in self.log(), self.log()

    def log(self):
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def ask(self, *words, check=True):
        return out(PONOR, "-s", self.folder / "inspectd.sock", *words, check=check)

    def counters(self):
        return {k: int(v) for k, v in (l.split() for l in self.ask("counters").splitlines())}

    def roles(self):
        found = {}
        for line in out("ps", "-o", "pid=,args=", "--ppid", self.child.pid, check=False).splitlines():
            m = re.match(r"\s*(\d+) inspectd: (\w+) (\d+)", line)
            if m:
                found[f"{m.group(2)} {m.group(3)}"] = int(m.group(1))
        return found

    def lines(self):
        """Events as they are written, oldest first."""
        found = []
        for file in sorted(self.folder.glob("seen/*.jsonl"),
                           key=lambda f: (f.name == "blocked.jsonl", f.name)):
            found += file.read_text().splitlines()
        return found

    def about(self, text):
        """The lines, as they are written, in which a text stands."""
        return [l for l in self.lines() if f'"{text}"' in l]
