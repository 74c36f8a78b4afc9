#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""layers - a folder of dnsd/ includes only folders on earlier lines of dnsd/LAYERS.

Usage: layers.py dnsd
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
level = {}
for number, line in enumerate((root / "LAYERS").read_text().splitlines()):
    for folder in line.split("#")[0].split():
        level[folder] = number

bad = 0
for source in sorted(root.glob("*/*.[ch]")):
    here = source.parent.name
    for used in re.findall(r'#include "([a-z_]+)/', source.read_text()):
        if used not in level or (used != here and level[used] >= level[here]):
            print(f"{source}: {here} may not use {used} (dnsd/LAYERS)")
            bad = 1
sys.exit(bad)
