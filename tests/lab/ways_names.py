# SPDX-License-Identifier: GPL-3.0-or-later
"""ways_names - ways that ask somebody for a name. Rows of the table in ways.py."""
import socket
import time

import app
import dnscrypt
from hosts import DNSCRYPT_PORT, ODD_DNS_PORT, PROVIDER, SECRET, UNLISTED
from net import BUILT_IN, RESOLVERS
from ways import way


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
    a.names = {f"{a.own}.dns.google"}
    return a.truth(a.kdig(f"@{a.to('tcp', 8443, a.pick(UNLISTED))}", "+short", "+https",
                          f"+tls-sni={a.own}.dns.google", port=8443))


@way("doh-address", "DoH of 9.9.9.9 by bare address", ordinary="banned", alone=True)
def doh_address(a):
    return a.truth(a.kdig(f"@{a.to('tcp', 443, a.pick(RESOLVERS['quad9']))}", "+short", "+https"))


def http3(a, name, address=None, path="index.html", version="v1"):
    """ngtcp2's client says a name only where it looked it up: in the lab's /etc/hosts."""
    to, folder = a.to("udp", 443, address), a.setup.folder / f"got-{a.own}-{a.subject}"
    folder.mkdir(exist_ok=True)
    a.names = {name}
    with open("/etc/hosts", "a") as hosts:
        hosts.write(f"{to} {name}\n")
    a.out("gtlsclient", "-q", "--exit-on-all-streams-close", "--timeout=1500ms", f"--download={folder}",
          f"--version={version}", name, "443", f"https://{name}/{path}")
    return any(SECRET in f.read_bytes() for f in folder.iterdir())


@way("doh3", "DoH3 of 8.8.8.8", ordinary="banned", alone=True)
def doh3(a):
    return http3(a, f"{a.own}.dns.google", a.pick(RESOLVERS["google"]), "dns-query")


@way("doh3-unlisted", "DoH3 by name at an unlisted address", ordinary="banned")
def doh3_unlisted(a):
    return http3(a, f"{a.own}.dns.google", path="dns-query")


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


@way("dnscrypt-known", "DNSCrypt with a certificate from before", ordinary="banned", leaves="a sealed question",
     alone=True)
def dnscrypt_known(a):
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


@way("ech-key", "a key for ECH, asked of this gateway", ordinary="banned", quiet=True)
def ech_key(a):
    return led(a, "ech", "HTTPS", "ech=")
