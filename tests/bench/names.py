# SPDX-License-Identifier: GPL-3.0-or-later
"""names - the data that benchmarks ask for: seeded, so that two runs ask the same.

Used by dns.py. Writes into a folder:
  block.txt, block2.txt   blocked domains; the second has one in a hundred replaced
  clean.q                 10,000 names that are on no list, two thirds A, one third AAAA
  sink.q                  200,000 blocked names, half of them below an entry
  mix.q                   four clean, one blocked
"""
import pathlib
import random

LOADED, RELOADED = "canary.loaded.example", "canary.reloaded.example"
ENDS = ["com"] * 46 + ["net", "org", "ru", "info"] * 5 + ["xyz", "top", "de", "cn", "co.uk"] * 3 + \
       ["io", "fr", "it", "pl", "nl", "club", "online", "site", "shop", "com.br"] * 2
HOSTS = "ads track metrics pixel stats cdn img static api collect log t s m tag media".split()
PARTS = """ad click media track data net web shop online best free game play video mobile pay bank
    login news blog cloud host cash deal offer coin health love date chat live sport win gift car
    home fast easy smart top pro digital market social find my info soft app code studio photo
    music film book store group world city green blue""".split()


def domain(r):
    word = r.choice(PARTS) + r.choice(PARTS)
    if r.random() < .6:
        word += str(r.randrange(10 ** r.choice([2, 4, 6])))
    else:
        word += r.choice(PARTS)  # two words alone may be a public suffix, such as cloudapp.net
    return f"{word}.{r.choice(ENDS)}"


def make(folder, count):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / f"made-{count}").exists():
        return
    r = random.Random(20261124)
    seen, blocked = set(), []
    while len(blocked) < count:
        d = domain(r)
        if d in seen:
            continue
        seen.add(d)
        blocked.append(d if r.random() < .63 else f"{r.choice(HOSTS)}.{d}")
    other = [f"n{i}-{domain(r)}" if r.random() < .01 else d for i, d in enumerate(blocked)]
    (folder / "block.txt").write_text("\n".join(blocked + [LOADED]) + "\n")
    (folder / "block2.txt").write_text("\n".join(other + [LOADED, RELOADED]) + "\n")
    clean = []
    while len(clean) < 10000:
        d = domain(r)
        if d not in seen:
            clean.append(f"www.{d} {'A' if r.random() < .65 else 'AAAA'}")
    asked = [f"{r.choice(HOSTS)}.{d} A" if r.random() < .5 else f"{d} A"
             for d in r.choices(blocked, k=min(count, 200000))]
    mix = [r.choice(clean) if r.random() < .8 else r.choice(asked) for _ in range(50000)]
    for name, lines in ("clean.q", clean), ("sink.q", asked), ("mix.q", mix):
        (folder / name).write_text("\n".join(lines) + "\n")
    (folder / f"made-{count}").touch()
