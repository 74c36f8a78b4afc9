# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium, captured while it loads a page by TLS and by QUIC, and what `ponor inspect` says of it.

Its hello is the hardest of the usual ones: a post-quantum key (X25519MLKEM768) that fits no packet,
extensions in another order each time, GREASE, ECH that is a fake, and in QUIC CRYPTO frames in pieces
and out of order. It asks for names of its own too; in those as well tshark and inspect agree."""
import base64
import hashlib
import re
import shutil
import subprocess

import capture
import lab
from capture import Capture
from lab import out
from servers import SERVER, page, secure, serve

NAME = "web.wechat.com"
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-breakpad"]
ONE_PACKET = 1280

folder = capture.prepare()
serve(443, secure(folder, page, "http/1.1"))


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise lab.Skip(f"no {program}")


def load(user, *options):
    """A page of NAME in a browser that nobody used before; it must have come."""
    need("chromium")
    said = out("env", f"HOME={folder / user}", "chromium", *QUIET, f"--user-data-dir={folder / user}",
               f"--host-resolver-rules=MAP * {SERVER}", *options, "--dump-dom",
               f"https://{NAME}/index.html")
    assert re.search(r"<body>.*hi\n", said), said


def key_hash():
    """Of cert.pem, as --ignore-certificate-errors-spki-list wants it."""
    public = out("openssl", "x509", "-in", folder / "cert.pem", "-noout", "-pubkey")
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=public.encode(),
                         capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def hellos(c, *fields):
    """Those of NAME, as tshark read them: the fields' numbers of each."""
    name = "tls.handshake.extensions_server_name"
    text = out("tshark", "-n", "-r", c.file, "-Y", f'{name} == "{NAME}"', "-T", "fields",
               *[a for f in (name, *fields) for a in ("-e", f)])
    rows = [line.split("\t") for line in text.splitlines()]
    return [[int(n) for n in numbers] for said, *numbers in rows if said == NAME]


def named(c, protocol):
    """NAME's events; it is in no other protocol, and every flow is as tshark sees it."""
    found, events, flows = c.agree()
    assert any(NAME in names for names in found.values()), found
    assert events and {(e["name"], e["rule"]["name"], e["ponor"]["result"]) for e in events} == \
        {(NAME, "wechat.com", "name")}, events
    assert {f["network"]["protocol"] for f in flows if f["name"] == NAME} == {protocol}, flows
    return events


def case_chromium_over_tls():
    with Capture(folder, "tls") as c, capture.small_packets():
        load("tls-user", "--disable-quic", "--ignore-certificate-errors")
    events = named(c, "tls")
    read = hellos(c, "tls.handshake.length", "tcp.segment.count")
    assert len(read) == len(events), (read, events)
    assert all(length > ONE_PACKET and segments > 1 for length, segments in read), read
    for e in events:
        assert re.match(r"t13d\d{4}h2_", e["ponor"]["ja4"]) and e["ponor"]["ech"] == "grease", e


def case_chromium_over_quic():
    need("gtlsserver")
    server = lab.start("gtlsserver", "-q", f"--htdocs={folder}", SERVER, 443, folder / "key.pem",
                       folder / "cert.pem", log=folder / "gtlsserver.log")
    lab.until("gtlsserver listens", lambda: ":443 " in out("ss", "-Hlnu"))
    with Capture(folder, "quic") as c:
        load("quic-user", "--enable-quic", f"--origin-to-force-quic-on={NAME}:443",
             f"--ignore-certificate-errors-spki-list={key_hash()}")
    lab.stop(server)
    events = named(c, "quic")
    read = hellos(c, "tls.handshake.length")
    assert read and all(length > ONE_PACKET for length, in read), read
    for e in events:
        assert re.match(r"q13d\d{4}h3_", e["ponor"]["ja4"]) and e["ponor"]["ech"] == "grease", e
        assert e["ponor"]["segments"] > 1, e


raise SystemExit(lab.run(globals()))
