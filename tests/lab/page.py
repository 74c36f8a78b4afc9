# SPDX-License-Identifier: GPL-3.0-or-later
"""page - docs/escape-matrix.md from a run.

Used by matrix.py. Equal findings give an equal page: it has no times, and no bytes where they hang on how
a client cut its hello.
"""

HEAD = """\
# The escape matrix

<!-- written by ./dev lab --write; do not edit -->

Every way in which a client of a banned group tries to reach what is banned, tried in a lab of network
namespaces (`./dev lab`): clients, a gateway with dnsd and inspectd in mode `inline`, and an Internet that
has the public resolvers at their own addresses. `./dev lab --without` is the same with a gateway that
only routes: there every row comes through, so each way is a real one. The lists are those of
`blocklists/` (encrypted-dns, wechat, kaspersky) and two of the lab's own: addresses that are built in, and
`protocol: unresolved`, observed.

* **banned**: towards something banned. It is stopped if there was no answer with a true address, no
  handshake, no page, no hello of the server's.
* **ordinary**: the same client, the same way, towards something ordinary. `n/a`: the way itself is what is
  forbidden. Plain DNS of another resolver is answered by this gateway's.
* **exception**: a client of a group without these lists, towards the banned thing.
* **leaked**: bytes of the client's application that reached the server, with the hello or behind it; in
  words where something leaves before it can be told, such as the first pieces of a hello in many.
* **back**: bytes of the server's application that reached the client from there on.
* **event**: the app, the evidence, and what it was seen in.

| way | | banned | ordinary | exception | leaked | back | event |
|---|---|---|---|---|---|---|---|
"""

OPEN = """
## What stays open

These come through, and the lab says so. A group with `strict: yes` stops what no reader
knows if it goes to an address that nobody looked up.

| way | | banned | with `strict: yes` | event | why |
|---|---|---|---|---|---|
"""

REST = """
Not in the lab, and open: a phone on cellular never crosses the gateway, and push services (APNs, FCM) can
deliver previews of messages. A tunnel that looks like ordinary HTTPS to a server of nobody's is ordinary
HTTPS to whoever stands in between.
"""


def cell(text):
    return text.replace("|", "\\|")


def leaked(row):
    return "all" if row.banned.completed else row.way.leaves or str(row.leaked)


def back(row):
    return "all" if row.banned.completed else row.way.acks or str(row.back)


def event(row):
    said = row.said()[:2] if row.way.races else row.said()
    return ", ".join(w for w in said if w) or "none"


def merged(rows, cells):
    """One line for both families where they are alike."""
    lines = []
    for four, six in zip(rows[::2], rows[1::2]):
        if cells(four) == cells(six):
            lines.append((four.way, "IPv4, IPv6", cells(four)))
        else:
            lines += [(r.way, f"IPv{r.family}", cells(r)) for r in (four, six)]
    return "".join(f"| {cell(way.title)} | {families} | {' | '.join(map(cell, said))} |\n"
                   for way, families, said in lines)


def markdown(rows):
    def closed(r):
        return (r.word("banned", through="**open**"), r.word("ordinary", "**fails**"),
                r.word("exception", "**fails**"), leaked(r), back(r), event(r))

    def opened(r):
        return r.word("banned", through="open"), r.word("strict", through="open"), event(r), r.way.open
    return HEAD + merged([r for r in rows if not r.way.open], closed) + OPEN + \
        merged([r for r in rows if r.way.open], opened) + REST
