# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clients, captured while they talk, and what `ponor inspect` says of each flow.

tshark is the oracle: the names it sees in a flow are the names that inspect sees, no more, no fewer.
Every client says one banned name at least, and each of those must be an event."""
import ctypes
import functools
import re
import shutil
import socket
import subprocess

import capture
import lab
from lab import out
from servers import SERVER, answer, dns_stream, mail, page, proxy, secure, serve, socks

CLIENT = "10.20.0.5"
CLONE_NEWNS = 0x20000

folder = capture.prepare()
policy = folder / "ponor.yaml"
Capture = functools.partial(capture.Capture, folder)

# gtlsclient says only a name that it looked up itself: hosts of this test's own, seen by nobody else.
QUIC_NAMES = [f"{host}.wechat.com" for host in ("h3", "chacha", "retry", "draft", "other")]
has_hosts = ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0
if has_hosts:
    out("mount", "--make-rprivate", "/")
    (folder / "hosts").write_text(f"{SERVER} {' '.join(QUIC_NAMES)} h3.good.example\n")
    out("mount", "--bind", folder / "hosts", "/etc/hosts")

STREAM = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' " \
    b"id='1' from='chat.wechat.com' version='1.0'><stream:features><starttls " \
    b"xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"
for host in SERVER, "2001:db8:20::53":
    serve(80, page, host=host)
    serve(443, secure(folder, page, "http/1.1"), host=host)
serve(3128, proxy)
serve(1080, socks)
serve(53, dns_stream)
serve(53, lambda s, query, peer: s.sendto(answer(query), peer), socket.SOCK_DGRAM)
serve(853, secure(folder, dns_stream, "dot"))
serve(8443, secure(folder, lambda s: s.recv(100), "h2"))
for port, greeting, words in (
        (25, b"220 lab.example ESMTP\r\n", [(b"EHLO", b"250-lab.example\r\n250 STARTTLS\r\n"),
                                           (b"STARTTLS", b"220 go ahead\r\n")]),
        (143, b"* OK lab\r\n", [(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK\r\n"),
                                (b"STARTTLS", b"TAG OK begin\r\n")]),
        (110, b"+OK lab\r\n", [(b"STLS", b"+OK begin\r\n")]),
        (5222, b"", [(b"<stream:stream", STREAM),
                     (b"<starttls", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")])):
    serve(port, mail(folder, greeting, words))


def curl(url, *options, host=SERVER, client=CLIENT):
    name, port = re.match(r"https?://([^/:]+)(?::(\d+))?", url).groups()
    port = port or (443 if url.startswith("https") else 80)
    said = out("curl", "-q", "-sS", "-k", "--noproxy", "", "--max-time", "10",
               "--interface", client, "--resolve", f"{name}:{port}:{host}", *options, url)
    assert said.startswith("hi\n"), said


def s_client(*options, port=443):
    said = out("openssl", "s_client", "-connect", f"{SERVER}:{port}", "-bind", f"{CLIENT}:0", *options,
               stdin="", check=False)
    assert "Verification error" in said or "Verify return code" in said, said


def kdig(name, *options):
    return lab.kdig(name, "A", *options, server=SERVER, client=CLIENT)


def case_curl_tls_1_2():
    with Capture("tls12") as c:
        curl("https://www.wechat.com/", "--tls-max", "1.2")
        curl("https://www.good.example/", "--tls-max", "1.2")
    events, flows = c.says("www.wechat.com", "www.good.example")
    assert {f["network"]["protocol"] for f in flows} == {"tls"}, flows


def case_curl_tls_1_3():
    with Capture("tls13") as c:
        curl("https://WWW.WeChat.com/", "--tlsv1.3")
        curl("https://www.good.example/", "--tlsv1.3")
    c.says("www.wechat.com", "www.good.example")


def case_curl_over_ipv6():
    with Capture("ipv6") as c:
        curl("https://six.wechat.com/", host="[2001:db8:20::53]", client="2001:db8:20::5")
        curl("http://six.weixin.com/", host="[2001:db8:20::53]", client="2001:db8:20::5")
    c.says("six.wechat.com", "six.weixin.com")


def case_curl_http():
    with Capture("http") as c:
        curl("http://short.weixin.com/path?query=http://other.example/")
        curl("http://www.good.example/")
    events, flows = c.says("short.weixin.com", "www.good.example")
    assert {f["network"]["protocol"] for f in flows} == {"http"}, flows


def case_curl_two_names_over_one_connection():
    with Capture("keep-alive") as c:
        for _ in 1, 2:
            out("curl", "-q", "-sS", "--interface", CLIENT, "-H", "Host: first.good.example",
                f"http://{SERVER}/", "--next", "-sS", "--interface", CLIENT, "-H",
                "Host: second.wechat.com", f"http://{SERVER}/")
    c.says("first.good.example", "second.wechat.com")


def case_curl_to_an_address():
    with Capture("address") as c:
        curl(f"https://{SERVER}/")
        curl(f"http://{SERVER}/")
        curl("https://ends.wechat.com/")
    events, flows = c.says("ends.wechat.com")
    assert sorted(f["ponor"]["ending"] for f in flows) == ["name", "no-name", "no-name"], flows


def case_curl_through_a_proxy():
    with Capture("connect") as c:
        curl("https://www.wechat.com/", "--proxy", f"http://{SERVER}:3128")
        curl("https://www.good.example/", "--proxy", f"http://{SERVER}:3128")
        curl("http://tunnel.weixin.com/", "--proxytunnel", "--proxy", f"http://{SERVER}:3128")
    events, flows = c.says("www.wechat.com", "www.good.example", "tunnel.weixin.com")
    assert "proxy" in {e["ponor"]["seen"] for e in events}, events


def case_curl_through_socks():
    with Capture("socks") as c:
        curl("https://five.wechat.com/", "--proxy", f"socks5h://{SERVER}:1080")
        curl("https://four.wechat.com/", "--proxy", f"socks4a://{SERVER}:1080")
    c.says("five.wechat.com", "four.wechat.com")


def case_openssl_with_a_name():
    with Capture("servername") as c:
        s_client("-servername", "ossl.wechat.com")
        s_client("-servername", "any.wechat.com", "-alpn", "h2", port=8443)
        s_client("-servername", "old.wechat.com", "-tls1_2")
    c.says("ossl.wechat.com", "any.wechat.com", "old.wechat.com")


def case_openssl_without_a_name():
    with Capture("noservername") as c:
        s_client("-noservername")
    events, flows = c.says()
    assert [(f["ponor"]["ending"], f["ponor"]["why"]) for f in flows] == [("no-name", "not-said")], flows
    assert not events, events


def case_openssl_with_a_hello_of_many_segments():
    alpn = ",".join(f"protocol-{i:04}-{'x' * 200}" for i in range(40))
    with Capture("big") as c:
        s_client("-servername", "big.wechat.com", "-alpn", alpn, "-groups",
                 "P-521:P-384:P-256:X448:X25519:ffdhe2048:ffdhe8192")
        with capture.small_packets():
            s_client("-servername", "small.wechat.com", "-alpn", alpn)
    events, flows = c.says("big.wechat.com", "small.wechat.com")
    most = max(e["ponor"]["segments"] for e in events if e["name"] == "small.wechat.com")
    assert most > 5, events


def case_openssl_is_asked_for_another_group():
    serve(9443, secure(folder, lambda s: s.recv(100), group="secp384r1"))
    with Capture("retry") as c:
        s_client("-servername", "again.wechat.com", "-groups", "X25519:P-384", port=9443)
    events, flows = c.says("again.wechat.com")
    assert [f["ponor"]["ending"] for f in flows] == ["name"], flows


def case_openssl_starttls():
    with Capture("starttls") as c:
        for protocol, port in ("smtp", 25), ("imap", 143), ("pop3", 110):
            s_client("-starttls", protocol, "-servername", f"{protocol}.wechat.com", port=port)
        s_client("-starttls", "xmpp", "-xmpphost", "chat.wechat.com", "-servername", "xmpp.wechat.com",
                 port=5222)
    events, flows = c.says(*[f"{p}.wechat.com" for p in ("smtp", "imap", "pop3", "xmpp")])
    assert {f["network"]["protocol"] for f in flows} == {"smtp", "imap", "pop3", "xmpp"}, flows


def case_kdig_udp_and_tcp():
    with Capture("dns") as c:
        assert kdig("udp.wechat.com").status == "NOERROR"
        assert kdig("tcp.wechat.com", "+tcp").status == "NOERROR"
        assert kdig("www.good.example").status == "NOERROR"
    events, flows = c.says("udp.wechat.com", "tcp.wechat.com", "www.good.example")
    assert {f["network"]["protocol"] for f in flows} == {"dns"}, flows


def case_kdig_over_tls():
    with Capture("dot") as c:
        assert kdig("hidden.example", "+tls-sni=dot.wechat.com", "+tls").status == "NOERROR"
    events, flows = c.says("dot.wechat.com")
    assert {e["network"]["application"] for e in events} == {"dot"}, events


def case_kdig_over_https():
    with Capture("doh") as c:
        kdig("hidden.example", "+tls-sni=doh.wechat.com", "+https", "-p", "8443")
    events, flows = c.says("doh.wechat.com")
    assert {e["ponor"]["alpn"] for e in events} == {"h2"}, events


class Http3:
    """ngtcp2's server, on a port."""

    def __init__(self, port, *options):
        if not has_hosts or not shutil.which("gtlsserver") or not shutil.which("gtlsclient"):
            raise lab.Skip("no ngtcp2-server, ngtcp2-client or mount namespace")
        self.port, self.options = port, options

    def __enter__(self):
        self.child = lab.start("gtlsserver", "-q", *self.options, f"--htdocs={folder}", SERVER, self.port,
                               folder / "key.pem", folder / "cert.pem", log=folder / "gtlsserver.log")
        lab.until("gtlsserver listens", lambda: f":{self.port} " in out("ss", "-Hlnu"))
        return self

    def __exit__(self, *_):
        lab.stop(self.child)

    def ask(self, name, *options):
        return out("gtlsclient", "-q", "--exit-on-all-streams-close", "--timeout=3s",
                   *options, name, self.port, f"https://{name}/index.html", timeout=30, check=False)


def case_quic_with_http_3():
    with Http3(443) as server, Capture("quic") as c:
        server.ask("h3.wechat.com")
        server.ask("h3.good.example")
        server.ask("chacha.wechat.com", "--ciphers",
                   "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305")
    events, flows = c.says("h3.wechat.com", "h3.good.example", "chacha.wechat.com")
    assert {f["network"]["protocol"] for f in flows} == {"quic"}, flows


def case_quic_behind_a_retry():
    with Http3(4433, "--validate-addr") as server, Capture("quic-retry") as c:
        server.ask("retry.wechat.com")
    c.says("retry.wechat.com")


def case_quic_of_draft_29():
    with Http3(443) as server, Capture("quic-draft") as c:
        server.ask("draft.wechat.com", "--version=0xff00001d")
    c.says("draft.wechat.com")


def case_quic_of_a_version_that_nobody_has():
    """What seals it is the client's own affair; tshark tries version 1's keys, inspect does not."""
    with Http3(443) as server, Capture("quic-negotiation") as c:
        server.ask("other.wechat.com", "--version=0x1a2a3a4a")
    found, events, flows = c.inspect()
    assert [(f["ponor"]["ending"], f["ponor"]["why"]) for f in flows] == [("no-name", "version")], flows


def case_kdig_over_quic():
    with Http3(853) as server, Capture("doq") as c:
        # A name behind +quic would turn it into TLS.
        kdig("hidden.example", "+tls-sni=doq.wechat.com", "+quic")
    events, flows = c.says("doq.wechat.com")
    assert {e["network"]["application"] for e in events} == {"doq"}, events


def refused(file):
    r = subprocess.run([lab.PONOR, "-c", policy, "inspect", file], capture_output=True, text=True,
                       timeout=60)
    assert r.returncode == 1, (r.returncode, r.stdout)
    assert r.stderr.startswith("ponor inspect: ") and r.stderr.count("\n") == 1, r.stderr
    return r


def case_nonsense_is_no_capture():
    nonsense = folder / "nonsense.pcap"
    nonsense.write_bytes(b"these are not packets, whatever they are " * 20)
    assert "nonsense.pcap" in (said := refused(nonsense).stderr) and "format" in said, said
    nonsense.write_bytes(b"")
    assert "nonsense.pcap" in refused(nonsense).stderr
    assert "No such file" in refused(folder / "missing.pcap").stderr
    refused(folder)


def case_a_capture_without_packets():
    empty = folder / "empty.pcap"
    empty.write_bytes((folder / "tls12.pcap").read_bytes()[:24])
    said = out(lab.PONOR, "-c", policy, "inspect", empty)
    assert "nothing that the policy has a word about" in said, said
    assert re.search(r"^ +0 packets", said, re.M) and re.search(r"^ +0 flows", said, re.M), said


def case_a_capture_cut_anywhere():
    whole = (folder / "tls12.pcap").read_bytes()
    cut = folder / "cut.pcap"
    for length in [*range(1, 24), 25, 39, 41, len(whole) // 2 + 1, len(whole) - 1]:
        cut.write_bytes(whole[:length])
        r = refused(cut)
        assert length < 24 or "truncated" in r.stderr, (length, r.stderr)
    assert "www.wechat.com" in r.stdout, r.stdout


def case_a_capture_of_short_packets():
    headers = folder / "short.pcap"
    out("editcap", "-s", "60", "-F", "pcap", folder / "tls13.pcap", headers)
    r = subprocess.run([lab.PONOR, "-c", policy, "inspect", "--all", headers], capture_output=True,
                       text=True, timeout=60)
    assert r.returncode == 0 and "name(" not in re.sub("no-name", "", r.stdout), r.stdout
    assert re.search(r"; [1-9]\d* cut by the capture, 0 malformed", r.stdout), r.stdout


def case_pcapng_says_the_same():
    again = folder / "again.pcapng"
    out("editcap", "-F", "pcapng", folder / "http.pcap", again)
    said = [out(lab.PONOR, "-c", policy, "inspect", "--all", "--table", f)
            for f in (folder / "http.pcap", again)]
    assert said[0] == said[1] and "short.weixin.com" in said[0], said


raise SystemExit(lab.run(globals()))
