# SPDX-License-Identifier: GPL-3.0-or-later
"""The escape matrix (tests/lab): every way of a banned app is closed, and the same ways are open to others.

One case for each way and family. What stays open without default-deny egress has a case too: that it is
open to others as well. The last case: docs/escape-matrix.md says what was found."""
import pathlib
import sys

import lab

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))

import matrix
import page

setup, rows = matrix.run()
cases = [(f"{row.way.title}, IPv{row.family}", row.faults(ponor=True)) for row in rows]
written = (lab.ROOT / "docs/escape-matrix.md").read_text()
found = page.markdown(rows)
cases.append(("docs/escape-matrix.md is in date", [] if written == found else
              ["`./dev lab` writes it", *sorted(set(found.splitlines()) ^ set(written.splitlines()))]))
print(f"1..{len(cases)}")
for number, (title, faults) in enumerate(cases, 1):
    print(f"{'not ok' if faults else 'ok'} {number} - {title}")
    for fault in faults:
        print(f"# {fault}")
setup.gateway.stop()
sys.exit(1 if any(faults for _, faults in cases) else 0)
