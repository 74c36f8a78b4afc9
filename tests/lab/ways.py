# SPDX-License-Identifier: GPL-3.0-or-later
"""ways - the table: one row for each way in which a client tries to reach what is banned.

Used by matrix.py. A way is a function of one attempt (attempt.py) that says whether it came through: an
answer with the true address, a finished handshake with a page, a server's hello. Programs are real ones
where Debian has them.
"""
import collections
import os
import socket
import ssl
import time

import app
import dnscrypt
import raw
from hosts import DNSCRYPT_PORT, NAMED_PORT, ODD_DNS_PORT, PROVIDER, SECRET, UNLISTED
from net import BUILT_IN, RESOLVERS

# ordinary: what the same way does for something ordinary: "works", "ours" (our resolver answers),
#   "banned" (the way itself is what is forbidden).
# open: why it stays open without default-deny egress, "" if it does not. strict: whether `strict: yes`
#   closes an open way. prelude: bytes (out, back) before the hello, of IPv4 and IPv6. split: the hello
#   comes in parts, so that its first parts leave. alone: no other way uses its server's port.
Way = collections.namedtuple("Way", "slug title go ordinary open strict prelude split alone slow",
                             defaults=["works", "", False, None, False, False, False])
WAYS = []


def way(slug, title, **words):
    def add(function):
        WAYS.append(Way(slug, title, function, **words))
        return function
    return add


# Names, asked of somebody.

@way("dns-own", "plain DNS of this gateway")
def dns_own(a):
    return a.truth(a.kdig(f"@{a.resolver}", "+short"))


@way("dns-udp", "plain DNS of 8.8.8.8, UDP", ordinary="ours")
def dns_udp(a):
    return a.truth(a.kdig(f"@{a.to('udp', 53, a.pick(RESOLVERS['google']))}", "+short"))


@way("dns-tcp", "plain DNS of 8.8.8.8, TCP", ordinary="ours")
def dns_tcp(a):
    return a.truth(a.kdig(f"@{a.to('tcp', 53, a.pick(RESOLVERS['google']))}", "+short", "+tcp"))


@way("dns-odd-port", "plain DNS of an unlisted resolver on port 5399")
def dns_odd_port(a):
    return a.truth(a.kdig(f"@{a.to('udp', ODD_DNS_PORT, a.pick(UNLISTED))}", "+short", port=ODD_DNS_PORT))


@way("dot", "DoT of 1.1.1.1", ordinary="banned", alone=True)
def dot(a):
    return a.truth(a.kdig(f"@{a.to('tcp', 853, a.pick(RESOLVERS['cloudflare']))}", "+short", "+tls"))


@way("dot-unlisted", "DoT of an unlisted resolver", ordinary="banned", alone=True)
def dot_unlisted(a):
    return a.truth(a.kdig(f"@{a.to('tcp', 853, a.pick(UNLISTED))}", "+short", "+tls"))


@way("doh-name", "DoH of dns.google, its name looked up (curl)", ordinary="banned")
def doh_name(a):
    a.to("tcp", 443, a.pick(RESOLVERS["google"]))
    a.names = {"dns.google"}
    return a.curl(f"https://{a.name}/", "--doh-url", "https://dns.google/dns-query", "--doh-insecure",
                  resolve=False)


@way("doh-name-unlisted", "DoH by name at an unlisted address", ordinary="banned", alone=True)
def doh_name_unlisted(a):
    return a.truth(a.kdig(f"@{a.to('tcp', 8443, a.pick(UNLISTED))}", "+short", "+https",
                          "+tls-sni=dns.google", port=8443))


@way("doh-address", "DoH of 9.9.9.9 by bare address", ordinary="banned", alone=True)
def doh_address(a):
    return a.truth(a.kdig(f"@{a.to('tcp', 443, a.pick(RESOLVERS['quad9']))}", "+short", "+https"))


def http3(a, name, address=None, path="index.html", version="v1"):
    to, folder = a.to("udp", 443, address), a.setup.folder / f"got-{a.own}-{a.subject}"
    folder.mkdir(exist_ok=True)
    a.out("gtlsclient", "-q", "--exit-on-all-streams-close", "--timeout=1500ms", f"--download={folder}",
          f"--sni={name}", f"--version={version}", to, "443", f"https://{name}/{path}")
    return any(SECRET in f.read_bytes() for f in folder.iterdir())


@way("doh3", "DoH3 of 8.8.8.8", ordinary="banned", alone=True)
def doh3(a):
    return http3(a, "dns.google", a.pick(RESOLVERS["google"]), "dns-query")


@way("doh3-unlisted", "DoH3 by name at an unlisted address", ordinary="banned")
def doh3_unlisted(a):
    return http3(a, "dns.google", path="dns-query")


def quic_answered(a, resolver):
    """Debian 12 has no server of DoQ: that one of QUIC answers the Initial is what counts."""
    a.kdig(f"@{a.to('udp', 853, resolver)}", "+short", "+quic")
    time.sleep(.05)
    return a.said()[1] > 0


@way("doq", "DoQ of 9.9.9.9", ordinary="banned", alone=True)
def doq(a):
    return quic_answered(a, a.pick(RESOLVERS["quad9"]))


@way("doq-unlisted", "DoQ of an unlisted resolver", ordinary="banned")
def doq_unlisted(a):
    return quic_answered(a, a.server)


def dnscrypt_ask(a, resolver, known):
    family = socket.AF_INET6 if a.family == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.connect((a.to("udp", DNSCRYPT_PORT, resolver), DNSCRYPT_PORT))
        s.settimeout(1)
        certificate = a.setup.certificate
        if not known:
            s.send(dnscrypt.certificate_question(PROVIDER))
            certificate = dnscrypt.certificate_of(s.recv(65535))
        client = dnscrypt.Client(certificate)
        s.send(client.question(a.name, 1 if a.family == 4 else 28))
        answer = client.answer(s.recv(65535))
        return socket.inet_pton(family, a.server) in answer


@way("dnscrypt", "DNSCrypt of 1.1.1.1", ordinary="banned", alone=True)
def dnscrypt_listed(a):
    return dnscrypt_ask(a, a.pick(RESOLVERS["cloudflare"]), known=False)


@way("dnscrypt-unlisted", "DNSCrypt of an unlisted resolver", ordinary="banned", alone=True)
def dnscrypt_unlisted(a):
    return dnscrypt_ask(a, a.pick(UNLISTED), known=False)


@way("dnscrypt-known", "DNSCrypt with a certificate from before", ordinary="banned", split=True, alone=True)
def dnscrypt_known(a):
    # A prefix that no other way uses.
    return dnscrypt_ask(a, a.pick(RESOLVERS["opencrypt"]), known=True)


def http(a, port, request, address=None):
    with a.connect(port, address) as s:
        s.sendall(request)
        return b" 200 OK" in s.recv(65535)


@way("httpdns-newgetdns", "WeChat's HTTPDNS at an unlisted address", ordinary="banned")
def httpdns_newgetdns(a):
    a.names = set()
    return http(a, 8080, app.HTTPDNS.encode())


@way("httpdns-listed", "HTTPDNS `/d?dn=` at 119.29.29.98, IPv6 unlisted", ordinary="banned", alone=True)
def httpdns_listed(a):
    return http(a, 80, f"GET /d?dn={a.name} HTTP/1.1\r\nHost: 119.29.29.98\r\n\r\n".encode(),
                "119.29.29.98" if a.family == 4 else None)


@way("httpdns-unlisted", "HTTPDNS `/d?dn=` at an unlisted address", ordinary="banned")
def httpdns_unlisted(a):
    return http(a, 80, f"GET /d?dn={a.name} HTTP/1.1\r\nHost: {a.host()}\r\n\r\n".encode())


# Names that lead to others, asked of this gateway.

def led(a, prefix, kind, wanted):
    name = f"{prefix}-{'b' if a.banned else 'o'}-{a.own}.cloak.example"
    a.names = {name}
    return wanted in a.kdig(f"@{a.resolver}", "+short", name=name, kind=kind)


@way("cname", "an ordinary name that is a CNAME to a banned one")
def cname(a):
    return led(a, "cname", a.kind, a.server)


@way("svcb-target", "an HTTPS record whose target is banned")
def svcb_target(a):
    return led(a, "svcb", "HTTPS", a.name)


@way("svcb-alias", "an HTTPS record in alias form")
def svcb_alias(a):
    return led(a, "alias", "HTTPS", a.name)


@way("svcb-hint", "an HTTPS record whose hint is a banned address")
def svcb_hint(a):
    return led(a, "hint", "HTTPS", a.pick(BUILT_IN) if a.banned else a.server)


@way("ech-key", "a key for ECH, asked of this gateway", ordinary="banned", alone=True)
def ech_key(a):
    return led(a, "ech", "HTTPS", "ech=")


# Connections that say a name.

@way("dns-then-tls", "the name of one family only: look-up, then TLS (curl)")
def dns_then_tls(a):
    a.to("tcp", 443)
    return a.curl(f"https://{a.name}/", resolve=False)


@way("tls13", "TLS 1.3 SNI to an unlisted address (curl)")
def tls13(a):
    a.to("tcp", 443)
    return a.curl(f"https://{a.name}/", "--tlsv1.3")


@way("tls12", "TLS 1.2 SNI to an unlisted address (curl)")
def tls12(a):
    a.to("tcp", 443)
    return a.curl(f"https://{a.name}/", "--tls-max", "1.2")


@way("tls-no-name", "TLS 1.2 without SNI, a banned name in the certificate (openssl)")
def tls_no_name(a):
    port = NAMED_PORT if a.banned else 443
    said = a.out("sh", "-c", 'printf "GET / HTTP/1.0\\r\\n\\r\\n" | timeout 3 openssl s_client -ign_eof '
                 f'-noservername -tls1_2 -connect {a.host(a.to("tcp", port))}:{port}')
    return SECRET.decode() in said


def cut_tls(a, cut):
    """`cut` sends the hello; all that follows goes as it is."""
    with a.connect(443) as s:
        first = []

        def send(data):
            (s.sendall if first else lambda d: cut(s, d))(data)
            first.append(1)
        return a.tls(send, lambda: s.recv(65535))


@way("tls-segments", "SNI split over five segments", split=True)
def tls_segments(a):
    def cut(s, data):
        for at in range(0, len(data), len(data) // 5 + 1):
            s.sendall(data[at:at + len(data) // 5 + 1])
            time.sleep(.02)
    return cut_tls(a, cut)


@way("tls-bytes", "a hello byte by byte", split=True)
def tls_bytes(a):
    def cut(s, data):
        for at in range(len(data)):
            s.sendall(data[at:at + 1])
            time.sleep(.0005)
    return cut_tls(a, cut)


@way("tls-records", "SNI split over many records of TLS")
def tls_records(a):
    def cut(s, data):
        body = data[5:]
        s.sendall(b"".join(b"\x16\3\1" + len(p).to_bytes(2, "big") + p
                           for p in (body[at:at + 20] for at in range(0, len(body), 20))))
    return cut_tls(a, cut)


def raw_tls(a, send):
    connection = raw.Connection(a.client, a.to("tcp", 443), 443)
    try:
        send(connection.connect(), a.hello_bytes())
        return connection.answered()[:3] == b"\x16\3\3"
    finally:
        connection.close()


@way("tls-disorder", "SNI in segments, the last one first", split=True)
def tls_disorder(a):
    def send(connection, data):
        size = len(data) // 4 + 1
        for at in reversed(range(0, len(data), size)):
            connection.send_at(at, data[at:at + size])
            time.sleep(.01)
    return raw_tls(a, send)


@way("tls-decoy", "a decoy with an ordinary name and a wrong checksum first", split=True)
def tls_decoy(a):
    def send(connection, data):
        connection.send_decoy(data.replace(a.name.encode(), b"x" * (len(a.name) - 8) + b".example"))
        time.sleep(.05)
        connection.send_at(0, data)
    return raw_tls(a, send)


@way("fragments-tcp", "a hello in fragments of IP, the last one first")
def fragments_tcp(a):
    return raw_tls(a, lambda connection, data: connection.send_in_fragments(0, data))


@way("fast-open", "HTTP Host in the SYN (TCP Fast Open)")
def fast_open(a):
    return sent_in_syn(a, 80, f"GET / HTTP/1.1\r\nHost: {a.name}\r\n\r\n".encode(), SECRET)


@way("fast-open-tls", "a ClientHello in the SYN (TCP Fast Open)")
def fast_open_tls(a):
    return sent_in_syn(a, 443, a.hello_bytes(), b"\x16\3\3")


def sent_in_syn(a, port, data, wanted):
    with socket.socket(socket.AF_INET6 if a.family == 6 else socket.AF_INET) as s:
        s.settimeout(2)
        s.sendto(data, socket.MSG_FASTOPEN, (a.to("tcp", port), port))
        return wanted in s.recv(65535)


@way("ech", "ECH with a key from elsewhere, an ordinary outer name", strict=True,
     open="the outer name is the provider's; the extension alone may be padding of a browser")
def ech(a):
    if a.banned:
        a.name = a.name.replace("wechat.com", "good.example")
        a.names.add(a.name)
    with a.connect(443) as s:
        s.sendall(a.made("tls", a.name, "208")[0])
        return s.recv(65535)[:3] == b"\x16\3\3"


@way("quic", "QUIC v1 (ngtcp2)")
def quic(a):
    return http3(a, a.name)


@way("quic-v2-draft", "QUIC v2 as its draft had it (ngtcp2)")
def quic_v2_draft(a):
    return http3(a, a.name, version="v2draft")


@way("quic-three", "QUIC, the hello over three Initials", split=True)
def quic_three(a):
    return a.datagram(4433, *a.made("v1", a.name, "3", "1200"))


@way("quic-second", "a second connection of QUIC from the same port")
def quic_second(a):
    to, family = a.to("udp", 4433), socket.AF_INET6 if a.family == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.connect((to, 4433))
        s.settimeout(1.5)
        s.send(a.made("v1", "first.good.example", "1", "1200")[0])
        s.recv(65535)
        a.hello()
        s.send(a.made("v1", a.name, "1", "1200")[0])
        return bool(s.recv(65535))


@way("quic-v2", "QUIC v2")
def quic_v2(a):
    return a.datagram(4433, *a.made("v2", a.name, "1", "1200"))


@way("fragments-quic", "a QUIC Initial in fragments of IP")
def fragments_quic(a):
    return a.datagram(9443, *a.made("v1", a.name, "1", "1900"))


@way("http-host", "HTTP Host (curl)")
def http_host(a):
    a.to("tcp", 80)
    return a.curl(f"http://{a.name}/")


def http_again(a, requests, size):
    """Requests of an ordinary name, then one of this attempt's, over one connection."""
    with a.connect(80) as s:
        for _ in range(requests):
            s.sendall(b"GET / HTTP/1.1\r\nHost: www.good.example\r\nX: %s\r\n\r\n" % (b"x" * size))
            s.recv(65535)
        a.hello()
        s.sendall(f"GET / HTTP/1.1\r\nHost: {a.name}\r\n\r\n".encode())
        return SECRET in s.recv(65535)


@way("http-second", "HTTP Host in a second request")
def http_second(a):
    return http_again(a, 1, 0)


@way("http-late", "HTTP Host behind 20 KiB of ordinary requests",
     open="names are looked for in the first 16 KiB of a flow")
def http_late(a):
    return http_again(a, 5, 4096)


@way("proxy-absolute", "HTTP by an open proxy, the whole URL (curl)")
def proxy_absolute(a):
    a.to("tcp", 3128)
    return a.curl(f"http://{a.name}/", "--proxy", f"http://{a.host()}:3128", resolve=False)


@way("proxy-connect", "CONNECT to the name by an open proxy (curl)")
def proxy_connect(a):
    a.to("tcp", 3128)
    return a.curl(f"https://{a.name}/", "--proxy", f"http://{a.host()}:3128", resolve=False)


def behind(a, port, *exchanges):
    """TLS behind what a client and a proxy say to each other first."""
    with a.connect(port) as s:
        for said in exchanges:
            s.sendall(said)
            s.recv(65535)
        a.hello()
        return a.tls(s.sendall, lambda: s.recv(65535))


@way("proxy-connect-address", "CONNECT to an address, then TLS with the name")
def proxy_connect_address(a):
    return behind(a, 3128, f"CONNECT {a.host()}:443 HTTP/1.1\r\nHost: {a.host()}:443\r\n\r\n".encode())


@way("socks", "SOCKS 5 with the name (curl)", prelude=((3, 2), (3, 2)))
def socks(a):
    a.to("tcp", 1080)
    return a.curl(f"https://{a.name}/", "--proxy", f"socks5h://{a.host()}:1080", resolve=False)


@way("socks-address", "SOCKS 5 with an address, then TLS with the name")
def socks_address(a):
    family = socket.AF_INET6 if a.family == 6 else socket.AF_INET
    target = (b"\4" if a.family == 6 else b"\1") + socket.inet_pton(family, a.server) + b"\x01\xbb"
    return behind(a, 1080, b"\5\1\0", b"\5\1\0" + target)


@way("starttls", "SMTP with STARTTLS, then the name")
def starttls(a):
    with a.connect(25) as s:
        s.recv(65535)
        for said in b"EHLO client\r\n", b"STARTTLS\r\n":
            s.sendall(said)
            s.recv(65535)
        a.hello()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(s, server_hostname=a.name):
            return True


QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-breakpad", "--disable-extensions",
         "--ignore-certificate-errors", "--timeout=3000"]


def chromium(a, *options):
    home = a.setup.folder / f"chromium-{a.way.slug}-{a.own}-{a.subject}"
    said = a.out("env", f"HOME={home}", "timeout", "25", "chromium", *QUIET, f"--user-data-dir={home}",
                 f"--host-resolver-rules=MAP * {a.host()}", *options, "--dump-dom",
                 f"https://{a.name}/index.html", timeout=30)
    return SECRET.decode() in said


@way("chromium", "Chromium, TLS with a post-quantum hello", slow=True, split=True)
def chromium_tls(a):
    a.to("tcp", 443)
    return chromium(a, "--disable-quic")


@way("chromium-quic", "Chromium, QUIC and then TLS", slow=True, split=True)
def chromium_quic(a):
    a.to("tcp", 443)
    a.to("udp", 443)
    return chromium(a, "--enable-quic", f"--origin-to-force-quic-on={a.name}:443",
                    f"--ignore-certificate-errors-spki-list={a.setup.key_hash}")


# WeChat without a name.

@way("built-in", "a built-in address that is on a list", alone=True)
def built_in(a):
    return http(a, 7777, b"GET / HTTP/1.0\r\n\r\n", a.pick(BUILT_IN) if a.banned else None)


def mmtls(a, port, said, cut=None):
    with a.connect(port) as s:
        for at in range(0, len(said), cut or len(said)):
            s.sendall(said[at:at + (cut or len(said))])
            if cut:
                time.sleep(.003)
        return s.recv(65535)[:2] == b"\x16\xf1"


for mmtls_port in 80, 443, 8080, 7777:
    WAYS.append(Way(f"mmtls-{mmtls_port}", f"mmtls raw on {mmtls_port}, an unlisted address",
                    lambda a, port=mmtls_port: mmtls(a, port, app.hello()), ordinary="banned"))


@way("mmtls-early", "mmtls with its 0-RTT hello", ordinary="banned")
def mmtls_early(a):
    return mmtls(a, 5228, app.hello(early=True))


@way("mmtls-bytes", "mmtls byte by byte", ordinary="banned", split=True)
def mmtls_bytes(a):
    return mmtls(a, 8080, app.hello()[:40], cut=1)


@way("mmtls-post", "mmtls in a POST (short link)", ordinary="banned")
def mmtls_post(a):
    with a.connect(80) as s:
        s.sendall(app.short_link(a.host()))
        return b"\x16\xf1" in s.recv(65535)


@way("mmtls-proxy", "mmtls in a POST, by an open proxy", ordinary="banned")
def mmtls_proxy(a):
    with a.connect(3128) as s:
        s.sendall(app.short_link(a.host()).replace(b"POST /", b"POST http://%s/" % a.host().encode(), 1))
        return b"\x16\xf1" in s.recv(65535)


@way("app", "WeChat as a whole: DNS, HTTPDNS, addresses raced", ordinary="banned")
def app_whole(a):
    for port in 80, 443, 8080:
        a.to("tcp", port)
    return app.run(a.name, [a.server])


# What no list can close.

@way("vpn", "an unknown VPN over UDP to an address that was looked up",
     open="no reader knows it and a name was asked for; default-deny egress closes it")
def vpn(a):
    name = a.name.replace("wechat.com", "good.example")
    a.names.add(name)
    assert a.truth(a.kdig(f"@{a.resolver}", "+short", name=name))
    return a.datagram(51820, *[os.urandom(148) for _ in range(3)])


@way("unknown-udp", "unknown bytes over UDP to an address that nobody looked up", strict=True,
     open="no reader knows it; `strict: yes` stops what was never resolved")
def unknown_udp(a):
    return a.datagram(51820, *[b"\x90" + os.urandom(147) for _ in range(3)])


@way("unknown-tcp", "unknown bytes over TCP to an address that nobody looked up", strict=True,
     open="no reader knows it; `strict: yes` stops what was never resolved")
def unknown_tcp(a):
    with a.connect(7777) as s:
        # The lab's server answers HTTP whatever comes before it in the line.
        s.sendall(b"Q\x90\x91\x92" + os.urandom(60).replace(b"\n", b"q") + b"\r\n\r\n")
        return bool(s.recv(65535))
