# SPDX-License-Identifier: GPL-3.0-or-later
"""talk - TLS 1.3 between the two ends of road.py: servers, connections, and how they end.

Used by gate.py.
"""
import dataclasses
import socket
import ssl
import threading
import time

import road


def make_certificate(folder):
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    road.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=bench.example")
    return certificate, key


def server_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.load_cert_chain(certificate, key)
    return context


def client_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


CLIENT = client_context()


def opening(certificate, key, name):
    """The bytes of a ClientHello for a name, and of what a server answers."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = CLIENT.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context(certificate, key).wrap_bio(to_server, to_client, server_side=True)
    said = []
    for side, output in (client, to_server), (server, to_client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pass
        said.append(output.read())
        output.write(said[-1])
    return said


def serve_tls(certificate, key, port, delay):
    """Answers each byte with a byte; the handshake begins `delay` seconds behind the hello."""
    context = server_context(certificate, key)
    listener = socket.create_server(("0.0.0.0", port), backlog=512)

    def answer(connection):
        try:
            connection.settimeout(5)
            connection.recv(1, socket.MSG_PEEK)
            if delay:
                time.sleep(delay)
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while (got := tls.recv(64)):
                    tls.send(got)
        except OSError:
            connection.close()

    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def new_connection(address, port, name):
    """Milliseconds from nothing to the first byte of an answer."""
    begin = time.perf_counter()
    with socket.create_connection((address, port), timeout=5) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with CLIENT.wrap_socket(s, server_hostname=name) as tls:
            tls.send(b"x")
            tls.recv(1)
            return (time.perf_counter() - begin) * 1000


@dataclasses.dataclass
class End:
    reset: bool = False
    ms: float = 0       # from the hello to the end
    handshake: bool = False
    answers: int = 0


def until_reset(address, port, name, seconds):
    """A connection that goes on asking until it is reset, or for so many seconds."""
    end = End()
    with socket.create_connection((address, port), timeout=seconds) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin = time.perf_counter()
        try:
            with CLIENT.wrap_socket(s, server_hostname=name) as tls:
                end.handshake = True
                while time.perf_counter() - begin < seconds:
                    tls.send(b"x")
                    end.answers += len(tls.recv(1))
        except (ConnectionError, ssl.SSLEOFError):   # a reset, however OpenSSL calls it
            end.reset = True
        except OSError:
            pass
        end.ms = (time.perf_counter() - begin) * 1000
    return end
