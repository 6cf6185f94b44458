"""Real hosts that meet at a Redis."""
import http.client, json, os, re, shutil, signal, socket, subprocess, tempfile
from registry import BRIDGE, Network, Proxy, Redis, wait

BINARIES = os.environ.get("AUTHHOST_BIN", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.build/debug"))
LEASE = 3.0
LICENCE = "application trade 4 1\n"


class Connection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path, question, body, timeout=20):
    """The verdict and the session; None where the host did not answer."""
    connection = Connection(path, timeout)
    try:
        connection.request("POST", "/v1/" + question, json.dumps(body), {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read() or b"{}")
        return "allow" if "session" in answer else answer.get("verdict") or answer.get("error"), answer.get("session")
    except (OSError, http.client.HTTPException, ValueError):
        return None, None
    finally:
        connection.close()


class Cluster:
    def __init__(self, count, options, network=False, change=None):
        self.folder = tempfile.mkdtemp(prefix="authhost-history-")
        os.chmod(self.folder, 0o755)
        self.hosts, self.stopped, self.starts = [None] * count, set(), [0] * count
        self.network = Network(count) if network else None
        self.redis = Redis(self.folder)
        self.registries = [f"redis://{BRIDGE}1:{7000 + i}" if network else f"unix:{self.folder}/proxy{i}" for i in range(count)]
        self.proxies = [Proxy((BRIDGE + "1", 7000 + i) if network else f"{self.folder}/proxy{i}", self.redis.path, change)
                        for i in range(count)]
        self.write("licence", LICENCE)
        self.write("conf", "\n".join([
            "auth-module openauth", "cluster-heartbeat-time 2", "cluster-heartbeat-slack-time 1", "http-listen none",
            "login-cache-time 0", "auth-node-eject-timeout 60", "auth-login-timeout 8", f"licence-file {self.folder}/licence",
            *["add-cluster-node", "end-cluster-node"] * count, *options]) + "\n")
        for index in range(count):
            self.start(index)

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w") as file:
            file.write(text)

    def start(self, index):
        path = self.path(index)
        if os.path.exists(path):
            os.unlink(path)
        self.starts[index] += 1
        with open(f"{self.folder}/log{index}.{self.starts[index]}", "wb") as log:
            self.hosts[index] = subprocess.Popen(
                (self.network.within(index) if self.network else []) +
                [BINARIES + "/authhost", "serve", "-c", self.folder + "/conf", "--auth-moddir", BINARIES, "--http-socket", path,
                 "--cluster-registry", self.registries[index], "--cluster-index", str(index),
                 "--cluster-identity-file", f"{self.folder}/identity{index}",
                 "--control-socket", f"{self.folder}/control{index}"],
                stdout=log, stderr=log)

    def path(self, index):
        return f"{self.folder}/host{index}"

    def kill(self, index):
        self.hosts[index].kill()
        self.hosts[index].wait()
        self.stopped.discard(index)

    def stop(self, index):
        self.hosts[index].send_signal(signal.SIGSTOP)
        self.stopped.add(index)

    def goOn(self):
        """Whatever was done to the hosts and between them is undone."""
        for index in sorted(self.stopped):
            self.hosts[index].send_signal(signal.SIGCONT)
        self.stopped.clear()
        for index, proxy in enumerate(self.proxies):
            proxy.isOpen = True
            proxy.passes.set()
            if self.network:
                self.network.plug(index, True)
        if self.redis.isDown():
            self.redis.restart()

    def operate(self, index, **request):
        """What the host answers an operator at its control socket."""
        try:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(20)
                control.connect(f"{self.folder}/control{index}")
                control.sendall(json.dumps(request).encode() + b"\n")
                with control.makefile() as lines:
                    return json.loads(lines.readline())
        except (OSError, ValueError):
            return {}

    def status(self, index):
        return self.operate(index, do="status").get("status") or {"cluster": {}}

    def isReady(self):
        return all(self.status(i)["cluster"].get("state") == "ready" for i in range(len(self.hosts)))

    def agrees(self):
        """Whether the registry counts what the hosts have."""
        states = [self.status(i) for i in range(len(self.hosts))]
        return all(s["cluster"].get("sessions") == sum(t.get("sessions", 0) for t in states) for s in states)

    def logs(self):
        for index, count in enumerate(self.starts):
            for number in range(1, count + 1):
                with open(f"{self.folder}/log{index}.{number}", errors="replace") as file:
                    yield f"host {index}, start {number}", file.read()

    def endedTwice(self):
        """The applications of sessions that one host says to have ejected more than once."""
        twice = []
        for _, text in self.logs():
            names = re.findall(r"Ejected session \S+ of user \S+ application <(free\S+)>", text)
            twice += {name for name in names if names.count(name) > 1}
        return twice

    def end(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for host in self.hosts:
            if host.poll() is None:
                host.kill()
            host.wait()
        self.redis.end()
        for proxy in self.proxies:
            proxy.close()
        if self.network:
            self.network.end()
        shutil.rmtree(self.folder, ignore_errors=True)
