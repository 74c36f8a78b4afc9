# SPDX-License-Identifier: GPL-3.0-or-later
"""ways - the table: one row for each way in which a client tries to reach what is banned.

Used by matrix.py, and by ways_names.py, ways_flows.py and ways_app.py, which fill it. A way is a function
of one attempt (attempt.py) that says whether it came through: an answer with the true address, a finished
handshake with a page, a server's hello. Programs are real ones where Debian has them.
"""
import collections

# ordinary: what the same way does for something ordinary: "works", "ours" (our resolver answers),
#   "banned" (the way itself is what is forbidden).
# open: why it stays open without default-deny egress, "" if it does not. strict: whether `strict: yes`
#   closes an open way.
# prelude: bytes (out, back) before the hello. leaves: what of the client's gets out before it can be told;
#   acks: what comes back before that, at most ACKS_MOST bytes.
# alone: no other way uses its server's port. slow: a browser. quiet: nothing is attempted that an event
#   could tell of. races: which of its flows is told of first is chance.
ACKS_MOST = 256
Way = collections.namedtuple(
    "Way", "slug title go ordinary open strict prelude leaves acks alone slow quiet races",
    defaults=["works", "", False, (0, 0), "", "", False, False, False, False])
WAYS = []


def way(slug, title, **words):
    def add(function):
        WAYS.append(Way(slug, title, function, **words))
        return function
    return add
