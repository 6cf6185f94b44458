import Basics
import CEpoll
import Glibc

/// What a loop serves: a descriptor and a time. It is called on the loop's thread alone.
package protocol LoopMember: AnyObject {
    /// The descriptor is ready.
    func isReady(_ events: LoopEvents)
    /// The time that was set has come.
    func timeIsUp()
    /// The loop ends; the descriptor is the member's to close.
    func loopEnds()
}

/// What a descriptor is ready for, or shall be watched for: bits of epoll_ctl(2).
///
/// It is no `OptionSet`: the literals of one are made generically in other targets, for 1,500 instructions each.
package struct LoopEvents: Equatable, Sendable {
    package let bits: UInt32

    @inlinable package init(bits: UInt32) { self.bits = bits }

    @inlinable package static var none: LoopEvents { LoopEvents(bits: 0) }
    @inlinable package static var readable: LoopEvents { LoopEvents(bits: UInt32(CEPOLL_IN)) }
    @inlinable package static var writable: LoopEvents { LoopEvents(bits: UInt32(CEPOLL_OUT)) }
    /// The other end sends nothing more.
    @inlinable package static var ended: LoopEvents { LoopEvents(bits: UInt32(CEPOLL_RDHUP)) }
    /// Nothing goes in either direction any more. It is told unasked.
    @inlinable package static var broken: LoopEvents { LoopEvents(bits: UInt32(CEPOLL_HUP | CEPOLL_ERR)) }

    /// All of both.
    @inlinable package static func | (left: LoopEvents, right: LoopEvents) -> LoopEvents {
        LoopEvents(bits: left.bits | right.bits)
    }

    /// Whether it has some of others.
    @inlinable package func hasAny(of others: LoopEvents) -> Bool { bits & others.bits != 0 }
}

/// A thread that waits for descriptors, for times and for work of other threads, with epoll(7).
///
/// Each wake-up reads the clock once, and serves descriptors first, then work, then times: a member that was kept waiting is not
/// late because of what has come meanwhile.
package final class EpollLoop: @unchecked Sendable {
    // What other threads touch is constant or behind a lock; all else is the thread's own.

    /// A member's number in the loop; a number that is used again has another word.
    package struct Place: Sendable {
        fileprivate let number: Int
        fileprivate let word: UInt64
    }

    private struct Slot {
        var member: (any LoopMember)?
        /// With the number in its lower half, and never 0.
        var word: UInt64
    }

    private struct Inbox {
        var work: [@Sendable () -> Void] = []
        var isAsleep = false
        var hasEnded = false
        var waiting: [@Sendable () -> Void] = []
    }

    /// How many bytes ``bytes`` has.
    package static let readSize = 64 * 1024
    private static let mostEvents = 64

    private let epoll: CInt
    private let bell: CInt
    private let inbox = Guarded(Inbox())
    /// What is watched. A descriptor is closed under this lock, so that its number is no other one's while it stands here.
    private let descriptors = Guarded<Set<CInt>>([])
    private var slots: [Slot] = []
    private var free: [Int] = []
    private var times = TimerHeap()
    /// Work that was taken out of the inbox; its room is used again.
    private var taken: [@Sendable () -> Void] = []
    private var isEnding = false
    private let events = UnsafeMutablePointer<cepoll_event>.allocate(capacity: EpollLoop.mostEvents)

    /// Memory that every member reads into, and wipes when it has: nothing stays in it between two calls.
    package let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: EpollLoop.readSize)
    /// When the loop woke up last, in nanoseconds of ``clock``.
    package private(set) var now = EpollLoop.clock

    /// The clock of all loops, which epoll(7) sleeps by: nanoseconds that only go forward, without a sign as a heap of times has them.
    package static var clock: UInt64 { UInt64(SystemTime.monotonic) }

    /// Starts a loop.
    ///
    /// - Parameter name: what ps(1) and debuggers call the thread, 15 bytes at most.
    package init(_ name: String) throws(SystemError) {
        epoll = cepoll_create()
        bell = epoll < 0 ? -1 : cepoll_bell(epoll)
        guard bell >= 0 else { throw SystemError(errno, "cannot start an event loop") }
        bytes.initialize(repeating: 0)
        let thread = try WorkerThread.start { [self] in
            cepoll_name_thread(name)
            run()
        }
        pthread_detach(thread)
    }

    deinit {
        close(bell)
        close(epoll)
        events.deallocate()
        bytes.deallocate()
    }

    // MARK: - From any thread

    /// Has work done on the thread, in the order of the calls; never when the loop has ended.
    package func execute(_ work: @escaping @Sendable () -> Void) { _ = take(work) }

    /// Whether the work was taken over.
    private func take(_ work: @escaping @Sendable () -> Void) -> Bool {
        let (isTaken, wakes) = inbox.withLock { inbox in
            if inbox.hasEnded { return (false, false) }
            inbox.work.append(work)
            defer { inbox.isAsleep = false }
            return (true, inbox.isAsleep)
        }
        // A loop that is awake looks before it sleeps.
        if wakes { cepoll_ring(bell) }
        return isTaken
    }

    /// Returns what `work` returns, which runs on the thread behind everything that was handed over before; nil when the loop has
    /// ended.
    package func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result? {
        await withCheckedContinuation { done in
            if !take({ done.resume(returning: work()) }) { done.resume(returning: nil) }
        }
    }

    /// Lets nothing more go in either direction over all sockets that are watched, whatever the thread does: their other ends see the
    /// end. Members are told when the loop turns again.
    ///
    /// - Returns: how many sockets there were.
    package func cut() -> Int {
        descriptors.withLock { descriptors in descriptors.count { shutdown($0, CInt(SHUT_RDWR)) == 0 } }
    }

    /// Ends the loop and every member, and returns when that is done.
    package func end() async { await withCheckedContinuation { done in end { done.resume() } } }

    /// Calls `body` once, on any thread, when everything has ended.
    private func end(_ body: @escaping @Sendable () -> Void) {
        let hasEnded = inbox.withLock { inbox in
            if !inbox.hasEnded { inbox.waiting.append(body) }
            return inbox.hasEnded
        }
        if hasEnded { return body() }
        execute { [self] in isEnding = true }
    }

    // MARK: - On the thread

    /// Watches a descriptor.
    package func add(
        _ member: any LoopMember, _ descriptor: CInt, _ events: LoopEvents
    ) throws(SystemError) -> Place {
        let number = free.popLast() ?? slots.count
        if number == slots.count { slots.append(Slot(member: nil, word: UInt64(number))) }
        let word = slots[number].word &+ 1 << 32
        slots[number] = Slot(member: member, word: word == 0 ? 1 << 32 : word)
        let place = Place(number: number, word: slots[number].word)
        guard cepoll_add(epoll, descriptor, events.bits, place.word) == 0 else {
            let error = SystemError(errno, "cannot watch a descriptor")
            leave(place)
            throw error
        }
        descriptors.withLock { _ = $0.insert(descriptor) }
        return place
    }

    /// Watches a member's descriptor for something else.
    package func watch(_ place: Place, _ descriptor: CInt, _ events: LoopEvents) {
        // A descriptor that is watched can be watched for something else, epoll_ctl(2).
        _ = cepoll_change(epoll, descriptor, events.bits, place.word)
    }

    /// Forgets a member, and closes its descriptor.
    package func remove(_ place: Place, closing descriptor: CInt) {
        leave(place)
        // A descriptor that is only closed would stay watched while a child process has it that has not come to its exec yet.
        _ = cepoll_remove(epoll, descriptor)
        descriptors.withLock { descriptors in
            descriptors.remove(descriptor)
            close(descriptor)
        }
    }

    /// Sets the time of a member; nil for none.
    package func setTime(_ place: Place, _ due: UInt64?) {
        guard slots[place.number].word == place.word else { return }
        if let due { times.set(place.number, to: due) } else { times.remove(place.number) }
    }

    private func leave(_ place: Place) {
        times.remove(place.number)
        slots[place.number].member = nil
        free.append(place.number)
    }

    private func run() {
        while !isEnding {
            let count = cepoll_wait(epoll, events, sleepTime())
            if count < 0, errno != EINTR { lose(SystemError(errno)) }
            now = Self.clock
            for index in 0..<max(0, Int(count)) { serve(events[index]) }
            work()
            ring()
        }
        for slot in slots { slot.member?.loopEnds() }
        // What they still hand over is done, and nothing after that.
        while let last = lastWork() { for work in last { work() } }
    }

    /// Without its descriptor a loop would turn for ever and serve nothing: it ends, and so does the process.
    private func lose(_ error: SystemError) {
        isEnding = true
        ProcessLoss.report("the descriptor of an event loop is gone (epoll_wait: \(error))")
    }

    private func ring() {
        // As many as are due now: one that is due again at once waits for the next turn.
        for _ in 0..<times.count {
            guard let number = times.pop(now) else { return }
            slots[number].member?.timeIsUp()
        }
    }

    private func serve(_ event: cepoll_event) {
        // The bell, or a member that an earlier event of this wake-up has ended.
        guard event.word != 0 else { return }
        let slot = slots[Int(event.word & 0xffff_ffff)]
        guard slot.word == event.word, let member = slot.member else { return }
        member.isReady(LoopEvents(bits: event.events))
    }

    /// How long nothing is due, in milliseconds; -1 for ever.
    private func sleepTime() -> CInt {
        let mayWait = inbox.withLock { inbox in
            inbox.isAsleep = inbox.work.isEmpty && !isEnding
            return inbox.isAsleep
        }
        guard mayWait else { return 0 }
        guard let due = times.first else { return -1 }
        let time = Self.clock
        // Never too early, or it would turn until the time has come.
        return due <= time ? 0 : CInt(clamping: (due - time + 999_999) / 1_000_000)
    }

    private func work() {
        inbox.withLock { inbox in
            inbox.isAsleep = false
            if !inbox.work.isEmpty { swap(&inbox.work, &taken) }
        }
        if taken.isEmpty { return }
        for work in taken { work() }
        taken.removeAll(keepingCapacity: taken.count < 1024)
    }

    /// What is left to do; nil when there is nothing, after which no more is taken.
    private func lastWork() -> [@Sendable () -> Void]? {
        let (work, waiting) = inbox.withLock { inbox -> ([@Sendable () -> Void]?, [@Sendable () -> Void]) in
            defer { inbox.work = [] }
            if !inbox.work.isEmpty { return (inbox.work, []) }
            inbox.hasEnded = true
            defer { inbox.waiting = [] }
            return (nil, inbox.waiting)
        }
        for body in waiting { body() }
        return work
    }
}
