"""Redis with a replica, and what stands between it and the hosts: proxies, and a network for each host."""
import os, random, socket, subprocess, threading, time

BRIDGE = "10.77.0."


def wait(isSo, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if isSo():
            return True
        time.sleep(0.02)
    return False


class Proxy:
    """Stands between a host and Redis. It can be cut (the ends are told), and held (neither end is told, and nothing passes).

    change: a pair of texts of one length; the first is replaced by the second on its way to Redis."""

    def __init__(self, address, behind, change=None):
        self.behind, self.change, self.isOpen = behind, change, True
        self.passes, self.pairs, self.lock = threading.Event(), [], threading.Lock()
        self.passes.set()
        self.listener = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(address)
        self.listener.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                if not self.isOpen:
                    raise OSError
                far.connect(self.behind())
            except OSError:
                near.close()
                far.close()
                continue
            with self.lock:
                self.pairs.append((near, far))
            for one, other, change in ((near, far, self.change), (far, near, None)):
                threading.Thread(target=self.carry, args=(one, other, change), daemon=True).start()

    def carry(self, one, other, change):
        try:
            while data := one.recv(1 << 20):
                self.passes.wait()
                other.sendall(data.replace(*change) if change else data)
        except OSError:
            pass
        self.end((one, other))

    @staticmethod
    def end(pair):
        for end in pair:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            self.end(pair)

    def close(self):
        self.isOpen = False
        self.passes.set()
        # Closing alone does not end an accept that waits.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()


def free_port():
    """Finds a free port among those that the system gives to no client meanwhile (ip_local_port_range)."""
    while True:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Redis:
    """A server, and a replica of it that can be promoted."""

    def __init__(self, folder):
        self.folder, self.number, self.replica = folder, 0, None
        self.main = self.begin()

    def begin(self, *options):
        self.number += 1
        path = f"{self.folder}/redis{self.number}"
        port = free_port()
        process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--unixsocket", path, "--save", "",
             "--appendonly", "no", "--dir", self.folder, "--repl-diskless-sync-delay", "0", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(lambda: os.path.exists(path))
        return process, path, port

    def path(self):
        return self.main[1]

    def command(self, server, *words):
        done = subprocess.run(["redis-cli", "-s", server[1], *words], capture_output=True, text=True, timeout=60)
        return done.stdout

    @staticmethod
    def kill(server):
        if server:
            server[0].kill()
            server[0].wait()

    def isDown(self):
        return self.main[0].poll() is not None

    def keep(self):
        """What there is now is what an old dump will have."""
        self.command(self.main, "config", "set", "dbfilename", "old.rdb")
        self.command(self.main, "save")

    def restart(self, *options):
        self.kill(self.main)
        self.main = self.begin(*options)

    def follow(self):
        self.kill(self.replica)
        self.replica = self.begin("--replicaof", "127.0.0.1", str(self.main[2]))
        return wait(lambda: "master_link_status:up" in self.command(self.replica, "info", "replication"), 10)

    def promote(self, lost):
        """The replica hears no more; after so many seconds the server is gone, and the replica is the server."""
        self.command(self.replica, "replicaof", "no", "one")
        time.sleep(lost)
        self.kill(self.main)
        self.main, self.replica = self.replica, None

    def end(self):
        self.kill(self.main)
        self.kill(self.replica)


class Network:
    """A network namespace for each host, on a bridge that they share with Redis; a plugged-out host hears nothing, and is told
    nothing."""

    def __init__(self, count):
        self.holders = []
        for words in ("link set lo up", "link add br0 type bridge", f"addr add {BRIDGE}1/24 dev br0", "link set br0 up"):
            self.ip(words)
        for index in range(count):
            self.holders.append(subprocess.Popen(["unshare", "-n", "sleep", "infinity"]))
            own = os.readlink("/proc/self/ns/net")
            wait(lambda: os.readlink(f"/proc/{self.holders[-1].pid}/ns/net") != own)
            self.ip(f"link add h{index} type veth peer name e{index} netns {self.holders[-1].pid}")
            self.ip(f"link set h{index} master br0 up")
            inside = ["nsenter", "-t", str(self.holders[-1].pid), "-n"]
            self.ip(f"addr add {BRIDGE}{index + 2}/24 dev e{index}", *inside)
            self.ip(f"link set e{index} up", *inside)

    @staticmethod
    def ip(words, *inside):
        subprocess.run([*inside, "ip", *words.split()], check=True)

    def within(self, index):
        return ["nsenter", "-t", str(self.holders[index].pid), "-n"]

    def plug(self, index, isIn):
        self.ip(f"link set h{index} {'up' if isIn else 'down'}")

    def end(self):
        for index, holder in enumerate(self.holders):
            # The namespace takes its own time to go, and the next history wants the name.
            self.ip(f"link del h{index}")
            holder.kill()
            holder.wait()
        self.ip("link del br0")
