import DoorProtocols
import Glibc
import Synchronization

/// A thread that serves connections.
protocol ServingLoop: Sendable {
    /// Has work done on the thread; not at all when that has ended.
    func execute(_ work: @escaping @Sendable () -> Void)
    /// Serves a connection, which is its own from here on. On its thread.
    func begin(_ descriptor: CInt, _ serving: DoorServing)
}

/// A loop that serves, and how many connections it has been given and has not taken yet.
final class DealtLoop: Sendable {
    private let loop: any ServingLoop
    private let untaken = Atomic<Int>(0)
    /// When it last took a connection, or was given one while it had none to take.
    private let progressed = Atomic<UInt64>(0)

    init(_ loop: any ServingLoop) { self.loop = loop }

    var hasTakenAll: Bool { untaken.load(ordering: .acquiring) == 0 }

    /// Whether it has been leaving connections for longer than a loop may.
    func isKept(_ now: DoorInstant) -> Bool {
        let progressed = DoorInstant(nanoseconds: progressed.load(ordering: .acquiring))
        return !hasTakenAll && progressed + ConnectionDealer.patience < now
    }

    /// Offers a connection, which the loop takes when it comes to it.
    func offer(_ offer: ConnectionOffer, _ serving: DoorServing) {
        if hasTakenAll { noteProgress() }
        untaken.add(1, ordering: .acquiringAndReleasing)
        loop.execute { [self] in
            noteProgress()
            untaken.subtract(1, ordering: .acquiringAndReleasing)
            if let descriptor = offer.take() { loop.begin(descriptor, serving) }
        }
    }

    private func noteProgress() { progressed.store(DoorInstant.now.nanoseconds, ordering: .releasing) }
}

/// The descriptor of a connection that no loop serves yet. It is taken once.
final class ConnectionOffer: Sendable {
    private let descriptor: Mutex<CInt?>
    /// When a loop ought to have taken it.
    let due: DoorInstant

    private let untaken: UntakenConnections

    init(_ descriptor: CInt, due: DoorInstant, among untaken: UntakenConnections) {
        self.descriptor = Mutex(descriptor)
        self.due = due
        self.untaken = untaken
        untaken.add()
    }

    /// The descriptor, which the caller owns from here on; nil when another loop has taken it.
    func take() -> CInt? {
        let taken = descriptor.withLock { $0.take() }
        if taken != nil { untaken.remove() }
        return taken
    }

    var isTaken: Bool { descriptor.withLock { $0 == nil } }

    deinit { if let descriptor = take() { close(descriptor) } }
}

/// How many connections of a listener were accepted and are served by no loop yet. No door's limits count them, so they are few:
/// the others wait in the kernel's queue.
final class UntakenConnections: Sendable {
    static let limit = 8

    private let count = Atomic<Int>(0)
    private let waiting = Mutex<(@Sendable () -> Void)?>(nil)

    var isEmpty: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

    func add() { count.add(1, ordering: .sequentiallyConsistent) }

    func remove() {
        count.subtract(1, ordering: .sequentiallyConsistent)
        waiting.withLock { $0.take() }?()
    }

    /// Whether there are as many as there may be; then what the argument makes is called once, on any thread, when there is one less.
    func isFull(else resume: () -> @Sendable () -> Void) -> Bool {
        waiting.withLock { waiting in
            guard count.load(ordering: .sequentiallyConsistent) >= Self.limit else { return false }
            waiting = resume()
            return true
        }
    }
}

/// Gives the connections of a listener to the loops that serve, in turn, and past those that have not taken what they were given.
/// The spare loop serves a connection that no loop has taken after a while. No entry point of a module runs there: its
/// questions are asked on the module's own threads. On the listener's thread.
struct ConnectionDealer {
    /// How long a loop may take to begin with a connection.
    static let patience = Duration.milliseconds(100)

    private let loops: [DealtLoop]
    private let spare: any ServingLoop
    private let serving: DoorServing
    private var next = 0
    private var offers: [ConnectionOffer] = []
    let untaken = UntakenConnections()

    /// - Parameter loops: none where the spare loop serves everything.
    init(_ loops: [DealtLoop], spare: any ServingLoop, _ serving: DoorServing) {
        self.loops = loops
        self.spare = spare
        self.serving = serving
    }

    /// When ``look(_:)`` is due; nil for never.
    var due: DoorInstant? { offers.first?.due }

    /// Deals a connection, which is another's from here on.
    mutating func deal(_ descriptor: CInt, _ now: DoorInstant) {
        guard let loop = nextLoop(now) else { return adopt(descriptor) }
        let offer = ConnectionOffer(descriptor, due: now + Self.patience, among: untaken)
        loop.offer(offer, serving)
        // They are few: see UntakenConnections.
        offers.removeAll { $0.isTaken }
        offers.append(offer)
    }

    /// Takes back what no loop has taken in time.
    mutating func look(_ now: DoorInstant) {
        for offer in offers where offer.due <= now { offer.take().map(adopt) }
        offers.removeAll { $0.due <= now || $0.isTaken }
    }

    /// A listener that closes has dealt what it accepted; the spare loop serves what no other has taken by then.
    mutating func end() {
        for offer in offers { offer.take().map(adopt) }
        offers = []
    }

    /// The next loop that has taken all it was given, else the next one that is at work; nil where modules keep all of them busy.
    private mutating func nextLoop(_ now: DoorInstant) -> DealtLoop? {
        if loops.isEmpty { return nil }
        let first = next
        next = (next + 1) % loops.count
        for step in loops.indices {
            let loop = loops[(first + step) % loops.count]
            if loop.hasTakenAll { return loop }
        }
        for step in loops.indices {
            let loop = loops[(first + step) % loops.count]
            if !loop.isKept(now) { return loop }
        }
        return nil
    }

    private func adopt(_ descriptor: CInt) {
        // Closed with the closure where the loop has ended.
        let offer = ConnectionOffer(descriptor, due: .now, among: untaken)
        spare.execute { [spare, serving] in
            if let descriptor = offer.take() { spare.begin(descriptor, serving) }
        }
    }
}
