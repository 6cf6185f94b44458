import AuthCore

/// Questions with the answers that a module must give before it is put in force: one user's log-in, and what that user may do.
public struct ModuleTest: Sendable {
    /// A question and its expected answer.
    public struct Expectation: Sendable {
        /// What is asked; nil for the log-in itself.
        public let check: Check?
        /// Whether it is to be allowed.
        public let allows: Bool
        /// Where it was set, such as `etc/authhost.conf:12:3`.
        public let source: String

        /// Makes an expectation.
        public init(_ check: Check?, allows: Bool, source: String) {
            self.check = check
            self.allows = allows
            self.source = source
        }
    }

    /// The user who logs in.
    public let login: Login
    /// Whether the log-in is to be allowed.
    public let admits: Expectation
    /// What is asked once the user is in.
    public let checks: [Expectation]

    /// Makes a test.
    public init(login: Login, admits: Expectation, checks: [Expectation]) {
        self.login = login
        self.admits = admits
        self.checks = checks
    }

    /// Asks a host. Blocks for at most the deadlines of the questions.
    ///
    /// - Returns: a line for each answer that differs from the expected one.
    func faults(of host: Host) -> [String] {
        let admitted = host.ask(.login(login)).waited()
        guard (admitted.verdict == .allow) == admits.allows else {
            return [fault("the log-in", admits, admitted)]
        }
        guard let session = admitted.session else { return [] }
        defer { _ = host.ask(.logout(session)).waited() }
        return checks.compactMap { expected in
            guard let check = expected.check else { return nil }
            let answer = host.ask(.check(session, check)).waited()
            if answer.verdict == .undecided { return fault("\(check.action) `\(check.name.text)`", expected, answer) }
            return (answer.verdict == .allow) == expected.allows
                ? nil : fault("\(check.action) `\(check.name.text)`", expected, answer)
        }
    }

    private func fault(_ what: String, _ expected: Expectation, _ found: Answer) -> String {
        "\(expected.source): user `\(login.user)`, \(what): expected \(expected.allows ? "allow" : "deny"), "
            + "found \(found.verdict.rawValue) (\(found.reason.rawValue))"
    }
}
