import AuthCore
import Basics
import Cluster
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// What a member of a cluster does to its host. Everything is called on the cluster's own thread, and must not block.
package struct ClusterOwner: Sendable {
    /// Called before anything else happens on the thread.
    package var begun: @Sendable () -> Void = {}
    /// Ends a session by its handle.
    package var eject: @Sendable (UInt64) -> Void = { _ in }
    /// Ends all of them.
    package var endAll: @Sendable () -> Void = {}
    /// Counts a log-in, on any host, of a user with an application.
    package var used: @Sendable (_ user: String, _ application: String) -> Void = { _, _ in }
    /// Takes what other hosts have counted of wrong passwords.
    package var penalties: @Sendable (ClusterPenalties) -> Void = { _ in }
    /// Forgets whatever is kept, since a word about it may have been missed.
    package var forget: @Sendable () -> Void = {}
    /// Takes what a host has said to all, and answers.
    package var said: @Sendable (_ text: String, _ answer: @escaping @Sendable (String) -> Void) -> Void = { _, _ in }

    /// Makes an owner that does nothing.
    package init() {}
}

/// A host's connection to the registry of its cluster: the member's actions carried out, on one thread of its own.
package final class ClusterRegistry: Sendable {
    /// Until when the host may answer for its sessions.
    package let lease = Lease()
    private let board = StatusBoard()
    /// What the member is configured with.
    package let settings: ClusterSettings
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<ClusterLoop?>
    /// Where its events go.
    package let log: Logger

    /// - Throws: where the authority of TLS cannot be read.
    package init(_ settings: ClusterSettings, at place: RegistryPlace, log: Logger) throws {
        self.settings = settings
        self.log = log
        loop = group.next()
        state = NIOLoopBoundBox.makeBoxSendingValue(nil, eventLoop: loop)
        let context = try place.context()
        let (state, lease, board, loop) = (state, lease, board, loop)
        loop.execute {
            state.value = ClusterLoop(settings, place, context, lease, board, loop: loop, log: log)
        }
    }

    /// Begins to connect, for a host.
    package func start(_ owner: ClusterOwner) { onLoop { $0.start(owner) } }

    func count(in places: any HostPlaces) { onLoop { $0.places = places } }

    func reserve(
        _ request: AdmissionRequest, _ limits: ClusterLimits, _ done: @escaping @Sendable (ClusterReservation) -> Void
    ) {
        onLoop { loop in
            loop.reservations[request.session] = done
            loop.perform {
                $0.reserve(
                    request.session, user: Array(request.user.utf8), application: Array(request.applicationID.utf8),
                    machine: Array(request.machineID.utf8), limits: limits, at: $1)
            }
        }
    }

    func commit(_ handle: UInt64, _ done: @escaping @Sendable (ClusterCommit) -> Void) {
        onLoop { loop in
            loop.commits[handle] = done
            loop.perform { $0.commit(handle, at: $1) }
        }
    }

    func vacate(_ handle: UInt64) { onLoop { $0.perform { $0.vacate(handle, at: $1) } } }

    func adopt(_ request: AdmissionRequest) {
        onLoop {
            $0.perform {
                $0.adopt(
                    request.session, user: Array(request.user.utf8), application: Array(request.applicationID.utf8),
                    machine: Array(request.machineID.utf8), at: $1)
            }
        }
    }

    /// How it stands, as of a moment ago.
    package var status: ClusterStatus { board.status.withLock { $0 } }

    /// Says something to all hosts, and gathers the answers of those that are there.
    ///
    /// - Parameters:
    ///   - isKept: whether hosts that do not listen now are told later.
    ///   - limit: how long they may take.
    ///   - done: told the answers by host, and the hosts that have not answered; once, on the cluster's thread.
    package func say(
        _ text: String, isKept: Bool, limit: Duration, _ done: @escaping @Sendable (ClusterAnswers) -> Void
    ) {
        onLoop { $0.say(text, isKept: isKept, limit: limit, done) }
    }

    /// Tells the other hosts what this one has done already; those that do not listen now hear of it later. The event log
    /// says which hosts have done it within a second, and which have not answered.
    ///
    /// - Parameters:
    ///   - what: what it is, as the log has it.
    ///   - isEnd: whether it ends sessions, so that operators want to know where it was done.
    package func tell(_ text: String, as what: String, isEnd: Bool) {
        onLoop { $0.tell(text, as: what, isEnd: isEnd) }
    }

    /// Tells all hosts of a wrong password.
    package func tell(_ guess: ClusterGuess) { onLoop { $0.perform { $0.tell(guess, at: $1) } } }

    /// Tells all hosts that somebody has logged in somewhere.
    package func tellUse(_ text: String) { onLoop { $0.perform { $0.tellUse(text, at: $1) } } }

    /// Has the registry forget the wrong passwords of subjects.
    package func forgive(_ subjects: [String]) { onLoop { $0.perform { $0.forgive(subjects, at: $1) } } }

    /// Whether the registry can be asked, as of a moment ago.
    package var isReady: Bool { ["ready", "warming"].contains(status.state) }

    /// The `cluster-index` of each host that is configured and is no member now, as of a moment ago.
    package var absent: [Int] {
        let there = Set(status.hosts.map(\.index))
        return (0..<settings.hosts).filter { !there.contains("\($0)") }
    }

    /// Ejects the oldest sessions, in the order that the registry knows, wherever they are.
    ///
    /// - Parameters:
    ///   - count: how many at most.
    ///   - user: whose sessions; nil for anybody's.
    ///   - application: of which application; nil for any.
    ///   - machine: on which machine; nil for any.
    ///   - done: told what has ended, by host, within a second where the registry finds it at once; once, on the cluster's thread.
    package func ejectOldest(
        _ count: Int, of user: String?, application: String?, machine: String?,
        _ done: @escaping @Sendable (ClusterEjections) -> Void
    ) {
        onLoop { $0.ejectOldest(count, of: user, application: application, machine: machine, done) }
    }

    /// Calls a function with user and application of each session of all hosts. Blocks; never on the cluster's thread.
    ///
    /// - Returns: whether the registry has told all of them.
    package func forEachSession(_ body: (_ user: String, _ application: String) -> Void) -> Bool {
        for host in status.hosts {
            var cursor: String? = "0"
            repeat {
                let page = Page()
                onLoop { [cursor] loop in
                    loop.people(of: host.epoch, from: cursor ?? "0") { next, uses in
                        page.content.withLock { $0 = (next, uses) }
                        page.answered.signal()
                    }
                }
                guard page.answered.wait(for: .seconds(10)) else { return false }
                let content = page.content.withLock { $0 }
                for use in content.uses { body(use.user, use.application) }
                cursor = content.cursor
                if cursor == nil { return false }
            } while cursor != "0"
        }
        return true
    }

    /// Gives the membership up, so that the places of this host are free at once. Waits for at most a second.
    package func leave() {
        let state = state
        let promise = loop.makePromise(of: Void.self)
        loop.execute { state.value?.leave(promise) ?? promise.succeed() }
        try? promise.futureResult.wait()
    }

    /// Ends the thread.
    package func stop() {
        let state = state
        try? loop.submit { state.value?.stop() }.wait()
        try? group.syncShutdownGracefully()
    }

    /// Calls a function on the cluster's thread: at once where this is that thread, as it is for what follows from an answer.
    private func onLoop(_ body: @escaping @Sendable (ClusterLoop) -> Void) {
        let state = state
        if loop.inEventLoop {
            if let loop = state.value { body(loop) }
            return
        }
        loop.execute { if let loop = state.value { body(loop) } }
    }
}

/// What came of saying something to all hosts.
package struct ClusterAnswers: Sendable {
    /// Host by host, as `INDEX <NAME>`.
    package var answers: [(host: String, text: String)] = []
    /// The hosts that have not answered in time.
    package var silent: [String] = []
    /// Why no host could be asked; nil where all were.
    package var problem: String?
}

/// A page of sessions, for the thread that waits for it.
private final class Page: Sendable {
    let content = Mutex<(cursor: String?, uses: [ClusterUse])>((nil, []))
    let answered = ThreadSemaphore()
}

/// Where the cluster's thread writes how its member stands, for others to read.
final class StatusBoard: Sendable {
    let status = Mutex(ClusterStatus())
}
