import Basics
import DoorProtocols
import Glibc
import Logging
import NIOCore
import Synchronization

/// Whether the process has no descriptors left for connections. One event says so, and one when it is over, whatever the
/// number of listeners and of connections that wait.
final class DescriptorShortage: Sendable {
    static let shared = DescriptorShortage()

    /// It is over when so many are free at once: one that a client gives back is the next one's, and neither is news.
    private static let enough = 16

    /// When an accept failed last; nil where it is over.
    private let last = Mutex<NIODeadline?>(nil)
    private let quiet: TimeAmount
    private let isOver: @Sendable () -> Bool

    /// - Parameters:
    ///   - quiet: how long no accept may have failed before it is over.
    ///   - isOver: says whether there are enough descriptors again.
    init(
        quiet: TimeAmount = .seconds(10), isOver: @escaping @Sendable () -> Bool = { DescriptorShortage.hasEnough() }
    ) {
        self.quiet = quiet
        self.isOver = isOver
    }

    var isNow: Bool { last.withLock { $0 != nil } }

    func begin(_ error: IOError, _ log: Logger) {
        let isNew = last.withLock { last in
            defer { last = .now() }
            return last == nil
        }
        guard isNew else { return }
        let reason = SystemError(error.errnoCode)
        log.error(
            "no connection can be accepted (\(reason)): idle ones are closed and new ones wait; raise the limit on open files"
        )
    }

    func look(_ log: Logger) {
        guard let begun = last.withLock({ $0 }), .now() - begun >= quiet, isOver() else { return }
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

/// Stops accepting for a while where the system has nothing to accept with.
///
/// The network library would ask again at once, and for ever: the kernel goes on telling that somebody waits.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// The first pause and the longest; each is twice the one before.
    private static let pauses = (first: TimeAmount.milliseconds(20), longest: TimeAmount.seconds(1))

    private let shortage: DescriptorShortage
    private let log: Logger
    private let giveUp: @Sendable () -> Void
    private let keepsSpare: Bool
    private var spare = SpareDescriptor()
    private var pause = AcceptPause.pauses.first
    private var resuming: Scheduled<Void>?
    private var watching: Scheduled<Void>?

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

    func handlerAdded(context: ChannelHandlerContext) { if keepsSpare { spare.fill() } }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pause = Self.pauses.first
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        shortage.begin(error, log)
        // Who waits in front of the others is let in with it at once.
        if spare.release() { return watch(context) }
        giveUp()
        guard resuming == nil else { return }
        setReading(false, context)
        resuming = context.eventLoop.assumeIsolated().scheduleTask(in: pause) { [self] in resume(context) }
        pause = min(pause + pause, Self.pauses.longest)
    }

    private func resume(_ context: ChannelHandlerContext) {
        resuming = nil
        if keepsSpare { spare.fill() }
        shortage.look(log)
        setReading(true, context)
        // Where nobody comes any more, somebody has to see that it is over.
        watch(context)
    }

    private func watch(_ context: ChannelHandlerContext) {
        guard shortage.isNow, watching == nil else { return }
        watching = context.eventLoop.assumeIsolated().scheduleTask(in: Self.pauses.longest) { [self] in
            watching = nil
            if keepsSpare { spare.fill() }
            shortage.look(log)
            watch(context)
        }
    }

    private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
        // Holding back reads is not enough: what was once asked for goes on until something is accepted.
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    private func end() {
        resuming?.cancel()
        watching?.cancel()
        resuming = nil
        watching = nil
        _ = spare.release()
    }
}
