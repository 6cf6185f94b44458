/// How many places are held where a log-in wants one more, and how many of them could be taken.
public struct AdmissionCounts: Sendable, Equatable {
    /// Places held altogether.
    public var sessions = 0
    /// Places held by the user.
    public var user = 0
    /// Places held by the user with the application id.
    public var userApplication = 0
    /// Different users that hold places with the application id.
    public var applicationUsers = 0
    /// Sessions of the user that could be ejected: open, and not ejected by another log-in already.
    public var ejectableUser = 0
    /// Those of them with the application id.
    public var ejectableUserApplication = 0

    /// Makes limits that limit nothing.
    public init() {}
}

/// What the limits say about a log-in.
public enum AdmissionRuling: Sendable, Equatable {
    /// It may come in, after so many sessions of its user were ejected: the oldest of the same user and application id first,
    /// then the oldest of the user. Most often none.
    case admit(ejecting: Int)
    case refuse(ExceededLimit)
}

/// The rules of limits and ejection; `docs/session-limits.md` has them as a table. Pure: no clock, no lock, no table.
public struct AdmissionRules: Sendable {
    /// The limits that hold.
    public var limits: SessionLimits

    /// Makes rules of limits.
    public init(_ limits: SessionLimits) { self.limits = limits }

    /// Decides about one more session.
    ///
    /// After an admission every limit holds. No session is ejected in vain: a limit that no session of the user can free refuses,
    /// and then none is ejected for the other limits either.
    public func rule(
        on counts: AdmissionCounts, application: String, user userLimits: UserSessionLimits
    ) -> AdmissionRuling {
        let licence = limits.applications[ExactText(application)]
        var needed = 0
        for kind in LimitKind.allCases {
            let allowed: Int
            let held: Int
            let ejectable: Int
            switch kind {
            case .userApplication:
                (allowed, held, ejectable) =
                    (userLimits.userApplication, counts.userApplication, counts.ejectableUserApplication)
            case .applicationLogins:
                (allowed, held, ejectable) =
                    (licence?.loginsPerUser ?? 0, counts.userApplication, counts.ejectableUserApplication)
            case .user: (allowed, held, ejectable) = (userLimits.user, counts.user, counts.ejectableUser)
            case .applicationUsers:
                // The user is one of them in the end, and no other user's session is ejected.
                let others = counts.applicationUsers - (counts.userApplication > 0 ? 1 : 0)
                (allowed, held, ejectable) = (licence?.users ?? 0, others, 0)
            case .sessions: (allowed, held, ejectable) = (limits.sessions, counts.sessions, counts.ejectableUser)
            }
            guard allowed > 0, held >= allowed else { continue }
            let excess = held + 1 - allowed
            guard limits.ejects, excess <= ejectable else { return .refuse(ExceededLimit(kind, allowed: allowed)) }
            needed = max(needed, excess)
        }
        return .admit(ejecting: needed)
    }
}
