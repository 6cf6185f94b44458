/// One host's end of a cluster: what it asks of the registry, and what follows from the answers.
///
/// A pure value: bytes and moments go in, actions come out. Its owner brings the connections, the clock and one thread. Times are
/// nanoseconds of one clock that goes on while the machine sleeps (CLOCK_BOOTTIME); the registry's clock plays no part.
///
/// The registry holds an index of the sessions that hosts keep: hosts are the truth, and build it again whenever it is lost. What is
/// asked names its session, and may be asked again; who is no member any more, or speaks on an older connection, changes nothing.
public struct ClusterMember: Sendable {
    /// Requests that may be unanswered before further log-ins are turned away.
    public static let requestLimit = 4096
    /// Words of other hosts that may be under way. What comes on top is not done, or a program that can write to the registry would fill the
    /// memory.
    public static let saidLimit = 4096

    struct Membership: Sendable {
        var generation: String
        var epoch: String
        var link = 1
        /// When joining was asked for.
        var joined: Int64
        var leaseEnd: Int64
        var isOpen = false
        var hasWaited = false
        /// Whether the registry has had all the sessions that there were at its beginning.
        var isComplete = false
        var beat: Int64 = 0
    }

    struct Peer: Sendable {
        var index: String
        var name: String
        var beat: String
        /// For how long it has stood still while this host ran.
        var still: Int64 = 0
    }

    enum LineState: Sendable, Equatable {
        case down(until: Int64), opening(since: Int64), greeting(since: Int64), ready
    }

    /// What it is configured with.
    public let settings: ClusterSettings
    var now: Int64
    private var random: UInt64
    var actions: [ClusterAction] = []

    var line = LineState.down(until: 0)
    var reader = RESPReader()
    var expected = RequestQueue<Expectation>()
    var backlog = RequestQueue<Request>()
    var failures = 0
    var downSince: Int64
    var problem = ""
    var isRefused = false
    var digest: [UInt8] = []
    var digestWhenFull: [UInt8] = []
    var runID = ""

    var subscription = LineState.down(until: 0)
    var subscriptionReader = RESPReader()
    var subscriptionFailures = 0
    var confirmations = 0
    var lastBeatHeard: Int64 = 0

    var membership: Membership?
    var lastGeneration: String?
    /// The membership before this one; "" for none.
    var lastEpoch = ""
    /// Whether a request to join has no answer, so that this host may be the one that holds its index.
    var joinIsOpen = false
    var joinWasLost = false
    /// Whether another host was seen to use this one's identity: then this one does not take the index from it any more.
    var sharesIdentity = false
    var joinAsked: Int64 = 0
    /// Who holds this host's index, and how long its beat has stood still.
    var rival: (beat: String, still: Int64, seen: Int64)?
    /// The age up to which log-ins of all hosts are counted here.
    var usedUntil = "0"
    var nextRenewal: Int64 = 0
    var renewalSent: Int64 = 0
    var lastRenewal: Int64 = 0
    var hasLapsed = false
    var peers: [String: Peer] = [:]
    var heard = "-"
    /// Questions for what was said that have no answer. Until then nothing that is said now may pass for the last that was heard.
    var catchingUp = 0
    /// Whether something was said meanwhile, and is to be asked for.
    var saidMeanwhile = false
    /// What was said and is not answered, and when it was too much last.
    var saidNow = 0
    var saidTooMuch: Int64 = 0
    var isLeaving = false

    var held: [UInt64: HeldSession] = [:]
    /// Sessions that are yet to be registered.
    var unregistered = RequestQueue<UInt64>()
    /// Requests to register that have no answer.
    var registrations = 0
    var refusedRegistrations = 0
    var nextRegistration: Int64 = 0
    var waiting: [UInt64: WaitingLogin] = [:]
    /// Ejections that were ordered, by the number of the slice that was asked for last and is not all confirmed.
    var orders: [UInt64: EjectionOrder] = [:]
    /// Those whose next slice is yet to be asked for.
    var queuedOrders = RequestQueue<EjectionOrder>()
    /// The slice that the registry is to choose now; nil for none.
    var slice: UInt64?
    var lastSlice: UInt64 = 0
    /// Why penalties could not be shared last; "" where they could.
    var penaltyProblem = ""
    /// Guesses that were told.
    var lastGuess: UInt64 = 0
    /// Log-ins that are asked again, since not all hosts are there yet.
    var warming: [(handle: UInt64, at: Int64)] = []
    var sessions = 0
    var roundTrip: Int64 = 0
    /// What has been counted since the start.
    public internal(set) var counts = ClusterCounts()

    /// Makes a member that is not connected.
    public init(_ settings: ClusterSettings, now: Int64) {
        self.settings = settings
        self.now = now
        random = settings.seed
        downSince = now
    }

    /// Whether the registry can be asked.
    var isReady: Bool { line == .ready && membership != nil }

    /// Whether log-ins must not wait for the registry any longer.
    var isUnreachable: Bool { !isReady && now - downSince >= settings.patience }

    /// Whether one more request may wait for its answer.
    var hasRoom: Bool { backlog.count + expected.count < Self.requestLimit }

    /// Whether an answer of the registry is under way.
    package var isAsking: Bool { !expected.isEmpty || confirmations > 0 }

    // MARK: what the owner says

    /// A connection was made.
    public mutating func opened(_ line: ClusterLine, at now: Int64) -> [ClusterAction] {
        advance(to: now) { member in
            switch line {
            case .command: if case .opening = member.line { member.greet() }
            case .subscription: if case .opening = member.subscription { member.subscribe() }
            }
        }
    }

    /// A connection has ended, or could not be made.
    public mutating func closed(_ line: ClusterLine, because reason: String, at now: Int64) -> [ClusterAction] {
        advance(to: now) { $0.lost(line, because: reason) }
    }

    /// Bytes have come.
    public mutating func received(_ line: ClusterLine, _ bytes: [UInt8], at now: Int64) -> [ClusterAction] {
        advance(to: now) { member in
            switch line {
            case .command: member.readReplies(bytes)
            case .subscription: member.readMessages(bytes)
            }
        }
    }

    /// Time has passed; to be called every 50 milliseconds or so.
    public mutating func tick(at now: Int64) -> [ClusterAction] { advance(to: now) { $0.lookAtTimes() } }

    /// Asks for a place.
    public mutating func reserve(
        _ handle: UInt64, user: [UInt8], application: [UInt8], machine: [UInt8] = [], limits: ClusterLimits,
        at now: Int64
    ) -> [ClusterAction] {
        advance(to: now) { member in
            if member.isUnreachable || member.hasLapsed {
                member.counts.unreachable += 1
                return member.act(.reserved(handle: handle, .unreachable(member.problem)))
            }
            guard member.hasRoom else {
                return member.act(
                    .reserved(handle: handle, .failed("\(Self.requestLimit) requests to the registry wait for answers"))
                )
            }
            var session = HeldSession(user: user, application: application, machine: machine, phase: .reserving)
            session.limits = limits
            member.held[handle] = session
            member.askToReserve(handle)
        }
    }

    /// Makes a reserved place a session's.
    public mutating func commit(_ handle: UInt64, at now: Int64) -> [ClusterAction] {
        advance(to: now) { member in
            guard member.held[handle]?.phase == .reserved else {
                return member.deny(handle, "the cluster has forgotten the reservation")
            }
            member.held[handle]?.phase = .committing
            member.ask(Request(.commit(handle), words: ["\(handle)"]))
        }
    }

    /// A session has ended, or a reservation is given back. May be said again.
    public mutating func vacate(_ handle: UInt64, at now: Int64) -> [ClusterAction] {
        advance(to: now) { $0.finish(handle) }
    }

    /// Counts a session that was let in without the registry.
    public mutating func adopt(
        _ handle: UInt64, user: [UInt8], application: [UInt8], machine: [UInt8] = [], at now: Int64
    ) -> [ClusterAction] {
        advance(to: now) { member in
            member.held[handle] = HeldSession(
                user: user, application: application, machine: machine, phase: .open)
            guard member.isReady else { return }
            member.unregistered.append(handle)
            member.registerSome()
        }
    }

    /// Says something to all hosts, this one included; `isKept` for those too that do not listen now.
    ///
    /// - Parameter number: what the answers are known by; this host itself does not hear what has an odd one, or 0.
    public mutating func say(_ text: String, number: UInt64, isKept: Bool, at now: Int64) -> [ClusterAction] {
        advance(to: now) { $0.ask(Request(.say(number), words: ["\(number)", text, isKept ? "1" : "0"])) }
    }

    /// Answers what a host has said.
    public mutating func answer(_ epoch: String, number: UInt64, _ text: String, at now: Int64) -> [ClusterAction] {
        advance(to: now) { member in
            member.saidNow = max(0, member.saidNow - 1)
            if member.hasRoom { member.ask(Request(.answer, words: [epoch, "\(number)", text])) }
        }
    }

    /// Asks for a page of the sessions of a host; ``ClusterAction/people(number:cursor:_:)`` answers.
    public mutating func people(of epoch: String, from cursor: String, number: UInt64, at now: Int64) -> [ClusterAction]
    {
        advance(to: now) { member in
            guard member.isReady else { return member.act(.people(number: number, cursor: nil, [])) }
            member.ask(Request(.people(number), words: [epoch, cursor]))
        }
    }

    /// Whether this host is the one that has been there longest.
    var isCounting: Bool { isReady && membership != nil && peers.keys.min() == membership?.epoch }

    /// Gives the membership up, since the host stops.
    public mutating func leave(at now: Int64) -> [ClusterAction] {
        advance(to: now) { member in
            member.isLeaving = true
            if member.isReady { member.ask(Request(.leave)) }
        }
    }

    /// Whether nothing is left to be sent after ``leave(at:)``.
    public var hasLeft: Bool { isLeaving && (membership == nil || !isReady) }

    /// How it stands.
    public func status(at now: Int64) -> ClusterStatus {
        var status = ClusterStatus()
        status.problem = problem
        status.state = isRefused ? "refused" : "connecting"
        if let membership {
            (status.generation, status.epoch) = (membership.generation, membership.epoch)
            status.leaseLeft = max(0, membership.leaseEnd - now)
            if isReady { status.state = membership.isOpen ? "ready" : "warming" }
            if hasLapsed { status.state = "isolated" }
        }
        status.isCounting = isCounting
        status.roundTrip = roundTrip
        status.sessions = sessions
        status.hosts = peers.map { ClusterStatus.Host(epoch: $0, index: $1.index, name: $1.name) }
            .sorted { ($0.index.count, $0.index) < ($1.index.count, $1.index) }
        status.counts = counts
        return status
    }

    // MARK: inside

    mutating func act(_ action: ClusterAction) { actions.append(action) }

    /// Does something at a moment; what the lease forbids is noticed before.
    mutating func advance(to now: Int64, _ body: (inout Self) -> Void) -> [ClusterAction] {
        self.now = max(self.now, now)
        noticeLapse()
        body(&self)
        flush()
        defer { actions = [] }
        return actions
    }

    /// A random part of a time, so that hosts do not all come back at once.
    mutating func jittered(_ time: Int64) -> Int64 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return time / 2 + Int64(random >> 33) % (time / 2 + 1)
    }
}
