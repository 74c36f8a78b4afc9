# SPDX-License-Identifier: GPL-3.0-or-later
"""clickhouse - Debian's clickhouse-server and ZooKeeper, started by hand on loopback, and what drives them.

Used by tests/system/test_clickhouse.py and tests/cluster/run.py. Every server has ports that were
free, and configuration, data and logs in a folder of the test's own. What was started is ended by its
pid, whatever happens. Nothing of /etc or /var is read or written.
"""
import atexit
import collections
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.request

children = []


def missing():
    """What a test says that cannot run; None: all is there."""
    if shutil.which("clickhouse-server", path=os.environ["PATH"] + ":/usr/sbin") is None:
        return "clickhouse-server is not installed"
    return None


def scratch():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ponor-clickhouse-"))
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True))
    return folder


def free_ports(count):
    """Different ones, none of which is in use now."""
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def start(argv, log):
    with open(log, "ab") as sink:
        child = subprocess.Popen([str(a) for a in argv], stdout=sink, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL)
    children.append(child)
    return child


def end(child, how=signal.SIGTERM, seconds=20):
    if child is None or child.poll() is not None:
        return
    child.send_signal(how)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@atexit.register
def end_all():
    for child in children:
        end(child, signal.SIGKILL)


def until(what, condition, seconds=30, every=0.05):
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        found = condition()
        if found:
            return found
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds} s")


class ZooKeeper:
    def __init__(self, folder):
        self.folder, self.port, self.child = folder, free_ports(1)[0], None
        folder.mkdir()
        (folder / "zoo.cfg").write_text(f"""\
tickTime=1000
dataDir={folder}/data
clientPort={self.port}
clientPortAddress=127.0.0.1
admin.enableServer=false
4lw.commands.whitelist=ruok
""")

    def start(self):
        self.child = start(["java", "-Xmx128m", "-cp", "/usr/share/java/zookeeper.jar:"
                            "/usr/share/java/slf4j-api.jar:/usr/share/java/slf4j-nop.jar",
                            "org.apache.zookeeper.server.ZooKeeperServerMain",
                            self.folder / "zoo.cfg"], self.folder / "log")
        until("ZooKeeper", self.is_up, 60)
        return self

    def is_up(self):
        assert self.child.poll() is None, (self.folder / "log").read_text()
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                s.sendall(b"ruok")
                return s.recv(16) == b"imok"
        except OSError:
            return False


CLUSTER = """\
 <zookeeper><node><host>127.0.0.1</host><port>{zookeeper}</port></node>
  <session_timeout_ms>4000</session_timeout_ms></zookeeper>
 <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
 <macros><shard>{shard}</shard><replica>{replica}</replica></macros>
"""


class Server:
    """`place` in a cluster: (shard, replica). The cluster is written by cluster_of() before start."""

    def __init__(self, folder, place=None, zookeeper=None):
        self.folder, self.place, self.zookeeper, self.child = folder, place, zookeeper, None
        self.http, self.tcp, self.between = free_ports(3)
        self.cluster = ""
        folder.mkdir()
        (folder / "users.xml").write_text("""\
<yandex>
 <profiles><default><max_memory_usage>1500000000</max_memory_usage></default>
  <reads><readonly>1</readonly></reads></profiles>
 <users>
  <default><password></password><networks><ip>127.0.0.1</ip></networks>
   <profile>default</profile><quota>default</quota></default>
  <ponor><password>right</password><networks><ip>127.0.0.1</ip></networks>
   <profile>default</profile><quota>default</quota>
   <allow_databases><database>ponor</database></allow_databases></ponor>
 </users>
 <quotas><default><interval><duration>3600</duration></interval></default></quotas>
</yandex>
""")

    def endpoint(self):
        return f"127.0.0.1@{self.http}"

    def write_config(self):
        extra = ""
        if self.place is not None:
            extra = self.cluster + (CLUSTER.format(zookeeper=self.zookeeper.port,
                                                   shard=self.place[0], replica=self.place[1])
                                    if self.zookeeper else "")
        (self.folder / "config.xml").write_text(f"""\
<yandex>
 <logger><level>information</level><log>{self.folder}/log</log>
  <errorlog>{self.folder}/errors</errorlog></logger>
 <http_port>{self.http}</http_port><tcp_port>{self.tcp}</tcp_port>
 <interserver_http_port>{self.between}</interserver_http_port>
 <interserver_http_host>127.0.0.1</interserver_http_host>
 <listen_host>127.0.0.1</listen_host>
 <path>{self.folder}/data/</path><tmp_path>{self.folder}/tmp/</tmp_path>
 <mark_cache_size>67108864</mark_cache_size><timezone>UTC</timezone>
 <users_config>{self.folder}/users.xml</users_config>
 <default_profile>default</default_profile><default_database>default</default_database>
{extra}</yandex>
""")

    def launch(self):
        self.write_config()
        self.child = start([shutil.which("clickhouse-server",
                                         path=os.environ["PATH"] + ":/usr/sbin"),
                            f"--config-file={self.folder}/config.xml"], self.folder / "out")
        return self

    def start(self):
        self.launch()
        self.wait()
        return self

    def wait(self):
        until(f"clickhouse-server {self.place or ''}", self.is_up, 60)

    def is_up(self):
        assert self.child.poll() is None, (self.folder / "out").read_text()[-2000:]
        try:
            return self.ask("SELECT 1") == "1"
        except (OSError, AssertionError):
            return False

    def kill(self):
        end(self.child, signal.SIGKILL)

    def stop(self):
        end(self.child)

    def ask(self, sql, body=None, timeout=60, raw=False, **settings):
        if body is not None:
            settings["query"] = urllib.request.quote(sql)
        query = "&".join(f"{k}={v}" for k, v in settings.items())
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/?{query}",
                                         data=body if body is not None else sql.encode(),
                                         headers={"X-ClickHouse-User": "default"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=timeout) as answer:
                said = answer.read()
                return said if raw else said.decode(errors="replace").strip()
        except urllib.error.HTTPError as e:
            raise AssertionError(f"{sql}: {e.read().decode(errors='replace')}") from None
        except OSError as e:
            if self.child.poll() is None:
                raise
            errors = (self.folder / "errors").read_text(errors="replace")[-3000:]
            raise AssertionError(f"{self.folder.name} ended by itself, {self.child.returncode}: {e}\n"
                                 f"{errors}") from None


class Spoiler:
    """Stands before a server. `fault(number, request)` names what happens to each request: None; or
    refuse: the server never sees it · lost: the answer does not come · half: half of it does · error: 500
    and text that no server of ClickHouse says, though all was done · strange: the same with 200 ·
    slow: it comes late."""

    def __init__(self, server, fault):
        self.server, self.fault, self.asked, self.spoiled = server, fault, 0, collections.Counter()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.http = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def endpoint(self):
        return f"127.0.0.1@{self.http}"

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            with client, contextlib.suppress(OSError):
                self.pass_on(client)

    def pass_on(self, client):
        def more_of(so_far):
            more = client.recv(1 << 20)
            if not more:
                raise ConnectionError
            return so_far + more

        request = b""
        while b"\r\n\r\n" not in request:
            request = more_of(request)
        head, body = request.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < length:
            body = more_of(body)
        self.asked += 1
        fault = self.fault(self.asked, head + body)
        self.spoiled[fault] += 1
        if fault == "refuse":
            return
        head = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", head) + b"\r\nConnection: close\r\n\r\n"
        answer = b""
        with socket.create_connection(("127.0.0.1", self.server.http)) as there:
            there.sendall(head + body)
            while more := there.recv(1 << 20):
                answer += more
        said = b"<html>a page of somebody else, which is not small</html>"
        if fault == "lost":
            return
        if fault in ("error", "strange"):
            answer = (b"HTTP/1.1 " + (b"500 Oh" if fault == "error" else b"200 OK") +
                      b"\r\nContent-Length: %d\r\n\r\n" % len(said) + said)
        if fault == "slow":
            time.sleep(0.7)
        client.sendall(answer[:len(answer) // 2] if fault == "half" else answer)


class Nobody:
    """A server that is not there: what is put waits."""

    def endpoint(self):
        return f"127.0.0.1@{free_ports(1)[0]}"


def cluster_of(name, servers):
    """All servers know all: shards with their replicas."""
    shards = {}
    for s in servers:
        shards.setdefault(s.place[0], []).append(s)
    text = "".join(
        " <shard><internal_replication>true</internal_replication>" +
        "".join(f"<replica><host>127.0.0.1</host><port>{s.tcp}</port></replica>" for s in shard) +
        "</shard>\n" for shard in shards.values())
    for s in servers:
        s.cluster = f" <remote_servers><{name}>\n{text} </{name}></remote_servers>\n"


class Talk:
    """tests/unit/store/talk_clickhouse.c: the store, driven by words; and test_contract.c."""

    def __init__(self, build, folder, servers, cluster="", database="ponor", **env):
        self.programs = pathlib.Path(build) / "tests/unit/store"
        self.words = [folder, ",".join(s.endpoint() for s in servers), database, cluster]
        self.folder, self.env = folder, {**os.environ, **{k: str(v) for k, v in env.items()}}
        folder.mkdir(exist_ok=True)

    def begin(self, *words, **more):
        return self.start("talk_clickhouse", *words, **more)

    def start(self, program, *words, **more):
        child = subprocess.Popen([str(a) for a in [self.programs / program, *self.words, *words]],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 env={**self.env, **more})
        children.append(child)
        return child

    def run(self, *words, check=True, timeout=200, **more):
        return self.end(self.begin(*words, **more), words, check, timeout)

    def keeps_its_contract(self, rows, times):
        """The first `rows` rows are there, and every answer is as wanted."""
        said = self.end(self.start("test_store_contract", rows, times, CMOCKA_MESSAGE_OUTPUT="TAP"))
        assert "ok 6 " in said and "not ok" not in said, said

    def end(self, child, words=(), check=True, timeout=400):
        out, err = child.communicate(timeout=timeout)
        assert "Sanitizer" not in err and "runtime error" not in err, err
        assert not check or child.returncode == 0, f"{words}: {child.returncode}\n{out[-2000:]}{err}"
        return out + err

    def facts(self):
        line, = [l for l in self.run("facts").splitlines() if l.startswith("rows ")]
        words = line.split(" ", 11)
        facts = {words[i]: words[i + 1] for i in range(0, 10, 2)}
        return {**{k: int(v) for k, v in facts.items()}, "why": words[11] if len(words) > 11 else ""}

    def batches(self):
        return sorted((self.folder / "spool").glob("*.batch"))


class Skip(Exception):
    pass


def run(cases):
    """Every case_*, in order, as TAP."""
    names = [n for n in cases if n.startswith("case_")]
    print(f"1..{len(names)}", flush=True)
    failed = 0
    for number, name in enumerate(names, 1):
        words = name.removeprefix("case_").replace("_", " ")
        began = time.monotonic()
        try:
            cases[name]()
            print(f"ok {number} - {words}\n# {time.monotonic() - began:.1f} s", flush=True)
        except Skip as why:
            print(f"ok {number} - {words} # SKIP {why}", flush=True)
        except Exception:
            failed += 1
            print("".join("# " + l for l in traceback.format_exc().splitlines(True)), end="")
            print(f"not ok {number} - {words}", flush=True)
    return 1 if failed else 0
