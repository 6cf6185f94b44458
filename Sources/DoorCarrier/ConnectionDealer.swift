import DoorProtocols
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A loop that serves, and how many connections it has been given and has not taken yet.
final class DealtLoop: Sendable {
    private let loop: any EventLoop
    private let untaken = Atomic<Int>(0)
    /// When it last took a connection, or was given one while it had none to take, on NIO's clock.
    private let progressed = Atomic<UInt64>(0)

    init(_ loop: any EventLoop) { self.loop = loop }

    var hasTakenAll: Bool { untaken.load(ordering: .acquiring) == 0 }

    /// Whether it has been leaving connections for longer than a loop may.
    func isKept(_ now: NIODeadline) -> Bool {
        let progressed = NIODeadline.uptimeNanoseconds(progressed.load(ordering: .acquiring))
        return !hasTakenAll && now - progressed > ConnectionDealer.patience
    }

    /// Offers a connection, which the loop takes when it comes to it.
    func offer(_ offer: ConnectionOffer, _ serving: DoorLoops.Serving) {
        if hasTakenAll { noteProgress() }
        untaken.add(1, ordering: .acquiringAndReleasing)
        loop.execute { [self] in
            noteProgress()
            untaken.subtract(1, ordering: .acquiringAndReleasing)
            if let descriptor = offer.take() { ConnectionDealer.begin(descriptor, on: loop, serving) }
        }
    }

    private func noteProgress() {
        progressed.store(NIODeadline.now().uptimeNanoseconds, ordering: .releasing)
    }
}

/// The descriptor of a connection that no loop serves yet. It is taken once.
final class ConnectionOffer: Sendable {
    private let descriptor: Mutex<CInt?>
    /// When a loop ought to have taken it.
    let due: NIODeadline

    private let untaken: UntakenConnections

    init(_ descriptor: CInt, due: NIODeadline, among untaken: UntakenConnections) {
        self.descriptor = Mutex(descriptor)
        self.due = due
        self.untaken = untaken
        untaken.add()
    }

    /// The descriptor, which the caller owns from here on; nil when somebody else has taken it.
    func take() -> CInt? {
        let taken = descriptor.withLock { $0.take() }
        if taken != nil { untaken.remove() }
        return taken
    }

    var isTaken: Bool { descriptor.withLock { $0 == nil } }

    deinit { if let descriptor = take() { close(descriptor) } }
}

/// How many connections of a listener were accepted and are served by no loop yet. They count in no door's limits, so they are few:
/// the others wait in the kernel's queue.
final class UntakenConnections: Sendable {
    static let limit = 8

    private let count = Atomic<Int>(0)
    private let waiting = Mutex<(@Sendable () -> Void)?>(nil)

    func add() { count.add(1, ordering: .sequentiallyConsistent) }

    func remove() {
        count.subtract(1, ordering: .sequentiallyConsistent)
        waiting.withLock { $0.take() }?()
    }

    /// Whether there are as many as there may be; then the argument is called once, on any thread, when one less is.
    func isFull(else resume: @escaping @Sendable () -> Void) -> Bool {
        waiting.withLock { waiting in
            guard count.load(ordering: .sequentiallyConsistent) >= Self.limit else { return false }
            waiting = resume
            return true
        }
    }
}

/// Gives the connections of a listener to the loops that serve, in turn, and past those that have not taken what they were given.
/// What no loop has taken after a while is served by the loop that accepts, where no entry point of a module runs: questions
/// are asked on the module's own threads from there.
final class ConnectionDealer: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    /// How long a loop may take to begin with a connection.
    static let patience = TimeAmount.milliseconds(100)

    private let loops: [DealtLoop]
    private let serving: DoorLoops.Serving
    private let copying: @Sendable (CInt) -> CInt
    private var next = 0
    private var offers: CircularBuffer<ConnectionOffer> = []
    private var looking: Scheduled<Void>?
    private let untaken = UntakenConnections()
    private var context: ChannelHandlerContext?

    /// - Parameter copying: makes a copy of a descriptor, or returns -1.
    init(_ loops: [DealtLoop], _ serving: DoorLoops.Serving, copying: @escaping @Sendable (CInt) -> CInt) {
        self.loops = loops
        self.serving = serving
        self.copying = copying
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Accepts no more while too many are taken by no loop.
    func read(context: ChannelHandlerContext) {
        let loop = context.eventLoop
        let dealer = NIOLoopBound(self, eventLoop: loop)
        if untaken.isFull(else: { loop.execute { dealer.value.goOn() } }) { return }
        context.read()
    }

    private func goOn() {
        // Where accepting pauses for want of descriptors, its end reads again.
        guard let context, (try? context.channel.syncOptions?.getOption(.autoRead)) == true else { return }
        read(context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let accepted = unwrapInboundIn(data)
        // NIO has made a channel of it that belongs to the accepting loop; the connection lives on in the copy.
        let copy = try? accepted.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self, copying)
        // The last descriptor of the process is not lost for want of another one: this loop serves the connection itself.
        guard let copy, copy >= 0 else { return context.fireChannelRead(data) }
        accepted.close(promise: nil)
        deal(copy, context)
    }

    /// A listener that closes has dealt what it accepted; what no loop has taken by then is served here.
    func channelInactive(context: ChannelHandlerContext) {
        looking?.cancel()
        looking = nil
        adopt(offers.compactMap { $0.take() }, context.eventLoop)
        offers.removeAll()
        context.fireChannelInactive()
    }

    private func deal(_ descriptor: CInt, _ context: ChannelHandlerContext) {
        guard let loop = nextLoop() else { return adopt([descriptor], context.eventLoop) }
        let offer = ConnectionOffer(descriptor, due: .now() + Self.patience, among: untaken)
        loop.offer(offer, serving)
        while let first = offers.first, first.isTaken { offers.removeFirst() }
        offers.append(offer)
        look(context)
    }

    /// The next loop that has taken all it was given, else the next one that is at work; nil where modules keep all of them.
    private func nextLoop() -> DealtLoop? {
        let order = loops.indices.map { loops[(next + $0) % loops.count] }
        next = (next + 1) % loops.count
        let now = NIODeadline.now()
        return order.first(where: \.hasTakenAll) ?? order.first { !$0.isKept(now) }
    }

    private func look(_ context: ChannelHandlerContext) {
        guard looking == nil, let first = offers.first else { return }
        let loop = context.eventLoop.assumeIsolated()
        looking = loop.scheduleTask(deadline: first.due) { [self] in
            looking = nil
            let now = NIODeadline.now()
            var untaken: [CInt] = []
            while let first = offers.first, first.due <= now || first.isTaken {
                if let descriptor = offers.removeFirst().take() { untaken.append(descriptor) }
            }
            adopt(untaken, context.eventLoop)
            look(context)
        }
    }

    private func adopt(_ descriptors: [CInt], _ loop: any EventLoop) {
        for descriptor in descriptors { Self.begin(descriptor, on: loop, serving) }
    }

    /// Makes a channel of a descriptor on a loop, which closes it whatever happens.
    static func begin(_ descriptor: CInt, on loop: any EventLoop, _ serving: DoorLoops.Serving) {
        let bootstrap = ClientBootstrap(group: loop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer(serving.prepare)
        _ = serving.options(bootstrap).withConnectedSocket(descriptor)
    }
}
