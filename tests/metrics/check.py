#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check - metrics, alerts and dashboard say the same.

docs/metrics.md is the table; consoled's source writes what stands in it, with the same type and
help; alerts and dashboard use nothing else, parse, and ask for labels that are there; each alert
is tested and stands in the document. Usage: check.py SOURCE-FOLDER
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
alerts = root / "conf/prometheus/ponor-alerts.yml"
alert_tests = root / "conf/prometheus/ponor-alerts.test.yml"
document = (root / "docs/metrics.md").read_text()
dashboard = json.loads((root / "conf/grafana/ponor.json").read_text())
source = "".join(p.read_text() for p in sorted((root / "dnsd/web").glob("*.c")))
passed, number = True, 0


def say(name, wrong):
    """One line of TAP; `wrong`: what is wrong, a line each."""
    global passed, number
    number += 1
    passed = passed and not wrong
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
    for line in wrong:
        print(f"# {line}")


def promtool(name, *words, folder=root):
    global number
    if shutil.which("promtool") is None:
        number += 1
        print(f"ok {number} - {name} # SKIP promtool is not there: apt-get install prometheus")
        return
    done = subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True,
                          timeout=120)
    said = (done.stdout + done.stderr).splitlines()
    say(name, said if done.returncode != 0 else [])


ROW = re.compile(r"^\| `(ponor_\w+)` \| (counter|gauge|histogram) \| ([\w, ]*) \| (.*) \|$", re.M)
table = {name: (kind, {label.strip() for label in labels.split(",") if label.strip()}, text)
         for name, kind, labels, text in ROW.findall(document)}


def metric_of(name):
    """The family of a sample, or None."""
    if name in table:
        return name
    family = re.sub(r"_(bucket|sum|count)$", "", name)
    return family if table.get(family, ("",))[0] == "histogram" else None


def labels_of(name):
    row = table.get(metric_of(name), ("", set(), ""))
    return row[1] | ({"le"} if name.endswith("_bucket") else set())


def wrong_in(expression, where):
    """What an expression asks for that consoled does not say."""
    names = re.findall(r"\bponor_\w+", expression)
    wrong = [f"{where}: {name} is not in docs/metrics.md" for name in names
             if metric_of(name) is None]
    if wrong:
        return wrong
    known = set().union(*map(labels_of, names)) | {"job"}
    for name, selector in re.findall(r"\b(ponor_\w+)\{([^}]*)\}", expression):
        wrong += [f"{where}: {name} has no label {label}"
                  for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)
                  if label not in labels_of(name)]
    for words in re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", expression):
        wrong += [f"{where}: no label {word}" for word in re.findall(r"\w+", words)
                  if word not in known]
    if not names and "up{" not in expression:
        wrong.append(f"{where}: asks for no metric")
    return wrong


def string_literals(text):
    """C's strings, those that stand side by side as one."""
    for run in re.findall(r'(?:"(?:[^"\\]|\\.)*"\s*)+', text):
        yield "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', run))


# The document and the source.
written = set(string_literals(source))
in_source = {name for name in re.findall(r'"(ponor_\w+?)(?:\{[^"]*)?"', source)
             if name != "ponor_session"}
in_source |= set(re.findall(r'"(ponor_\w+)\{', source))
say("the document names what consoled writes",
    [f"{n} is written and not in docs/metrics.md" for n in sorted(in_source - set(table))] +
    [f"{n} is in docs/metrics.md and not written" for n in sorted(set(table) - in_source)])
say("the help of each is the same", [f"{n}: no help is `{row[2]}`" for n, row in table.items()
                                     if row[2] not in written])
say("names follow the rules",
    [f"{n}: a counter ends in _total, nothing else does" for n, row in table.items()
     if (row[0] == "counter") != n.endswith("_total")] +
    [f"{n}: the unit is not a base unit" for n in table
     if re.search(r"_(ms|us|milliseconds|minutes|hours|kilobytes|megabytes)(_total)?$", n)])

# Alerts.
promtool("the alerts parse", "check", "rules", str(alerts))
promtool("each alert fires when it should", "test", "rules", alert_tests.name,
         folder=alert_tests.parent)
text = alerts.read_text()
names = re.findall(r"- alert: (\w+)", text)
expressions = re.findall(r"expr: (?:>-\n((?:          .*\n)+)|(.*)\n)", text)
say("alerts ask for what there is",
    sum((wrong_in(a or b, n) for n, (a, b) in zip(names, expressions)), []) +
    ([] if len(names) == len(expressions) else ["an alert without an expression"]))
say("each alert is in the document and tested",
    [f"{n} is not in docs/metrics.md" for n in names if f"| {n} |" not in document] +
    [f"docs/metrics.md has {n}, which is no alert" for n in re.findall(r"^\| (Ponor\w+) \|",
                                                                       document, re.M)
     if n not in names] +
    [f"{n} is not in the tests" for n in names
     if n not in re.sub("PonorListReview", " ".join(x for x in names if "Review" in x),
                        alert_tests.read_text())] +
    [f"{n} does not say what to do" for n, part in
     zip(names, text.split("- alert: ")[1:]) if "summary:" not in part or
     "description:" not in part or "severity:" not in part])

# The dashboard.
asked = []
for panel in dashboard["panels"]:
    asked += [(panel["title"], t["expr"], t["legendFormat"]) for t in panel.get("targets", [])]
asked += [(a["name"], a["expr"], "") for a in dashboard["annotations"]["list"]]
asked = [(title, expr.replace("$__rate_interval", "5m").replace("$__range", "1h")
          .replace("$gateway", ".*"), legend) for title, expr, legend in asked]
say("the dashboard asks for what there is",
    sum((wrong_in(expr, title) for title, expr, _ in asked), []) +
    [f"{title}: the legend's {label} is not in {expr}" for title, expr, legend in asked
     for label in re.findall(r"\{\{(\w+)\}\}", legend)
     if not any(label in labels_of(n) for n in re.findall(r"\bponor_\w+", expr)) or
     (" by (" in expr and not re.search(rf"by \([^)]*\b{label}\b", expr))] +
    [f"{title}: unknown variable in {expr}" for title, expr, _ in asked if "$" in expr])
say("all of the document is on the dashboard",
    [f"{n} is on no panel" for n in table if n not in
     {"ponor_gateway_read_timestamp_seconds", "ponor_gateway_chain_broken_timestamp_seconds",
      "ponor_incidents_latest_timestamp_seconds", "ponor_scrape_duration_seconds"} and
     not any(n in expr for _, expr, _ in asked)])
places = [(p["gridPos"], p["title"]) for p in dashboard["panels"]]
say("no panel lies on another, and each says what it shows",
    [f"{a} and {b}" for i, (p, a) in enumerate(places) for q, b in places[:i]
     if p["x"] < q["x"] + q["w"] and q["x"] < p["x"] + p["w"] and
     p["y"] < q["y"] + q["h"] and q["y"] < p["y"] + p["h"]] +
    [f"{p['title']}: no targets" for p in dashboard["panels"]
     if p["type"] != "row" and not p.get("targets")] +
    [f"number {n} stands twice" for n in {p["id"] for p in dashboard["panels"]}
     if sum(p["id"] == n for p in dashboard["panels"]) > 1])
with tempfile.NamedTemporaryFile("w", suffix=".yml") as rules:
    json.dump({"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel:{i}", "expr": expr} for i, (_, expr, _) in enumerate(asked)]}]}, rules)
    rules.flush()
    promtool("the dashboard's expressions parse", "check", "rules", rules.name)

print(f"1..{number}")
sys.exit(0 if passed else 1)
