import AuthCore
import Basics
import ModuleHost
import Synchronization

/// What many sessions have in common, kept once.
final class SessionOrigin: Sendable {
    let applicationID: String
    let door: String
    /// What is counted of the door's decisions.
    let figures: DoorFigures
    /// Nanoseconds after which an idle session of this application ends; 0 for never.
    let idleLimit: Int64
    /// Whether the sessions may be answered for; nil where that needs no look.
    let fence: (any SessionFence)?

    init(
        applicationID: String, door: String, figures: DoorFigures? = nil, idleLimit: Int64, fence: (any SessionFence)?
    ) {
        self.applicationID = applicationID
        self.door = door
        self.figures = figures ?? DoorFigures(door)
        self.idleLimit = idleLimit
        self.fence = fence
    }
}

/// The attributes of log-ins, kept once for all sessions that have the same.
final class SessionAttributes: Sendable {
    let fields: [Field]

    init(_ fields: [Field]) { self.fields = fields }
}

/// One log-in that is in, or on its way in.
///
/// A check reads it without a lock: what changes is atomic, and its state only ever moves forward.
final class Session: Sendable {
    enum State: Sendable, Equatable {
        /// The module has not said yes yet; no client knows the session.
        case pending
        case open
        case ended(SessionEnd)
    }

    let id: SessionID
    let user: String
    /// The name of the log-in, where the module has named another user; "" where it has not.
    let typedUser: String
    let origin: SessionOrigin
    let machineID: String
    let address: String
    /// Nanoseconds since 1970.
    let connected: Int64
    /// What modules know it by.
    let handle: UInt64
    private let terminatedUser: TerminatedText
    /// What the module has set for it: set before the session opens, and again by the module that takes over.
    private let data = Atomic<UInt64>(0)
    /// The instance of a module, or the life of its helper process, that believes in it; 0 for none.
    private let holder = Atomic<UInt32>(0)
    /// What the module has told of the user: at log-in, and again where another module has taken over.
    private let told = Mutex<SessionAttributes?>(nil)
    /// When it was last asked something, on the monotonic clock.
    private let used: Atomic<Int64>
    /// Seconds since 1970 when it ends; 0 for never.
    private let end = Atomic<Int64>(0)
    /// Where its place is in the ledger.
    private let place = Atomic<UInt32>(.max)
    /// How many of its questions are with the module.
    private let waiting = Atomic<UInt32>(0)
    /// 0 pending, 1 open, above that 16 and the number of its end.
    private let stage = Atomic<UInt8>(0)

    /// - Parameter user: the session's user: who logs in, unless the module names another user.
    init(
        id: SessionID, handle: UInt64, user: String, login: Login, origin: SessionOrigin, machineID: String,
        now: SessionTime
    ) {
        self.id = id
        self.user = user
        typedUser = user.hasBytes(of: login.user) ? "" : login.user
        self.origin = origin
        self.machineID = machineID
        address = login.address
        connected = now.wall
        used = Atomic(now.monotonic)
        self.handle = handle
        terminatedUser = TerminatedText(user)
    }

    /// What modules are told of it.
    var moduleSession: ModuleSession {
        shown(to: holder.load(ordering: .acquiring))
    }

    /// What is told of it where it is known by a number.
    private func shown(to life: UInt32) -> ModuleSession {
        ModuleSession(handle: handle, user: terminatedUser, data: data.load(ordering: .acquiring), life: life)
    }

    /// What an instance of a module is told of it; nil where that one does not believe in it, or not any more.
    ///
    /// An instance never sees what another one has set: the number is compared before and after the look.
    func known(to instance: UInt32) -> ModuleSession? {
        guard holder.load(ordering: .acquiring) == instance else { return nil }
        let known = shown(to: instance)
        return holder.load(ordering: .acquiring) == instance ? known : nil
    }

    /// The instance of a module, or the life of its helper process, that believes in it; 0 for none.
    var instance: UInt32 { holder.load(ordering: .acquiring) }

    /// Notes that an instance believes in it, and what that wants to be told with every question of the session.
    func hold(by instance: UInt32, data: UInt64) {
        // No instance has it in between: see `known(to:)`.
        holder.store(0, ordering: .sequentiallyConsistent)
        self.data.store(data, ordering: .sequentiallyConsistent)
        holder.store(instance, ordering: .sequentiallyConsistent)
    }

    /// Takes it from the instance that believes in it; 0 for none.
    func release() -> UInt32 { holder.exchange(0, ordering: .acquiringAndReleasing) }

    /// Sets when it ends, in seconds since 1970, 0 for never; for a module that takes over.
    func setExpiry(_ expiry: Int64) { end.store(expiry, ordering: .relaxed) }

    /// Keeps what the module has told of the user.
    func keep(_ attributes: SessionAttributes?) { told.withLock { $0 = attributes } }

    /// Groups, roles and claims that the log-in was answered with.
    var attributes: [Field] { told.withLock { $0 }?.fields ?? [] }

    var applicationID: String { origin.applicationID }
    var door: String { origin.door }
    var lastUse: Int64 { used.load(ordering: .relaxed) }
    var expiry: Int64 { end.load(ordering: .relaxed) }
    var isOpen: Bool { stage.load(ordering: .acquiring) == 1 }

    var state: State {
        switch stage.load(ordering: .acquiring) {
        case 0: .pending
        case 1: .open
        case let number: .ended(SessionEnd(rawValue: UInt32(number) - 16) ?? .refused)
        }
    }

    /// Its place in the ledger; nil before it has one.
    var admissionPlace: AdmissionPlace? {
        let index = place.load(ordering: .acquiring)
        return index == .max ? nil : AdmissionPlace(session: handle, index: index)
    }

    /// Notes that it was asked something.
    func touch(_ monotonic: Int64) { used.store(monotonic, ordering: .relaxed) }

    /// Notes that a question of it waits for its answer.
    func noteWaiting() { waiting.wrappingAdd(1, ordering: .acquiringAndReleasing) }

    /// Notes that a question that waited has its answer.
    func noteAnswered() { waiting.wrappingSubtract(1, ordering: .acquiringAndReleasing) }

    var hasWaiting: Bool { waiting.load(ordering: .acquiring) > 0 }

    var hasEnded: Bool { stage.load(ordering: .acquiring) >= 16 }

    /// Opens a pending session; false when it was ended meanwhile.
    ///
    /// - Parameter expiry: seconds since 1970, 0 for never.
    func open(in place: AdmissionPlace, expiry: Int64, at monotonic: Int64) -> Bool {
        touch(monotonic)
        end.store(expiry, ordering: .relaxed)
        self.place.store(place.index, ordering: .releasing)
        return stage.compareExchange(expected: 0, desired: 1, ordering: .acquiringAndReleasing).exchanged
    }

    /// Ends it.
    ///
    /// - Returns: what it was before; nil when it had ended already.
    func end(_ reason: SessionEnd) -> LiveStage? {
        let desired = 16 + UInt8(reason.rawValue)
        var before = stage.load(ordering: .acquiring)
        while before < 16 {
            let (exchanged, original) = stage.compareExchange(
                expected: before, desired: desired, ordering: .acquiringAndReleasing)
            if exchanged { return before == 0 ? .pending : .open }
            before = original
        }
        return nil
    }

    /// What a session is that has not ended.
    enum LiveStage: Sendable {
        case pending, open
    }

    /// Whether its expiry has passed or it was idle for too long.
    func isOver(_ clock: any HostClock, monotonic: Int64) -> Bool {
        let expiry = expiry
        if expiry != 0 && clock.wall / 1_000_000_000 >= expiry { return true }
        return origin.idleLimit != 0 && monotonic - lastUse >= origin.idleLimit
    }

    func description(at now: SessionTime) -> SessionDescription {
        SessionDescription(
            id: id, user: user, applicationID: applicationID, machineID: machineID, address: address, door: door,
            connected: connected / 1_000_000_000,
            lastUse: (now.wall - (now.monotonic - lastUse)) / 1_000_000_000, attributes: attributes)
    }
}

/// One moment on both clocks, in nanoseconds.
struct SessionTime: Sendable {
    let wall: Int64
    let monotonic: Int64
}

extension HostClock {
    var now: SessionTime { SessionTime(wall: wall, monotonic: monotonic) }
}
