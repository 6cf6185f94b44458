"""What clients saw of a cluster, and whether that may be."""
import random, threading, time
from dataclasses import dataclass
from hosts import ask, wait

# All sessions; of the application `trade`, as the licence of the hosts has it: users, and sessions of each.
SITE_LIMIT, TRADERS, EACH_TRADER = 8, 4, 1
# What a fault says that is a limit passed for too long.
LATE = "when all hosts were back"


@dataclass
class Policy:
    name: str
    items: list
    keeps: bool


POLICIES = [
    Policy("keep, refuse", ["cluster-isolated keep"], True),
    Policy("keep, local", ["cluster-isolated keep", "cluster-unreachable local"], True),
    Policy("end, refuse", ["cluster-isolated end"], False),
    Policy("end, refuse", ["cluster-isolated end"], False),
]


class History:
    """A session is certainly answered from the first to the last `allow` that its client got."""

    def __init__(self, policy, hosts):
        self.policy, self.hosts = policy, hosts
        self.lock, self.sessions, self.faults, self.answers, self.most = threading.Lock(), {}, [], {}, 0
        self.back = None

    @property
    def text(self):
        return f"{self.policy.name}, at most {self.most} sessions, {dict(sorted(self.answers.items()))}"

    def count(self, what):
        with self.lock:
            self.answers[what] = self.answers.get(what, 0) + 1

    def heal(self, cluster, seconds):
        """Waits until every host is back, after the last fault."""
        if not wait(cluster.isReady, seconds):
            self.faults.append(f"the hosts were not back {seconds:.0f} s after the last fault")
        # A host that has stood still says for a moment what was so before, and one whose packets are lost notices after a second.
        time.sleep(1.5)
        wait(cluster.isReady)
        self.back = time.monotonic()

    def open(self, session, process, user, application, asked):
        with self.lock:
            self.sessions[session] = {"asked": asked, "first": None, "last": None, "over": None, "process": process, "user": user,
                                      "application": application, "left": False}

    def leave(self, session):
        with self.lock:
            self.sessions[session]["left"] = True

    def note(self, session, began, ended, verdict):
        self.count(verdict)
        with self.lock:
            entry = self.sessions[session]
            if verdict == "allow":
                # The answer was decided after it was asked, and before it came.
                if entry["over"] is not None and began > entry["over"]:
                    self.faults.append(f"session {session[:8]} was allowed after it had ended")
                entry["first"] = ended if entry["first"] is None else entry["first"]
                entry["last"] = max(began, entry["last"] or 0)
            elif verdict in ("ejected", "deny") and entry["over"] is None:
                entry["over"], entry["end"] = ended, verdict

    def atOnce(self, sessions):
        """The most that were certainly answered at one time."""
        moments = []
        for entry in sessions:
            if entry["first"] is not None and entry["last"] > entry["first"]:
                moments += [(entry["first"], 1), (entry["last"], -1)]
        count = most = 0
        for _, change in sorted(moments):
            count += change
            most = max(most, count)
        return most

    def expect(self, what, sessions, limit):
        most = self.atOnce(sessions)
        # With `keep` a host that is cut off goes on with what it has, and no user has more than the limit.
        allowed = limit * self.hosts if self.policy.keeps else limit
        if most > allowed:
            self.faults.append(f"{most} {what} were answered at one time, and {allowed} may be")
        self.expectBelow(what, sessions, limit)
        return most

    def expectBelow(self, what, sessions, limit):
        """For how long: what a fault has left over is there until it ends, and no log-in comes on top of it any more."""
        sure = [e for e in sessions if e["first"] is not None and e["last"] > e["first"]]
        for entry in sure:
            if self.back is None or entry["asked"] < self.back:
                continue
            held = sum(e["first"] <= entry["first"] <= e["last"] for e in sure)
            if held > limit:
                self.faults.append(f"a log-in was let in {LATE}, and there were {held} {what} of {limit}")

    def check(self, cluster, users):
        entries = list(self.sessions.values())
        self.most = self.expect("sessions", entries, SITE_LIMIT)
        trade = [entry for entry in entries if entry["application"] == "trade"]
        for user in users:
            self.expect(f"sessions of {user} with trade", [e for e in trade if e["user"] == user], EACH_TRADER)
        self.expect("sessions with trade", trade, TRADERS * EACH_TRADER)
        self.faults += [f"the session of {name} was ejected twice" for name in cluster.endedTwice()]
        if self.policy.keeps:
            for name, entry in self.sessions.items():
                if entry.get("end") == "deny" and cluster.starts[entry["process"][0]] == entry["process"][1]:
                    self.faults.append(f"session {name[:8]} ended by a fault, and its host keeps sessions")
        if self.faults:
            return
        if not wait(cluster.isReady):
            self.faults.append("the cluster never got ready again")
        if not wait(cluster.agrees):
            states = [cluster.status(i) for i in range(self.hosts)]
            self.faults.append(f"the registry counts {[s['cluster'].get('sessions') for s in states]}, and hosts have "
                               f"{[s.get('sessions') for s in states]}")
            return
        self.checkNext(cluster, users)

    def checkNext(self, cluster, users):
        """Now that all works, log-ins get in below the limit alone."""
        def logIn(user):
            return ask(cluster.path(random.randrange(self.hosts)), "login", {"user": user, "password": "x"})[0]

        for user in users:
            verdict = None
            for _ in range(20):
                # A machine that is busy may be late for once.
                verdict = logIn(user)
                if verdict in ("allow", "over-limit"):
                    break
            else:
                self.faults.append(f"log-ins of {user} are answered {verdict}, and all works")
            if not wait(cluster.agrees):
                self.faults.append(f"the registry and the hosts do not agree after a log-in of {user}")
            held = sum(cluster.status(i)["sessions"] for i in range(self.hosts))
            if verdict == "allow" and held > SITE_LIMIT:
                self.faults.append(f"a log-in was let in, and there are {held} sessions of {SITE_LIMIT}")
