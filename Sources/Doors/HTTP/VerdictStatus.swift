import AuthCore

/// Which HTTP status an answer becomes: the table of `docs/http-api.md`.
enum VerdictStatus {
    /// Of an answer that is not "yes", or of a query whose answer is its status.
    static func of(_ answer: Answer) -> Int {
        switch answer.verdict {
        case .allow: 200
        case .deny where answer.reason == .unknownSession: 401
        case .deny: 403
        case .wrongCredentials: 401
        case .overLimit: 429
        case .ejected: 401
        case .undecided: 503
        }
    }

    /// What nginx understands: 2xx, 401, 403, and everything else is its own error 500.
    static func forwarded(_ answer: Answer) -> Int {
        switch of(answer) {
        case 200: 204
        case 429: 403
        case let status: status
        }
    }

    /// What a client is told in words: the module's own, else as little as helps.
    static func detail(_ answer: Answer) -> String {
        if let text = answer.clientText { return text }
        switch answer.verdict {
        case .allow: return "allowed"
        case .deny where answer.reason == .unknownSession: return "there is no such session"
        case .deny: return "not permitted"
        case .wrongCredentials: return "the user name or the password is wrong"
        case .overLimit: return "a limit on sessions is reached (\(answer.reason.rawValue))"
        case .ejected: return "the session was ended"
        case .undecided: return "could not decide (\(answer.reason.rawValue)); try again later"
        }
    }
}
