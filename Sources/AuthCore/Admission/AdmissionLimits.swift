/// The limits on sessions that an operator sets. In all of them 0 means that there is no limit.
public struct SessionLimits: Sendable, Equatable {
    /// Most sessions altogether (`max-user-limit`).
    public var sessions = 0
    /// Whether a log-in over a limit ejects older sessions of its user (`auth-eject-users`) instead of being refused.
    public var ejects = false
    /// Limits of applications that a licence names, by application id. An application that it does not name has none.
    public var applications: [ExactText: ApplicationLicence] = [:]
    /// When the number of sessions is worth a line in the event log.
    public var warning = WarningLevels()

    /// Makes limits that limit nothing.
    public init() {}
}

/// A line `application NAME MAX-USERS MAX-LOGINS-PER-USER` of a licence.
public struct ApplicationLicence: Sendable, Equatable {
    /// Most different users with sessions of the application at the same time.
    public var users: Int
    /// Most sessions of the application that one user may hold.
    public var loginsPerUser: Int

    /// Makes a licence; 0 is no limit.
    public init(users: Int, loginsPerUser: Int) {
        self.users = users
        self.loginsPerUser = loginsPerUser
    }
}

/// The limits that a module gives with a log-in; they hold for that log-in alone.
public struct UserSessionLimits: Sendable, Equatable {
    /// Most sessions of the user.
    public var user: Int
    /// Most sessions of the user with the log-in's application id.
    public var userApplication: Int

    /// Makes limits of one user's sessions; 0 is no limit.
    public init(user: Int = 0, userApplication: Int = 0) {
        self.user = user
        self.userApplication = userApplication
    }
}

/// The limits a log-in can be over, the narrowest first: the order in which they are looked at.
public enum LimitKind: Sendable, CaseIterable {
    /// The module's, of one user with one application id.
    case userApplication
    /// The licence's, of one user with one application.
    case applicationLogins
    /// The module's, of one user.
    case user
    /// The licence's, of different users with one application.
    case applicationUsers
    /// `max-user-limit`.
    case sessions
}

/// A limit that stands in the way of a log-in.
public struct ExceededLimit: Sendable, Equatable {
    /// Which limit it is.
    public let kind: LimitKind
    /// What the limit allows, at least 1.
    public let allowed: Int

    /// Makes the limit that a log-in is over.
    public init(_ kind: LimitKind, allowed: Int) {
        self.kind = kind
        self.allowed = allowed
    }
}

extension ExceededLimit {
    /// The answer to a log-in that the module allowed and this limit refuses.
    public var answer: Answer {
        switch kind {
        case .userApplication:
            Answer(
                .overLimit, .userApplicationLimit,
                logText: "the module allows this user \(allowed) sessions with this application id")
        case .applicationLogins:
            Answer(
                .overLimit, .applicationLoginsLimit,
                logText: "the licence allows a user \(allowed) sessions of this application")
        case .user: Answer(.overLimit, .userLimit, logText: "the module allows this user \(allowed) sessions")
        case .applicationUsers:
            Answer(
                .overLimit, .applicationUsersLimit, logText: "the licence allows this application \(allowed) users")
        case .sessions: Answer(.overLimit, .siteLimit, logText: "max-user-limit is \(allowed)")
        }
    }
}
