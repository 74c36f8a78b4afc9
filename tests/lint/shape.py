#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""shape - sizes, banned calls and file openings.

A file has at most 500 lines, a function 60, a folder of dnsd/ 14 pairs; every C file opens with its
licence, its name and what it is; calls that cannot be used safely are not used; a foreign header is
included by few. A line that must break a rule says why in a comment with the word "lint:".
"""
import pathlib
import re
import subprocess
import sys

FILE_LINES, FUNCTION_LINES, FOLDER_FILES, LINE_LENGTH = 500, 60, 15, 100
BANNED = r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|alloca|system|popen|strncpy|" \
         r"setjmp|longjmp|signal|tmpnam|mktemp)\s*\("
SINGLE = {"yaml.h": 1, "unbound.h": 1, "unbound-event.h": 1, "ldns/ldns.h": 2, "libpsl.h": 2,
          "jansson.h": 3}

bad = []


def functions(lines):
    """(first line, length) of each function: an opening brace alone at column 0 to its partner."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{" and start is None:
            start = number
        elif line == "}" and start is not None:
            yield start, number - start + 1
            start = None


def check(path):
    text = path.read_text()
    lines = text.splitlines()
    product = path.parts[0] == "dnsd"
    if product and len(lines) > FILE_LINES:
        bad.append(f"{path}: {len(lines)} lines, at most {FILE_LINES}")
    for start, length in functions(lines):
        if product and length > FUNCTION_LINES:
            bad.append(f"{path}:{start}: a function of {length} lines, at most {FUNCTION_LINES}")
    if not lines or "SPDX-License-Identifier: GPL-3.0-or-later" not in lines[0]:
        bad.append(f"{path}:1: no SPDX line")
    elif product and not re.match(r" \* [a-z0-9_]+ - ", lines[2] if len(lines) > 2 else ""):
        bad.append(f"{path}:3: does not open with its name and what it is")
    for number, line in enumerate(lines, 1):
        code = re.sub(r'"(\\.|[^"\\])*"', '""', line).split("/*")[0].split("//")[0]
        if "lint:" in line or code.lstrip().startswith("* "):
            continue
        if re.search(BANNED, code):
            bad.append(f"{path}:{number}: banned call: {line.strip()}")
        if len(line) > LINE_LENGTH:
            bad.append(f"{path}:{number}: {len(line)} columns, at most {LINE_LENGTH}")
        if re.search(r"typedef\s+(struct|union)|\bTODO\b|\bFIXME\b|\bXXX\b", line):
            bad.append(f"{path}:{number}: {line.strip()}")


listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--",
                         "dnsd/*.[ch]", "tests/*.[ch]"], capture_output=True, text=True, check=True)
paths = [pathlib.Path(p) for p in listed.stdout.split() if pathlib.Path(p).exists()]
for path in paths:
    check(path)
product = [p for p in paths if p.parts[0] == "dnsd"]
for folder in sorted({p.parent for p in product}):
    pairs = {p.stem for p in product if p.parent == folder}
    if len(pairs) > FOLDER_FILES:
        bad.append(f"{folder}: {len(pairs)} pairs of files, at most {FOLDER_FILES}")
for header, most in SINGLE.items():
    users = [str(p) for p in product if re.search(rf"#include <{re.escape(header)}>", p.read_text())]
    if len(users) > most:
        bad.append(f"<{header}> is included by {', '.join(users)}: at most {most}")
print("\n".join(bad), end="\n" if bad else "")
sys.exit(1 if bad else 0)
