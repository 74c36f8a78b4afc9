# SPDX-License-Identifier: GPL-3.0-or-later
"""Every path of docs/api.yaml is a row of web's tables and the other way round, and each answers as it is
described: code, type, every member and no other."""
import json
import pathlib
import re
import subprocess

import yaml

import console
import lab
import watched
from console import Browser

API = yaml.safe_load((pathlib.Path(__file__).parents[2] / "docs/api.yaml").read_text())
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
         "number": (int, float)}


def resolve(thing):
    while "$ref" in thing:
        at = API
        for part in thing["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        thing = at
    return thing


def flat(schema):
    """With what `allOf` adds."""
    schema = dict(resolve(schema))
    for part in schema.pop("allOf", []):
        part = flat(part)
        schema["properties"] = {**part.get("properties", {}), **schema.get("properties", {})}
        schema["required"] = part.get("required", []) + schema.get("required", [])
        schema.setdefault("type", part.get("type"))
    return schema


def check(value, schema, where="answer"):
    schema = flat(schema)
    if value is None:
        assert schema.get("nullable"), f"{where} is null"
        return
    kind = schema.get("type")
    assert kind is None or isinstance(value, KINDS[kind]), f"{where}: {value!r} is no {kind}"
    assert kind not in ("integer", "number") or not isinstance(value, bool), f"{where}: {value!r}"
    if "enum" in schema:
        assert value in schema["enum"], f"{where}: {value!r} is none of {schema['enum']}"
    if schema.get("format") == "date-time":
        assert TIME.match(value), f"{where}: {value!r} is no time"
    size = len(value) if kind == "array" else value if kind in ("integer", "number") else 0
    least, most = ("minItems", "maxItems") if kind == "array" else ("minimum", "maximum")
    assert schema.get(least, size) <= size <= schema.get(most, size), f"{where}: {size}"
    if kind == "array":
        for n, item in enumerate(value):
            check(item, schema["items"], f"{where}[{n}]")
    if kind == "object":
        known = schema.get("properties", {})
        for key in schema.get("required", []):
            assert key in value, f"{where} has no {key}"
        for key, item in value.items():
            if key in known:
                check(item, known[key], f"{where}.{key}")
            elif "additionalProperties" in schema:
                check(item, schema["additionalProperties"], f"{where}.{key}")
            else:
                assert not known, f"{where}.{key} is not described"


def answer(browser, method, path, body=None, code=200, template=None):
    """Asks, and compares with the description of that code."""
    got, headers, text = browser.ask(method, path, body)
    assert got == code, (path, got, text[:300])
    described = resolve(API["paths"][template or path.split("?")[0]][method.lower()]["responses"][str(code)])
    if code == 204:
        assert text == b"" and "content" not in described, (path, text)
        return None
    kind = headers["Content-Type"].split(";")[0]
    assert kind in described["content"], (path, kind)
    schema = described["content"][kind]["schema"]
    if kind != "application/json":
        return text.decode()
    value = json.loads(text)
    check(value, schema, path)
    return value


consoled, LINES = watched.start()
people = {}


def rows():
    return people["admin"].get("/api/events", most=500, traffic="no")["rows"]


def case_all_routes_are_described_and_all_described_are_routes():
    tables = set()
    for line in subprocess.run([lab.BUILD / "tests/unit/web/web_routes"], capture_output=True, text=True,
                               check=True).stdout.splitlines():
        method, path, permission = line.split()
        assert (method, path) not in tables, f"{method} {path} twice"
        tables.add((method, path))
        described = API["paths"].get(path, {}).get(method.lower())
        assert described, f"{method} {path} is not in docs/api.yaml"
        assert (described.get("security") == []) == (permission == "none"), (path, permission)
        assert ("(admin)" in described["summary"]) == (permission == "admin"), (path, permission)
        assert ("(analyst)" in described["summary"]) == (permission == "analyst"), (path, permission)
    described = {(method.upper(), path) for path, methods in API["paths"].items()
                 for method in methods if method in ("get", "post", "delete")}
    assert described == tables, described ^ tables


def case_nothing_without_a_login():
    stranger = Browser(watched.PORT)
    for path, methods in API["paths"].items():
        for method, described in methods.items():
            if method not in ("get", "post") or described.get("security") == []:
                continue
            code, _, text = stranger.ask(method.upper(), re.sub(r"\{\w+\}", "1", path), {})
            assert code == 401 and json.loads(text)["error"]["word"] == "login", (method, path, code, text)


def case_login_and_session():
    stranger = Browser(watched.PORT)
    answer(stranger, "POST", "/api/login", {"name": "admin", "password": "wrong"}, 401)
    first = (consoled.home / "console/first-password").read_text().strip()
    session = answer(stranger, "POST", "/api/login", {"name": "admin", "password": first})
    stranger.csrf = session["csrf"]
    answer(stranger, "POST", "/api/password", {"old": "wrong", "new": console.PASSWORD}, 400)
    answer(stranger, "POST", "/api/password", {"old": first, "new": "short"}, 400)
    answer(stranger, "POST", "/api/password", {"old": first, "new": console.PASSWORD}, 204)
    answer(stranger, "GET", "/api/session")
    people["admin"] = stranger
    watched.wait(stranger, LINES)


def case_overview_series_gateways():
    admin = people["admin"]
    for query in "", "?from=-7d", "?from=-400d", "?from=2026-01-01&until=2026-01-02":
        answer(admin, "GET", "/api/overview" + query)
    seen = answer(admin, "GET", "/api/overview?from=-7d")
    assert sum(a["rows"] for a in seen["apps"]) >= 240 and seen["latest"], seen["apps"]
    assert seen["totals"]["devices"] == 6, seen["totals"]
    for by in "app", "list", "rule", "action", "way", "evidence", "group", "gateway", "program":
        for bucket in 3600, 86400, 0:
            assert answer(admin, "GET", f"/api/series?by={by}&bucket={bucket}&from=-7d")["series"]
    assert answer(admin, "GET", "/api/series?by=way&bucket=0&from=-7d&way=tls&stopped=yes")["series"]
    assert len(answer(admin, "GET", "/api/gateways")["gateways"]) == 2


def case_incidents():
    admin = people["admin"]
    every = answer(admin, "GET", "/api/incidents?most=200")
    assert every["total"] == len(every["incidents"]) >= 6, every["total"]
    for query in ("state=new", "state=closed,false-positive", "app=WeChat", "q=10.20.2.1", "q=WEIXIN",
                  "least=10", "device=1", "assignee=admin", "sort=last", "sort=attempts", "skip=3&most=1"):
        answer(admin, "GET", "/api/incidents?" + query)
    assert answer(admin, "GET", "/api/incidents?q=h7.WEIXIN")["total"] == 1
    assert answer(admin, "GET", "/api/incidents?app=nothing")["total"] == 0
    template = "/api/incidents/{id}"
    one = next(i for i in every["incidents"] if i["app"] == "WeChat")
    path = f"/api/incidents/{one['id']}"
    detail = answer(admin, "GET", path, template=template)
    assert sum(d["rows"] for d in detail["days_series"]) == one["attempts"], detail["days_series"]
    answer(admin, "POST", path, {"state": "acknowledged", "note": "<b>seen</b>", "assignee": "admin"},
           template=template)
    answer(admin, "POST", path, {"state": "nonsense"}, 400, template=template)
    assert answer(admin, "GET", "/api/incidents?state=acknowledged")["total"] == 1
    assert answer(admin, "GET", "/api/incidents?assignee=admin")["total"] == 1
    assert answer(admin, "GET", path, template=template)["steps"][0]["note"] == "<b>seen</b>"
    for wrong in "0", "999999", "x":
        answer(admin, "GET", "/api/incidents/" + wrong, code=404, template=template)


def case_ponor_incidents_says_the_same():
    said = {i["id"]: i for i in map(json.loads, lab.out(
        lab.PONOR, "-c", consoled.file, "incidents", "--json").splitlines())}
    every = people["admin"].get("/api/incidents", most=200)["incidents"]
    assert said == {i["id"]: i for i in every}, (said, every)


def case_events():
    admin = people["admin"]
    template = "/api/events/{source}/{sequence}"
    found, after = [], ""
    while True:
        page = answer(admin, "GET", "/api/events?traffic=no&most=100" + (after and f"&after={after}"))
        found += page["rows"]
        after = page["next"]
        if not after:
            break
    assert len(found) == LINES, (len(found), LINES)
    assert len({(r["source"], r["sequence"]) for r in found}) == LINES
    assert [r["at"] for r in found] == sorted((r["at"] for r in found), reverse=True)
    for kind in "traffic", "notice", "health":
        row = next(r for r in found if r["kind"] == kind)
        one = answer(admin, "GET", f"/api/events/{row['source']}/{row['sequence']}?at={row['at']}",
                     template=template)
        assert json.loads(one["raw_text"]) == one["raw"], one
        assert (one["why"] is None) == (kind != "traffic"), one["why"]
    for query in ("client=10.20.2.0/24", "client=10.20.2.1", "app=WeChat&way=tls", "name=weixin.com",
                  "stopped=yes", "severity=4", "order=oldest", "evidence=installed", "device=1"):
        assert answer(admin, "GET", "/api/events?" + query)["rows"], query
    for query in "client=x", "way=x", "most=501", "most=0", "after=x", "order=x", "from=x", "device=x":
        error = answer(admin, "GET", "/api/events?" + query, code=400)["error"]
        assert error["word"] == "filter" and query.split("=")[0] in error["text"], error
    answer(admin, "GET", "/api/events/1/999999?at=2026-01-01T00:00:00Z", code=404, template=template)
    answer(admin, "GET", "/api/events/1/1", code=400, template=template)


def case_devices_and_lists():
    admin = people["admin"]
    seen = answer(admin, "GET", "/api/devices?most=2")
    assert seen["more"] and len(seen["devices"]) == 2, seen
    assert not answer(admin, "GET", "/api/devices?skip=4&q=10.20")["more"]
    answer(admin, "GET", f"/api/devices/{seen['devices'][0]['number']}", template="/api/devices/{number}")
    answer(admin, "GET", "/api/devices/999", code=404, template="/api/devices/{number}")
    every = answer(admin, "GET", "/api/lists")
    assert every["known"] and every["lists"][0]["never_hit"] == 6, every
    one = answer(admin, "GET", "/api/lists/wechat", template="/api/lists/{list}")
    assert [r["line"] for r in one["rules_list"]] == sorted(r["line"] for r in one["rules_list"])
    assert {r["rule"]: r["rows"] for r in one["rules_list"]}["wechat:14"] == 120, one
    answer(admin, "GET", "/api/lists/nothing", code=404, template="/api/lists/{list}")


def case_exports():
    admin = people["admin"]
    assert len(answer(admin, "GET", "/api/export/events.json?traffic=no")) == LINES
    assert len(answer(admin, "GET", "/api/export/events.json?most=7")) == 7
    text = answer(admin, "GET", "/api/export/events.csv?app=WeChat")
    assert text.count("\r\n") == 241, text.count("\r\n")
    every = answer(admin, "GET", "/api/export/incidents.json")
    assert len(every) == admin.get("/api/incidents")["total"]
    assert answer(admin, "GET", "/api/export/incidents.csv").count("\r\n") == len(every) + 1


def case_accounts_and_audit():
    admin = people["admin"]
    answer(admin, "POST", "/api/accounts", {"name": "ann", "password": console.PASSWORD + "1",
                                           "permission": "analyst"}, 204)
    answer(admin, "POST", "/api/accounts", {"name": "ann", "permission": "viewer"}, 409)
    answer(admin, "POST", "/api/accounts", {"name": "bob", "permission": "king"}, 400)
    answer(admin, "POST", "/api/accounts/ann", {"permission": "viewer"}, 204,
           template="/api/accounts/{name}")
    answer(admin, "POST", "/api/accounts/nobody", {"disabled": True}, 404, template="/api/accounts/{name}")
    answer(admin, "POST", "/api/accounts/admin", {"disabled": True}, 409, template="/api/accounts/{name}")
    answer(admin, "POST", "/api/language", {"language": "fr"}, 204)
    answer(admin, "POST", "/api/language", {"language": "xx"}, 400)
    assert {a["name"] for a in answer(admin, "GET", "/api/accounts")["accounts"]} == {"admin", "ann"}
    audit = answer(admin, "GET", "/api/audit")
    assert audit["chain"]["whole"] and len(audit["lines"]) > 5, audit["chain"]
    answer(admin, "GET", "/api/audit?before=3")
    answer(admin, "POST", "/api/totp")
    answer(admin, "POST", "/api/totp/confirm", {"code": "000000"}, 400)
    answer(admin, "POST", "/api/totp/off", {"code": "000000"}, 204)


def case_machines():
    stranger = Browser(watched.PORT)
    assert answer(stranger, "GET", "/healthz") == {"status": "fine"}
    text = answer(stranger, "GET", "/metrics")
    for family in ("ponor_events_rows_total{", "ponor_list_rules{", "ponor_incidents{state=\"new\"",
                   "ponor_gateway_packets_dropped_total{gateway=\"gw-01\",program=\"inspectd\"} 12",
                   "ponor_http_request_duration_seconds_bucket{le=\"+Inf\"}", "ponor_store_up 1"):
        assert family in text, (family, text[-20000:])
    assert "10.20.2" not in text and "\"admin" not in text, text[:20000]


def case_the_end_of_a_session():
    answer(people["admin"], "POST", "/api/logout", {}, 204)
    code, _, _ = people["admin"].ask("GET", "/api/session")
    assert code == 401, code
    consoled.stop()


if __name__ == "__main__":
    lab.enter_namespace()
    consoled.start()
    raise SystemExit(lab.run(globals()))
