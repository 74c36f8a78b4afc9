# SPDX-License-Identifier: GPL-3.0-or-later
"""hosts - the lab's Internet: whatever a way wants to reach answers here, at whatever address.

Used by matrix.py. Names: a signed root and zones (NSD). Public resolvers: dnsdist with plain DNS, DoT,
DoH and DNSCrypt at the addresses that the lists know. QUIC: ngtcp2's server. All else is one server of
TCP that reads how a client begins and goes on accordingly, so that every way is open at every port.
"""
import collections
import shutil
import socket
import struct
import threading
import time

from lab import Nsd, out, sign, start, until
from net import BUILT_IN, RESOLVERS, ROOTS
from servers import head, mail, page, secure

WAYS_MOST, SUBJECTS = 80, 3
BANNED, ORDINARY = "wechat.com", "good.example"
PORTS = [80, 443, 853, 1080, 3128, 4430, 5228, 7777, 8080, 8443]
DATAGRAM_PORTS = [4433, 4434, 9443, 51820]
DNSCRYPT_PORT, ODD_DNS_PORT = 5443, 5399
UNLISTED = "203.0.113.200", "2001:db8:77::200"   # resolvers that no list knows
THREE_PORT = 4434   # answers the third datagram
NAMED_PORT = 4430   # its certificate is of a banned name
PROVIDER = "2.dnscrypt-cert.lab.example"
SECRET = b"hi\n"    # what every page says
MMTLS_HELLO = bytes.fromhex("16f104002e0000002a0204f100a8fbb1") + bytes(35)
SOA = "3600 IN SOA ns.{0} hostmaster.{0} 1 3600 600 86400 5\n"


def number(way, subject):
    return SUBJECTS * way + subject + 1


def server_address(way, subject, family):
    """Of one attempt alone: on no list, and nobody else's."""
    return f"198.51.100.{number(way, subject)}" if family == 4 else f"2001:db8:51::{number(way, subject):x}"


def label(way, subject, family):
    return f"w{way}s{subject}v{family}"


def zone(name, body):
    return f"$ORIGIN {name}\n$TTL 300\n{name} {SOA.format(name)}{name} 3600 IN NS ns.{name}\n" \
        f"ns.{name} 3600 IN A {ROOTS[1]}\n" + body


def attempts_of(base):
    """Every attempt's name: addresses of its own family only, so that a name of IPv6 is IPv6-only."""
    lines = []
    for way in range(WAYS_MOST):
        for subject in range(SUBJECTS):
            for family, kind in (4, "A"), (6, "AAAA"):
                lines.append(f"{label(way, subject, family)}{base} 60 {kind} "
                             f"{server_address(way, subject, family)}\n")
    return "".join(lines)


def cloaks():
    """Ordinary names that lead to banned ones, and to ordinary ones."""
    lines = []
    for way in range(WAYS_MOST):
        for subject in range(SUBJECTS):
            for family, hint in (4, f"ipv4hint={BUILT_IN[0]}"), (6, f"ipv6hint={BUILT_IN[1]}"):
                own = label(way, subject, family)
                plain = hint.split("=")[0] + "=" + server_address(way, subject, family)
                for kind, target in ("b", f"{own}.{BANNED}."), ("o", f"{own}.{ORDINARY}."):
                    lines.append(f"cname-{kind}-{own} 60 CNAME {target}\n"
                                 f"svcb-{kind}-{own} 60 HTTPS 1 {target} alpn=h2\n"
                                 f"alias-{kind}-{own} 60 HTTPS 0 {target}\n"
                                 f"hint-{kind}-{own} 60 HTTPS 1 . alpn=h2 {hint if kind == 'b' else plain}\n"
                                 f"ech-{kind}-{own} 60 HTTPS 1 . alpn=h2 ech=AEX+DQBBpQAgACBkVQ==\n")
    return "".join(lines)


def certificate(folder, name):
    folder.mkdir(exist_ok=True)
    out("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", f"/CN={name}",
        "-addext", f"subjectAltName=DNS:{name}")


class Hosts:
    def __init__(self, internet, folder):
        self.internet, self.folder = internet, folder
        self.hints, self.anchor = folder / "root.hints", folder / "root.key"
        self.dnscrypt_key = b""

    def start(self):
        certificate(self.folder, "lab.test")
        certificate(self.folder / "named", f"long.{BANNED}")
        (self.folder / "index.html").write_bytes(SECRET)
        (self.folder / "dns-query").write_bytes(SECRET)
        self.internet.call(self._names)
        self.internet.call(self._resolvers)
        self.internet.call(self._servers)
        return self

    def _names(self):
        plain, text = [], zone("com.", attempts_of(".wechat") + attempts_of(".weixin.qq") +
                               f"dns.weixin.qq 60 A {BUILT_IN[0]}\ndns.weixin.qq 60 AAAA {BUILT_IN[1]}\n")
        google = zone("google.", "".join(f"dns 60 {kind} {a}\n" for kind, a in
                                         zip(("A", "AAAA"), RESOLVERS["google"])))
        cloak = zone("cloak.example.", cloaks())
        for name, body in ("com.", text), ("google.", google), ("cloak.example.", cloak):
            file = self.folder / f"{name}zone"
            file.write_text(body)
            plain.append((name.rstrip("."), file))
        good, good_ds = sign(self.folder, "good.example.", zone("good.example.", attempts_of("")))
        example, example_ds = sign(self.folder, "example.", zone("example.", "".join(
            f"{z}.example. 3600 NS ns.{z}.example.\nns.{z}.example. 3600 A {ROOTS[1]}\n"
            for z in ("good", "cloak")) + good_ds))
        delegations = "".join(f"{z}. 3600 NS ns.{z}.\nns.{z}. 3600 A {ROOTS[1]}\n"
                              for z in ("example", "com", "google"))
        root, root_ds = sign(self.folder, ".", f"$TTL 300\n. {SOA.format('root.')}. 3600 IN NS a.root.\n"
                             f"a.root. 3600 IN A {ROOTS[0]}\n{delegations}{example_ds}")
        self.hints.write_text(f". 3600000 NS a.root.\na.root. 3600000 A {ROOTS[0]}\n")
        self.anchor.write_text(root_ds)
        Nsd(self.folder / "root", ROOTS[0], {".": root}).start()
        Nsd(self.folder / "zones", ROOTS[1],
            {"example": example, "good.example": good, **dict(plain)}).start()

    def _resolvers(self):
        lines = ["setACL({'0.0.0.0/0', '::/0'})", "setSecurityPollSuffix('')",
                 f"newServer({{address='{ROOTS[1]}', checkName='com.', checkType='SOA'}})",
                 f"generateDNSCryptProviderKeys('{self.folder}/provider.pub', '{self.folder}/provider.key')",
                 f"generateDNSCryptCertificate('{self.folder}/provider.key', '{self.folder}/dc.cert', "
                 f"'{self.folder}/dc.key', 1, os.time() - 86400, os.time() + 86400 * 300)"]
        pem = f"'{self.folder}/cert.pem', '{self.folder}/key.pem'"
        for pair in RESOLVERS.values():
            for address in pair:
                host = f"[{address}]" if ":" in address else address
                lines += [f"addLocal('{host}:53', {{reusePort=true}})",
                          f"addTLSLocal('{host}:853', {pem}, {{reusePort=true}})",
                          f"addDOHLocal('{host}:443', {pem}, '/dns-query', {{reusePort=true}})",
                          f"addDNSCryptBind('{host}:{DNSCRYPT_PORT}', '{PROVIDER}', '{self.folder}/dc.cert', "
                          f"'{self.folder}/dc.key', {{reusePort=true}})"]
        # The same at an address that no list knows, and plain DNS at a port of nobody's.
        for host in UNLISTED[0], f"[{UNLISTED[1]}]":
            lines += [f"addLocal('{host}:{ODD_DNS_PORT}', {{reusePort=true}})",
                      f"addTLSLocal('{host}:853', {pem}, {{reusePort=true}})",
                      f"addDOHLocal('{host}:8443', {pem}, '/dns-query', {{reusePort=true}})",
                      f"addDNSCryptBind('{host}:{DNSCRYPT_PORT}', '{PROVIDER}', '{self.folder}/dc.cert', "
                      f"'{self.folder}/dc.key', {{reusePort=true}})"]
        (self.folder / "dnsdist.conf").write_text("\n".join(lines) + "\n")
        log = self.folder / "dnsdist.log"
        start("dnsdist", "--supervised", "--disable-syslog", "-C", self.folder / "dnsdist.conf", log=log)
        until("dnsdist answers", lambda: "198.51.100.1" in out(
            "dig", "@9.9.9.9", "+time=1", "+tries=1", "w0s0v4.wechat.com", check=False), 15)
        self.dnscrypt_key = (self.folder / "provider.pub").read_bytes()

    def _servers(self):
        self.tls = secure(self.folder, page, "http/1.1")
        self.named = secure(self.folder / "named", page, "http/1.1")
        for port in PORTS:
            for family in socket.AF_INET, socket.AF_INET6:
                listen(family, port, self.talk)
        smtp = mail(self.folder, b"220 lab.test ESMTP\r\n", [
            (b"ehlo", b"250-lab.test\r\n250 STARTTLS\r\n"), (b"EHLO", b"250-lab.test\r\n250 STARTTLS\r\n"),
            (b"STARTTLS", b"220 go ahead\r\n")])
        for family in socket.AF_INET, socket.AF_INET6:
            listen(family, 25, smtp)
            for port in DATAGRAM_PORTS:
                datagrams(family, port, 3 if port == THREE_PORT else 1)
        if shutil.which("gtlsserver"):
            start("gtlsserver", "-q", f"--htdocs={self.folder}", "*", 443, self.folder / "key.pem",
                  self.folder / "cert.pem", log=self.folder / "gtlsserver.log")
            start("gtlsserver", "-q", f"--htdocs={self.folder}", "*", 853, self.folder / "key.pem",
                  self.folder / "cert.pem", log=self.folder / "gtlsserver.log")
            until("gtlsserver listens", lambda: ":853 " in out("ss", "-Hlnu"))

    def talk(self, s):
        """A client of TCP, by its first bytes."""
        first = peek(s, 2)
        if first[0] == 0x16 and first[1] == 3:
            (self.named if s.getsockname()[1] == NAMED_PORT else self.tls)(s)
        elif first[1] == 0xf1:
            mmtls(s)
        elif first[0] == 5:
            self.socks(s)
        elif first[:1].isalpha():
            self.http(s)

    def socks(self, s):
        """SOCKS 5 (RFC 1928); the target is this server."""
        s.recv(65535)
        s.sendall(b"\5\0")
        s.recv(65535)
        s.sendall(b"\5\0\0\1" + bytes(6))
        self.talk(s)

    def http(self, s):
        while True:
            said = head(s)
            request, _, body = said.partition(b"\r\n\r\n")
            line = request.split(b"\r\n")[0]
            if line.startswith(b"CONNECT "):
                s.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                return self.talk(s)
            answer = SECRET
            if line.startswith(b"POST ") and b"/mmtls/" in line:
                while len(body) < 12:
                    body += s.recv(65535)
                answer = MMTLS_HELLO
            elif b"newgetdns" in line:
                answer = b"<dns><ip>%s</ip></dns>" % BUILT_IN[0].encode()
            elif b"/d?dn=" in line:
                answer = BUILT_IN[0].encode()
            s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))


def peek(s, length):
    """The first bytes, however slowly they come; they stay to be read."""
    limit = time.monotonic() + 5
    while len(read := s.recv(length, socket.MSG_PEEK)) < length:
        if not read or time.monotonic() > limit:
            raise ValueError("nothing")
        time.sleep(.005)
    return read


def mmtls(s):
    """WeChat's transport: a hello of a client, a hello of the server, then data as it comes."""
    read = b""
    while len(read) < 12:
        more = s.recv(65535)
        if not more:
            return
        read += more
    s.sendall(MMTLS_HELLO)
    while s.recv(65535):
        pass


def listen(family, port, talk):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind(("", port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
    s.listen(64)

    def one(connection):
        try:
            with connection:
                connection.settimeout(8)
                talk(connection)
        except (OSError, ValueError, IndexError, struct.error):
            pass    # clients go away as they like, and gateways take them away

    def accept():
        while True:
            threading.Thread(target=one, args=(s.accept()[0],), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


def datagrams(family, port, nth):
    """Answers each nth datagram from the address that it was sent to: "hi" and 100 bytes."""
    s = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        level, option, kind = socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, socket.IPV6_PKTINFO
        s.setsockopt(level, socket.IPV6_V6ONLY, 1)
    else:
        level, option, kind = socket.IPPROTO_IP, 8, 8    # IP_PKTINFO
    s.setsockopt(level, option, 1)
    s.bind(("", port))

    def answer():
        heard = collections.Counter()
        while True:
            _, extra, _, peer = s.recvmsg(65535, 256)
            heard[peer] += 1
            if heard[peer] % nth:
                continue
            data = next(d for l, k, d in extra if (l, k) == (level, kind))
            if family == socket.AF_INET:
                data = struct.pack("=I4s4s", 0, data[8:12], bytes(4))
            else:
                data = data[:16] + bytes(4)
            try:
                s.sendmsg([SECRET + bytes(100)], [(level, kind, data)], 0, peer)
            except OSError:
                pass
    threading.Thread(target=answer, daemon=True).start()
