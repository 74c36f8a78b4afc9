# SPDX-License-Identifier: GPL-3.0-or-later
"""ways_flows - ways that say a banned name to a server. Rows of the table in ways.py."""
import socket
import ssl
import time

import raw
from hosts import NAMED_PORT, SECRET, THREE_PORT
from ways import way
from ways_names import http3

PART = "part of the hello"

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


@way("tls-no-name", "TLS 1.2 without SNI, a banned name in the certificate (openssl)",
     leaves="a hello without a name")
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


@way("tls-segments", "SNI split over five segments", leaves=PART)
def tls_segments(a):
    def cut(s, data):
        for at in range(0, len(data), len(data) // 5 + 1):
            s.sendall(data[at:at + len(data) // 5 + 1])
            time.sleep(.02)
    return cut_tls(a, cut)


@way("tls-bytes", "a hello byte by byte", leaves=PART)
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


@way("tls-disorder", "SNI in segments, the last one first", leaves=PART)
def tls_disorder(a):
    def send(connection, data):
        size = len(data) // 4 + 1
        for at in reversed(range(0, len(data), size)):
            connection.send_at(at, data[at:at + size])
            time.sleep(.01)
    return raw_tls(a, send)


@way("tls-decoy", "a decoy with an ordinary name and a wrong checksum first", leaves=PART)
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


@way("ech", "ECH with a key from elsewhere, an ordinary outer name",
     open="the outer name is the provider's; the extension alone may be padding of a browser")
def ech(a):
    if a.banned:
        a.name = a.name.replace("wechat.com", "good.example")
        a.names.add(a.name)
    with a.connect(443) as s:
        s.sendall(a.made("tls", a.name, "300")[0])
        return s.recv(65535)[:3] == b"\x16\3\3"


@way("quic", "QUIC v1 (ngtcp2)")
def quic(a):
    return http3(a, a.name)


@way("quic-v2-draft", "QUIC v2 as a draft had it, 0x709a50c4 (ngtcp2)")
def quic_v2_draft(a):
    return http3(a, a.name, version="v2draft")


@way("quic-three", "QUIC, the hello over three Initials", leaves=PART)
def quic_three(a):
    return a.datagram(THREE_PORT, *a.made("v1", a.name, "3", "1200"))


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


@way("socks", "SOCKS 5 with the name (curl)", prelude=(4, 2))
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
         "--ignore-certificate-errors", "--timeout=8000"]


def chromium(a, *options):
    home = a.setup.folder / f"chromium-{a.way.slug}-{a.own}-{a.subject}"
    said = a.out("env", f"HOME={home}", "timeout", "25", "chromium", *QUIET, f"--user-data-dir={home}",
                 f"--host-resolver-rules=MAP {a.name} {a.host()}", *options, "--dump-dom",
                 f"https://{a.name}/index.html", timeout=30)
    return SECRET.decode() in said


@way("chromium", "Chromium, TLS with a post-quantum hello", slow=True, leaves=PART)
def chromium_tls(a):
    a.to("tcp", 443)
    return chromium(a, "--disable-quic")


@way("chromium-quic", "Chromium, QUIC and then TLS", slow=True, leaves=PART,
     acks="an acknowledgement at most")
def chromium_quic(a):
    a.to("tcp", 443)
    a.to("udp", 443)
    return chromium(a, "--enable-quic", f"--origin-to-force-quic-on={a.name}:443",
                    f"--ignore-certificate-errors-spki-list={a.setup.key_hash}")
