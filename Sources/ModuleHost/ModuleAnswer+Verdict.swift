import AuthCore

extension ModuleAnswer {
    /// The verdict on the question: the host's own where it answered for the module, else the fail-closed rule's.
    public func verdict(for kind: QuestionKind) -> Answer {
        if isBare { return Answer.closed(status, to: kind) }
        if let refusal { return Answer(refusal == .noEntry ? .deny : .undecided, refusal) }
        if let breach { return Answer(.undecided, .brokenAnswer, logText: breach) }
        var answer = Answer.closed(status, to: kind)
        if let logText { answer.logText = logText }
        if let clientText { answer.clientText = clientText }
        if !attributes.isEmpty { answer.attributes = attributes }
        return answer
    }
}

extension Answer {
    /// Turns what a module returned, whatever it is, into a verdict: the one place where this is decided.
    ///
    /// Everything that is not a known, fitting "yes" denies. `docs/fail-closed.md` lists the table; a test compares it.
    public static func closed(_ status: Status, to kind: QuestionKind) -> Answer {
        switch status {
        case .ok: Answer(.allow, .granted)
        case .notMapped where kind == .map: Answer(.allow, .granted)
        case .deny where kind.isLogin: Answer(.wrongCredentials, .deniedByModule)
        case .deny: Answer(.deny, .deniedByModule)
        case .error: Answer(.undecided, .moduleError)
        case .again where kind == .read: Answer(.undecided, .contentUnknown)
        case .invalidUser where kind.isLogin: Answer(.wrongCredentials, .invalidUser)
        case .invalidPassword where kind.isLogin: Answer(.wrongCredentials, .invalidPassword)
        case .invalidAddress where kind.isLogin: Answer(.deny, .invalidAddress)
        case .accountExpired where kind.isLogin: Answer(.wrongCredentials, .accountExpired)
        case .userLimitExceeded where kind.isLogin: Answer(.overLimit, .userLimit)
        case .siteLimitExceeded where kind.isLogin: Answer(.overLimit, .siteLimit)
        case _ where Status.userCodes.contains(status.rawValue):
            Answer(.deny, .userCode, logText: "AUTH_USER\(status.rawValue - Status.userCodes.lowerBound + 1)")
        case _ where Status.reserved.contains(status.rawValue):
            Answer(.undecided, .reservedStatus, logText: "status \(status.shown)")
        default: Answer(.undecided, .unknownStatus, logText: "status \(status.shown)")
        }
    }
}

extension Status {
    /// Whether it is an answer to a question of a kind: one that ``Answer/closed(_:to:)`` has a word for.
    public func answers(_ kind: QuestionKind) -> Bool {
        let reason = Answer.closed(self, to: kind).reason
        return reason != .unknownStatus && reason != .reservedStatus
    }
}
