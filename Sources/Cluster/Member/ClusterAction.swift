/// The two connections of a member.
public enum ClusterLine: Sendable, CaseIterable {
    /// For everything that is asked.
    case command
    /// For what comes unasked.
    case subscription
}

/// The limits that a log-in meets, in their order; 0 is no limit.
public struct ClusterLimits: Sendable, Equatable {
    /// Of user and application, of its licence, of the user, of users of the application, of all sessions.
    public var allowed: [Int]
    /// Whether older sessions of the user make room.
    public var ejects: Bool

    /// Makes limits; `allowed` has five.
    public init(allowed: [Int], ejects: Bool) {
        self.allowed = allowed
        self.ejects = ejects
    }
}

/// What came of asking for a place.
public enum ClusterReservation: Sendable, Equatable {
    /// It is held. `ejecting`: how many sessions a commit ejects.
    case reserved(ejecting: Int)
    /// A limit stands in the way: which, counted from 1 in their order, and what it allows.
    case over(limit: Int, allowed: Int)
    /// The registry cannot be reached; the policy decides.
    case unreachable(String)
    /// The registry was reached and could not do it.
    case failed(String)
}

/// What came of committing a place.
public enum ClusterCommit: Sendable, Equatable {
    /// The session may open.
    case open
    /// It may not: the reservation is gone, with the reason.
    case gone(String)
}

/// What the owner of a member does for it, in order.
public enum ClusterAction: Sendable, Equatable {
    case open(ClusterLine)
    case close(ClusterLine)
    case send(ClusterLine, [UInt8])
    case reserved(handle: UInt64, ClusterReservation)
    case committed(handle: UInt64, ClusterCommit)
    /// A session of this host must end now.
    case eject(handle: UInt64)
    /// The lease is lost: every session of this host must end now.
    case endAll
    /// The host may answer until then, on the member's clock; `.max` where it need not look.
    case lease(until: Int64)
    /// Another host, or this one, has said something to all. `before`: sessions that are older than that, in milliseconds of
    /// the registry's clock; nil where that is not known.
    case said(from: String, number: UInt64, text: String)
    /// A host has answered what this one has said.
    case answered(number: UInt64, from: String, text: String)
    /// What was said while this host did not listen is lost.
    case missed
    /// So many sessions in the whole cluster; to be told by one host alone.
    case counted(Int)
    /// Who has logged in on any host; to be counted by one host alone.
    case used([ClusterUse])
    /// A page of open sessions, and where the next one begins; "0" for nowhere. nil where there will be no answer.
    case people(number: UInt64, cursor: String?, [ClusterUse])
    /// Something of penalties that hosts share.
    case penalties(ClusterPenalties)
    /// What came of an order to eject; once more where it was not all of it.
    case ordered(number: UInt64, ClusterEjections)
    case event(ClusterEvent)
}

/// What came of an order to eject the oldest sessions, by host.
public struct ClusterEjections: Sendable, Equatable {
    /// Sessions that have ended.
    public var ended: [String: Int] = [:]
    /// Sessions whose hosts have not said in time that they have.
    public var silent: [String: Int] = [:]
    /// Why no host could be asked, or no further one; nil where all were asked.
    public var problem: String?
    /// Whether nothing was ordered, so that nothing of it will be done: the registry was away all the time.
    public var isUnasked = false
    /// How many more, at most, the order goes on to eject after this, which is what a second has brought; 0 where it has ended.
    public var pending = 0
    /// Whether this is how an order ended whose ``pending`` sessions were told of before.
    public var isSequel = false
    /// Whether all that was ordered so far has ended.
    public var isWhole: Bool { problem == nil && silent.isEmpty }

    /// Makes the outcome of an order of which nothing came.
    public init(problem: String? = nil) { self.problem = problem }
}

extension ClusterEjections: CustomStringConvertible {
    /// For the event log.
    public var description: String {
        let parts =
            ended.sorted { $0.key < $1.key }.map { "\($1) by host \($0)" }
            + silent.sorted { $0.key < $1.key }.map { "host \($0) has not answered about \($1) within a second" }
            + (problem.map { [$0] } ?? [])
            + (pending > 0 ? ["up to \(pending) more after this second"] : [])
        return parts.isEmpty ? "there are none" : parts.joined(separator: ", ")
    }
}

/// A user of an application.
public struct ClusterUse: Sendable, Equatable {
    /// The user's name.
    public let user: String
    /// The application id; "" for none.
    public let application: String
}

/// What is worth a line in the event log.
public enum ClusterEvent: Sendable, Equatable, CustomStringConvertible {
    case joined(epoch: String, generation: String, isNew: Bool)
    case connected
    case unreachable(String)
    case refusedRegistry(String)
    case taken(index: Int, by: String)
    case expelled(keeps: Bool)
    case leaseLost(sessions: Int, ends: Bool)
    case hostExpelled(index: String, name: String)
    case unconfirmed(session: UInt64, hosts: [String], sessions: Int, isRefused: Bool)
    case denied(session: UInt64, String)
    case open(live: String)
    case saidLost(isNewRegistry: Bool)
    case sharedIdentity(index: Int)
    case failed(String)

    /// Whether an operator should look.
    public var isWarning: Bool {
        switch self {
        case .joined, .connected, .open: false
        default: true
        }
    }

    /// The text of the line.
    public var description: String {
        switch self {
        case .joined(let epoch, let generation, let isNew):
            "cluster: joined as epoch \(epoch) of generation \(generation)"
                + (isNew ? ", which this host begins: the registry was empty or is another server process" : "")
        case .connected: "cluster: the registry is reached again"
        case .unreachable(let why): "cluster: the registry cannot be reached: \(why)"
        case .refusedRegistry(let why): "cluster: the registry cannot be used: \(why)"
        case .taken(let index, let name):
            "cluster: `cluster-index` \(index) is held by the host <\(name)>, which has another identity; this host waits "
                + "until that one has been silent for a lease"
        case .expelled(let keeps):
            "cluster: the other hosts took this one for dead; "
                + (keeps ? "its sessions are registered anew" : "its sessions end")
        case .leaseLost(let sessions, let ends):
            "cluster: the lease has run out, since the registry did not answer; sessions of this host: \(sessions), "
                + (ends ? "ended" : "kept")
        case .hostExpelled(let index, let name):
            "cluster: host \(index) <\(name)> was not heard of for a lease; its sessions count no more"
        case .unconfirmed(let session, let hosts, let sessions, let isRefused):
            "cluster: ejections of \(sessions) for session handle \(session) were not confirmed in time by host "
                + "\(hosts.joined(separator: ", ")); the log-in is "
                + (isRefused ? "refused" : "let in, \(sessions) over the limit until they end")
        case .denied(let session, let why): "cluster: the log-in of session handle \(session) is refused: \(why)"
        case .open(let live): "cluster: log-ins are let in; hosts that are there: \(live)"
        case .saidLost(let isNewRegistry):
            "cluster: what was said to all hosts is not in the registry any more"
                + (isNewRegistry ? ", which is a new one" : "")
                + ": an ejection or invalidation that was said while this host was away is lost for this host; say it again"
        case .sharedIdentity(let index):
            "cluster: another host with `cluster-index` \(index) uses the identity of this one; give each host a "
                + "`cluster-identity-file` and an index of its own"
        case .failed(let why): "cluster: \(why)"
        }
    }
}

/// What has been counted since the start.
public struct ClusterCounts: Sendable, Equatable {
    /// Scripts that were answered.
    public var scripts = 0
    /// Connections to the registry that were lost.
    public var reconnects = 0
    /// Ejections of sessions of other hosts that were confirmed.
    public var confirmed = 0
    /// Those that were not in time.
    public var unconfirmed = 0
    /// Log-ins that found the registry unreachable.
    public var unreachable = 0

    /// Makes counts of nothing.
    public init() {}
}

/// How a member stands.
public struct ClusterStatus: Sendable, Equatable {
    /// Another host of the cluster, or this one.
    public struct Host: Sendable, Equatable {
        /// The number of its membership.
        public var epoch: String
        /// Its `cluster-index`.
        public var index: String
        /// What it is called.
        public var name: String
    }
    /// One word: `ready`, `warming`, `connecting`, `isolated`, `refused`.
    public var state = "connecting"
    /// What hinders it; "" for nothing.
    public var problem = ""
    /// Whether this host counts what is to be counted by one host alone: it is the one that has been there longest.
    public var isCounting = false
    /// Of the registry; "" without a membership.
    public var generation = ""
    /// The number of this host's membership.
    public var epoch = ""
    /// Nanoseconds of the lease that are left; 0 without one.
    public var leaseLeft: Int64 = 0
    /// Nanoseconds that the last script took, its way included.
    public var roundTrip: Int64 = 0
    /// Sessions in the whole cluster, as of the last renewal.
    public var sessions = 0
    /// The hosts that are there.
    public var hosts: [Host] = []
    /// What has been counted since the start.
    public var counts = ClusterCounts()
    /// The host that counts for all; nil before any is known.
    public var counting: Host? { hosts.min { $0.epoch < $1.epoch } }

    /// Makes the status of a member that is not connected.
    public init() {}
}
