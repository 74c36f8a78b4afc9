#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""shape - sizes, banned calls and file openings.

A file has at most 500 lines, a function 60, a line 100 columns, a folder of dnsd/ 15 pairs; every C
file opens with its licence, its name and what it is; calls that cannot be used safely are not used;
a foreign header is included by few. A line that must break a rule says why in a comment with the
word "lint:".
"""
import pathlib
import re
import subprocess
import sys

FILE_LINES, FUNCTION_LINES, FOLDER_PAIRS, COLUMNS = 500, 60, 15, 100
BANNED = r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|alloca|system|popen|strncpy|" \
         r"setjmp|longjmp|signal|tmpnam|mktemp)\s*\("
UNFINISHED = r"\b(TODO|FIXME|XXX)\b"
SINGLE = {"yaml.h": 1, "unbound.h": 1, "unbound-event.h": 1, "ldns/ldns.h": 2, "libpsl.h": 2,
          "jansson.h": 3}

broken = []


def say(place, rule, what):
    broken.append(f"{place}: {rule}: {what}")


def functions(lines):
    """(first line, length) of each function: an opening brace alone at column 0 to its partner."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{" and start is None:
            start = number
        elif line == "}" and start is not None:
            yield start, number - start + 1
            start = None


def check_lines(path, lines):
    for number, line in enumerate(lines, 1):
        code = re.sub(r'"(\\.|[^"\\])*"', '""', line).split("/*")[0].split("//")[0]
        if "lint:" in line:
            continue
        place, text = f"{path}:{number}", line.strip()
        if len(line) > COLUMNS:
            say(place, "line length", f"{len(line)} columns, at most {COLUMNS}")
        if re.search(UNFINISHED, line):
            say(place, "unfinished", text)
        if code.lstrip().startswith("* "):
            continue
        if re.search(BANNED, code):
            say(place, "banned call", text)
        if re.search(r"typedef\s+(struct|union)", code):
            say(place, "typedef of a struct", text)


def check(path):
    lines = path.read_text().splitlines()
    product = path.parts[0] == "dnsd"
    if len(lines) > FILE_LINES:
        say(path, "file length", f"{len(lines)} lines, at most {FILE_LINES}")
    for start, length in functions(lines):
        if product and length > FUNCTION_LINES:
            say(f"{path}:{start}", "function length", f"{length} lines, at most {FUNCTION_LINES}")
    if not lines or "SPDX-License-Identifier: GPL-3.0-or-later" not in lines[0]:
        say(f"{path}:1", "opening", "no SPDX line")
    elif product and not re.match(r" \* [a-z0-9_]+ - ", lines[2] if len(lines) > 2 else ""):
        say(f"{path}:3", "opening", "does not say its name and what it is")
    check_lines(path, lines)


listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--",
                         "dnsd/*.[ch]", "tests/*.[ch]"], capture_output=True, text=True, check=True)
paths = [pathlib.Path(p) for p in listed.stdout.split() if pathlib.Path(p).exists()]
for path in paths:
    check(path)
product = [p for p in paths if p.parts[0] == "dnsd"]
for folder in sorted({p.parent for p in product}):
    pairs = {p.stem for p in product if p.parent == folder}
    if len(pairs) > FOLDER_PAIRS:
        say(folder, "folder size", f"{len(pairs)} pairs of files, at most {FOLDER_PAIRS}")
for header, most in SINGLE.items():
    users = [str(p) for p in product if re.search(rf"#include <{re.escape(header)}>", p.read_text())]
    if len(users) > most:
        say(f"<{header}>", "foreign header", f"{', '.join(users)} include it, at most {most}")
for complaint in broken:
    print(complaint)
sys.exit(1 if broken else 0)
