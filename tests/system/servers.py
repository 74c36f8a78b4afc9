# SPDX-License-Identifier: GPL-3.0-or-later
"""servers - what real clients need to hear before they say their names.

Used by capture.py and the tests of real clients. Each says as much as its clients wait for, and no more."""
import re
import socket
import ssl
import struct
import threading

SERVER = "198.18.0.3"


def serve(port, talk, kind=socket.SOCK_STREAM, host=SERVER):
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, port))

    def one(connection):
        try:
            with connection:
                talk(connection)
        except (OSError, ValueError, struct.error):
            pass    # clients go away as they like

    def accept():
        while True:
            threading.Thread(target=one, args=(s.accept()[0],), daemon=True).start()

    def datagrams():
        while True:
            talk(s, *s.recvfrom(65535))

    if kind == socket.SOCK_STREAM:
        s.listen(16)
    threading.Thread(target=accept if kind == socket.SOCK_STREAM else datagrams, daemon=True).start()


def head(s):
    """Bytes up to the empty line."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = s.recv(65535)
        if not more:
            raise ValueError("no whole request")
        read += more
    return read


def page(s):
    while True:
        head(s)
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n")


def secure(folder, talk, *alpn, group=None):
    """TLS around a talk, with cert.pem and key.pem of a folder."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.set_alpn_protocols(list(alpn))
    if group:
        context.set_ecdh_curve(group)

    def wrapped(s):
        with context.wrap_socket(s, server_side=True) as inner:
            talk(inner)
    return wrapped


def pump(one, other):
    def copy(source, sink):
        try:
            while block := source.recv(65535):
                sink.sendall(block)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    back = threading.Thread(target=copy, args=(other, one), daemon=True)
    back.start()
    copy(one, other)
    back.join()


def proxy(s):
    """CONNECT to whatever name is the lab's server, at the port asked for."""
    port = int(re.match(rb"CONNECT [^ ]+:(\d+) ", head(s)).group(1))
    with socket.create_connection((SERVER, port)) as onward:
        s.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        pump(s, onward)


def socks(s):
    """SOCKS 4a and 5 (RFC 1928) with a name."""
    first = s.recv(65535)
    if first[0] == 5:
        s.sendall(b"\5\0")
        port = struct.unpack("!H", s.recv(65535)[-2:])[0]
        answer = b"\5\0\0\1" + bytes(6)
    else:
        port = struct.unpack("!H", first[2:4])[0]
        answer = b"\0\x5a" + bytes(6)
    with socket.create_connection((SERVER, port)) as onward:
        s.sendall(answer)
        pump(s, onward)


def answer(query):
    """No error, no data: the question back, without what follows it."""
    end = 12
    while query[end]:
        end += 1 + query[end]
    return query[:2] + b"\x81\x80\0\1\0\0\0\0\0\0" + query[12:end + 5]


def dns_stream(s):
    while length := s.recv(2, socket.MSG_WAITALL) if not isinstance(s, ssl.SSLSocket) else s.recv(2):
        said = answer(s.recv(struct.unpack("!H", length)[0]))
        s.sendall(struct.pack("!H", len(said)) + said)


def mail(folder, greeting, words):
    """A server of lines that turns to TLS: (what a client says, the answer) until an answer is None."""
    start_tls = secure(folder, lambda inner: inner.recv(100))

    def talk(s):
        s.sendall(greeting)
        read = b""
        while True:
            read += (more := s.recv(65535))
            if not more:
                return
            for word, said in words:
                if word not in read:
                    continue
                tag = read.split(b" ")[0]
                read = b""
                s.sendall(said.replace(b"TAG", tag))
                if b"STARTTLS" in word or word == b"STLS" or b"<starttls" in word:
                    return start_tls(s)
                break
    return talk
