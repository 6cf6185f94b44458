/// What a log-in that the module has allowed asks for.
public struct AdmissionRequest: Sendable {
    /// The session's handle.
    public let session: UInt64
    /// The user, compared byte by byte.
    public let user: String
    /// The application id; "" for none.
    public let applicationID: String
    /// The machine id; "" for none. It counts to no limit: ejections may name it.
    public let machineID: String
    /// The limits that the module gave.
    public let limits: UserSessionLimits

    /// Makes a wish for a place; `session` is a handle.
    public init(
        session: UInt64, user: String, applicationID: String, machineID: String = "", limits: UserSessionLimits
    ) {
        self.session = session
        self.user = user
        self.applicationID = applicationID
        self.machineID = machineID
        self.limits = limits
    }
}

/// The answer to a request for a place.
public enum AdmissionReply: Sendable, Equatable {
    /// The place is held until it is committed or released. `ejecting`: how many sessions a commit will eject.
    case reserved(AdmissionPlace, ejecting: Int)
    case refused(ExceededLimit)
    /// Whether there is a place could not be decided, with the reason; none is held.
    case undecided(String)
}

/// Gives out the places that sessions hold.
///
/// For those who ask: reserve only what the module has allowed; then commit or release each place exactly once. No session is
/// ejected before the commit, and from the commit on the log-in has succeeded.
///
/// For those who implement it: each function calls `done` exactly once, at once on the caller's thread or later on any thread,
/// with no lock held. A place counts from the moment it is reserved, so that two log-ins never get the last one.
public protocol Admission: Sendable {
    /// Asks for a place.
    func reserve(_ request: AdmissionRequest, _ done: @escaping @Sendable (AdmissionReply) -> Void)

    /// Makes the place a session's; `done` is told the handles of this host's sessions that must end for it, and nil when the
    /// place is not held any more: then the log-in has failed.
    func commit(_ place: AdmissionPlace, _ done: @escaping @Sendable ([UInt64]?) -> Void)

    /// Gives the place back.
    func release(_ place: AdmissionPlace, _ done: @escaping @Sendable () -> Void)

    /// Takes the place from an open session that stays a while for the questions that have it.
    func retire(_ place: AdmissionPlace)

    /// Takes the place from a session that has ended.
    func vacate(_ place: AdmissionPlace)
}

/// The places of one host, for an admission that gives out places of several.
public protocol HostPlaces: Admission {
    /// The limits that hold now.
    var limits: SessionLimits { get }

    /// Takes a place whatever the limits say: they have been looked at elsewhere.
    func reserveBeyondLimits(_ request: AdmissionRequest) -> AdmissionPlace?

    /// Leaves it to ``note(sessions:)`` to say how many sessions there are, for the warnings about their number.
    func leaveCounting()

    /// Notes how many sessions there are in all.
    func note(sessions: Int)
}

/// Whether a host may answer for its sessions: one that others take for dead must not.
public protocol SessionFence: AnyObject, Sendable {
    /// Looked at with every question and before every answer, so it must be quick.
    var holds: Bool { get }
}
