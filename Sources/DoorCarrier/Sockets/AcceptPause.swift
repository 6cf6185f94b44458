import Basics
import DoorProtocols
import Glibc
import Logging
import Synchronization

/// Whether the process has no descriptors left for connections. One event says so, and one when it is over, whatever the
/// number of listeners and of connections that wait.
final class DescriptorShortage: Sendable {
    static let shared = DescriptorShortage()

    /// It is over when so many are free at once. One that a client gives back goes to the next client, and neither is news.
    private static let enough = 16

    /// When an accept failed last; nil where it is over.
    private let last = Mutex<DoorInstant?>(nil)
    private let quiet: Duration
    private let isOver: @Sendable () -> Bool

    /// - Parameters:
    ///   - quiet: how long no accept may have failed before it is over.
    ///   - isOver: says whether there are enough descriptors again.
    init(
        quiet: Duration = .seconds(10), isOver: @escaping @Sendable () -> Bool = { DescriptorShortage.hasEnough() }
    ) {
        self.quiet = quiet
        self.isOver = isOver
    }

    var isNow: Bool { last.withLock { $0 != nil } }

    func begin(_ error: SystemError, _ log: Logger) {
        let isNew = last.withLock { last in
            defer { last = .now }
            return last == nil
        }
        guard isNew else { return }
        log.error(
            "no connection can be accepted (\(error)): idle ones are closed and new ones wait; raise the limit on open files"
        )
    }

    func look(_ log: Logger) {
        guard let begun = last.withLock({ $0 }), begun + quiet <= .now, isOver() else { return }
        let isNew = last.withLock { last in
            guard last == begun else { return false }
            last = nil
            return true
        }
        if isNew { log.notice("connections are accepted as usual again") }
    }

    private static func hasEnough() -> Bool {
        let probes = (0..<enough).map { _ in SpareDescriptor.open() }
        for probe in probes where probe >= 0 { close(probe) }
        return !probes.contains { $0 < 0 }
    }
}

/// A descriptor that is kept open to be given back when it is needed.
struct SpareDescriptor {
    private var descriptor: CInt = -1

    static func open() -> CInt { Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC) }

    mutating func fill() { if descriptor < 0 { descriptor = Self.open() } }

    /// Gives it back; false when there is none.
    mutating func release() -> Bool {
        guard descriptor >= 0 else { return false }
        close(descriptor)
        descriptor = -1
        return true
    }
}

/// What a listener does when the system has nothing to accept with: it would be told at once, and for ever, that a client
/// waits. A pure value but for its spare descriptor.
struct AcceptPause {
    /// The first pause and the longest; each is twice the one before.
    private static let pauses = (first: Duration.milliseconds(20), longest: Duration.seconds(1))

    private let log: Logger
    private let giveUp: @Sendable () -> Void
    private let shortage: DescriptorShortage
    private let keepsSpare: Bool
    private var spare = SpareDescriptor()
    private var pause = AcceptPause.pauses.first
    /// When accepting goes on; nil while it does.
    private var resumption: DoorInstant?
    /// When to look whether it is over, where no client comes any more.
    private var lookDue: DoorInstant?

    /// - Parameters:
    ///   - keepsSpare: whether one connection can be accepted when there are no descriptors.
    ///   - giveUp: closes a few connections that are idle.
    init(
        _ log: Logger, keepsSpare: Bool, shortage: DescriptorShortage = .shared,
        giveUp: @escaping @Sendable () -> Void = {}
    ) {
        self.log = log
        self.keepsSpare = keepsSpare
        self.shortage = shortage
        self.giveUp = giveUp
    }

    /// Begins, and takes its spare descriptor until ``end()``.
    mutating func begin() { if keepsSpare { spare.fill() } }

    /// Whether nothing is accepted now.
    var isPausing: Bool { resumption != nil }

    /// When ``look(_:)`` is due; nil for never.
    var due: DoorInstant? {
        guard let resumption, let lookDue else { return resumption ?? lookDue }
        return min(resumption, lookDue)
    }

    /// Notes a connection that was accepted.
    mutating func noteAccepted() { pause = Self.pauses.first }

    /// Notes why one was not; whether that is for want of descriptors or memory.
    mutating func noteFailed(_ error: SystemError, _ now: DoorInstant) -> Bool {
        guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.code) else { return false }
        shortage.begin(error, log)
        // The client at the head of the queue is let in with it at once.
        if spare.release() {
            watch(now)
            return true
        }
        giveUp()
        resumption = now + pause
        pause = min(pause + pause, Self.pauses.longest)
        return true
    }

    /// Goes on when the pause is over, and says when the shortage is.
    mutating func look(_ now: DoorInstant) {
        guard let due, due <= now else { return }
        if let resumption, resumption <= now { self.resumption = nil }
        if let lookDue, lookDue <= now { self.lookDue = nil }
        if keepsSpare { spare.fill() }
        shortage.look(log)
        watch(now)
    }

    private mutating func watch(_ now: DoorInstant) {
        if shortage.isNow, lookDue == nil { lookDue = now + Self.pauses.longest }
    }

    /// Gives the spare descriptor back.
    mutating func end() { _ = spare.release() }
}
