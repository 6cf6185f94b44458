import AuthCore
import JSONReading

/// The answer: one JSON object on one line; members that do not belong to what was asked are left out.
public struct ControlReply: Codable, Sendable {
    /// A session as operators see it; its id is shortened, since a program that has all of it can use the session.
    public struct Session: Codable, Sendable {
        /// The first 12 digits of its id.
        public let session: String
        /// The user's name.
        public let user: String
        /// The application id; "" for none.
        public let application: String
        /// The machine id; "" for none.
        public let machine: String
        /// The client's address; "" over a unix socket.
        public let address: String
        /// The door that it came in by.
        public let door: String
        /// When it logged in.
        public let connected: Moment
        /// When it asked last.
        public let lastUse: Moment
        /// The host that it is on, `INDEX <NAME>`, where the whole cluster was asked.
        public var host: String?

        enum CodingKeys: String, CodingKey {
            case session, user, application, machine, address, door, connected, host
            case lastUse = "last_use"
        }

        /// Describes a session.
        public init(_ session: SessionDescription) {
            self.session = String(session.id.hexadecimal.prefix(Self.digits))
            user = session.user
            application = session.applicationID
            machine = session.machineID
            address = session.address
            door = session.door
            connected = Moment(session.connected)
            lastUse = Moment(session.lastUse)
        }

        /// The same session, with the host that it is on.
        package func on(_ host: String) -> Session {
            var session = self
            session.host = host
            return session
        }

        /// Enough to tell a million sessions apart, too few to use one: 80 bits stay secret.
        public static let digits = 12
    }

    /// The state of the host.
    public struct Status: Codable, Sendable {
        /// Of the host.
        public var version = ""
        /// Seconds since the start.
        public var uptime: Int64 = 0
        /// Whether questions can be decided.
        public var ready = false
        /// In words why, or why not.
        public var detail = ""
        /// The module's name; nil without one.
        public var module: String?
        /// The module's version.
        public var moduleVersion: String?
        /// 6, 7 or 9.
        public var moduleGeneration: Int?
        /// The file it was mapped from.
        public var modulePath: String?
        /// Open sessions.
        public var sessions = 0
        /// Questions that are with the module.
        public var pendingQuestions = 0
        /// `max-user-limit`; 0 for none.
        public var sessionLimit = 0
        /// Whether a log-in over a limit ejects.
        public var ejects = false
        /// When the last reload was; nil before the first.
        public var reloaded: Moment?
        /// What became of it.
        public var reload: String?
        /// Where decisions are recorded; nil where they are not.
        public var audit: [AuditSink]?
        /// Its cluster; nil for a single host.
        public var cluster: Cluster?
        /// The shadow, without its differences; nil for none.
        public var shadow: Shadow?

        enum CodingKeys: String, CodingKey {
            case version, uptime, ready, detail, module, sessions, ejects, reloaded, reload, cluster, audit, shadow
            case moduleVersion = "module_version"
            case moduleGeneration = "module_generation"
            case modulePath = "module_path"
            case pendingQuestions = "pending_questions"
            case sessionLimit = "session_limit"
        }

        /// Makes a status of a host that has just begun.
        public init() {}
    }

    /// The state of one place where decisions are recorded.
    public struct AuditSink: Codable, Sendable {
        /// As the configuration has it.
        public var name = ""
        /// Why nothing can be written to it; nil where lines can be.
        public var fault: String?
        /// Lines that wait to be written.
        public var waiting = 0
        /// Lines that were lost since it was written last.
        public var lost = 0
        /// Where its chain stands, as `NUMBER:VALUE`; nil without one.
        public var head: String?

        /// Makes one of nothing.
        public init() {}
    }

    /// How the host stands in its cluster.
    public struct Cluster: Codable, Sendable {
        /// `ready`, `warming`, `connecting`, `isolated` or `refused`.
        public var state = ""
        /// What hinders it; "" for nothing.
        public var problem = ""
        /// The epoch of this host's membership; nil while it has none.
        public var epoch: Int64?
        /// The registry's generation.
        public var generation = ""
        /// Milliseconds of the lease that are left.
        public var leaseLeft: Int64 = 0
        /// Microseconds that the last script took, its way included.
        public var roundTrip: Int64 = 0
        /// Sessions in the whole cluster.
        public var sessions = 0
        /// The hosts that are there, `INDEX <NAME>`.
        public var hosts: [String] = []

        enum CodingKeys: String, CodingKey {
            case state, problem, epoch, generation, sessions, hosts
            case leaseLeft = "lease_left"
            case roundTrip = "round_trip"
        }

        /// Makes a status of nothing.
        public init() {}
    }

    /// What a host of the cluster has answered.
    public struct HostReply: Codable, Sendable {
        /// The host, `INDEX <NAME>`.
        public var host: String
        /// Why it did not do it; nil where it did.
        public var error: String?
        /// How many sessions matched there, or were ejected or invalidated.
        public var total: Int?

        /// Makes the answer of a host.
        public init(host: String, error: String? = nil, total: Int? = nil) {
            self.host = host
            self.error = error
            self.total = total
        }
    }

    /// What a connection to a destination presents.
    public struct Credential: Codable, Sendable {
        /// The user to show.
        public let user: String
        /// The secret to show.
        public let secret: String
        /// When it ends; nil for one that is used once.
        public let expires: Moment?

        /// Makes a credential; `expires` is in seconds since 1970.
        public init(user: String, secret: String, expires: Int64?) {
            self.user = user
            self.secret = secret
            self.expires = expires.map(Moment.init)
        }
    }

    /// A destination and the state of its credentials; times are nil while no credential is kept.
    public struct Destination: Codable, Sendable {
        /// The destination's name.
        public let name: String
        /// Its addresses.
        public let address: String
        /// The module that gives its credentials.
        public let authenticator: String
        /// When they were got last.
        public let fetched: Moment?
        /// When they are replaced.
        public let refresh: Moment?
        /// When they expire.
        public let expires: Moment?
        /// Why there was none the last time.
        public let failure: String?

        /// Describes a destination; times are in seconds since 1970.
        public init(
            name: String, address: String, authenticator: String, fetched: Int64?, refresh: Int64?, expires: Int64?,
            failure: String?
        ) {
            self.name = name
            self.address = address
            self.authenticator = authenticator
            self.fetched = fetched.map(Moment.init)
            self.refresh = refresh.map(Moment.init)
            self.expires = expires.map(Moment.init)
            self.failure = failure
        }
    }

    /// One loading of a module in the running host.
    public struct Module: Codable, Sendable {
        /// Which loading it is, from 1; 0 for a shadow.
        public let instance: UInt32
        /// `in force`, `leaving` while it has questions yet, `retired`, `left behind`; `shadow` for a shadow.
        public let state: String
        /// What the module calls itself.
        public let name: String
        /// The module's version.
        public let version: String
        /// The file that it was mapped from.
        public let path: String
        /// The SHA-256 of what runs, in 64 digits; nil where it is not known any more.
        public let sha256: String?
        /// The build id of what runs; nil for a file without one.
        public let build: String?
        /// When it was loaded.
        public let loaded: Moment
        /// How many questions it was asked.
        public let calls: UInt64
        /// Questions that it has not answered yet.
        public let pending: Int
        /// Bytes of its file that are in memory; nil where that is not known.
        public let resident: Int?

        /// Describes an instance; `loaded` is in seconds since 1970.
        public init(
            instance: UInt32, state: String, name: String, version: String, path: String, sha256: String?,
            build: String?, loaded: Int64, calls: UInt64, pending: Int, resident: Int?
        ) {
            self.instance = instance
            self.state = state
            self.name = name
            self.version = version
            self.path = path
            self.sha256 = sha256
            self.build = build
            self.loaded = Moment(loaded)
            self.calls = calls
            self.pending = pending
            self.resident = resident
        }
    }

    /// Whether the request was done.
    public var ok: Bool
    /// Why not, where `ok` is false.
    public var error: String?
    /// What `session list` found.
    public var sessions: [Session]?
    /// How many sessions match in all, or were ejected or invalidated.
    public var total: Int?
    /// How many more, at most, are ejected after this answer: the order takes longer than a second, and goes on.
    public var pending: Int?
    /// What `status` found.
    public var status: Status?
    /// A line of the event log.
    public var event: String?
    /// Lines of the event log, where several are asked for at once.
    public var events: [String]?
    /// The number of the line after the last of `events`.
    public var next: UInt64?
    /// How many lines were lost before this one, because the reader was too slow.
    public var missed: UInt64?
    /// Of `credential`; nil where ``ControlRequest/server`` does not belong to the destination.
    public var credential: Credential?
    /// With a credential: the destination's servers, `protocol://host[:port]`.
    public var servers: [String]?
    /// What `credential list` found.
    public var destinations: [Destination]?
    /// What each host of the cluster has answered.
    public var hosts: [HostReply]?

    /// Reads an answer that another host has given.
    ///
    /// - Throws: for any other text.
    package init(json: String) throws { self = try JSONReader.decode(Self.self, json.utf8, as: "answer") }

    /// What `module list` found: the instance in force first.
    public var modules: [Module]?
    /// What `shadow report` found.
    public var shadow: Shadow?
    /// What a swap has done, in words.
    public var done: String?
    /// Of `take-over`: the version of what follows.
    public var `protocol`: Int?
    /// The metrics, in the text format of Prometheus.
    public var metrics: String?
    /// What `penalty list` found: the most wrong passwords first.
    public var penalties: [Penalty]?

    /// Makes the answer to a request that was done.
    public init() { ok = true }

    /// Makes the answer to a request that was not.
    public static func failure(_ error: String) -> ControlReply {
        var reply = ControlReply()
        reply.ok = false
        reply.error = error
        return reply
    }
}
