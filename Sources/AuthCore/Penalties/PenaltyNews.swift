/// What hosts of a cluster tell each other about log-ins.
///
/// Neither a password nor its whole digest is in it: sixteen bits of a digest are enough to know that two guesses are the same, and
/// leave every list of likely passwords as long as it was.
public enum PenaltyNews: Sendable, Equatable {
    /// A password was wrong that had not been tried before. First the subject by which the log-in was judged, then its networks.
    case guess([PenaltySubject], digest: UInt16)
    /// A user has logged in from a source, by a name that may be another one.
    case used(PenaltyName, PenaltySource, given: PenaltyName)

    /// Subjects that a guess counts for at most.
    private static let mostSubjects = 3

    /// Fields with a tab between; subjects in lines of their own.
    public var text: String {
        switch self {
        case .guess(let subjects, let digest):
            (["guess\t\(digest)"] + subjects.map(\.text)).joined(separator: "\n")
        case .used(let name, let source, let given): "used\t\(source.text)\t\(name.text)\t\(given.text)"
        }
    }

    /// Reads what another host has told; nil for anything else, which may come from anybody who can write to the registry.
    public init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let head = lines[0].split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        switch (head.first, head.count, lines.count) {
        case ("guess", 2, 2...(1 + Self.mostSubjects)):
            let subjects = lines.dropFirst().compactMap { PenaltySubject($0) }
            guard let digest = UInt16(head[1]), subjects.count == lines.count - 1 else { return nil }
            self = .guess(subjects, digest: digest)
        case ("used", 4, 1):
            guard let source = PenaltySource(head[1]) else { return nil }
            self = .used(PenaltyName(head[2]), source, given: PenaltyName(head[3]))
        default: return nil
        }
    }
}

extension PenaltySubject {
    /// Its kind and what is counted, with tabs between.
    public var text: String {
        switch self {
        case .user(let name): "user\t\(name.text)"
        case .usual(let name, let source): "usual\t\(source.text)\t\(name.text)"
        case .network(let network): "network\t\(network)"
        }
    }

    /// Reads what ``text`` has written.
    public init?(_ text: String) {
        self.init(fields: text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
    }

    /// - Parameter fields: the kind and what is counted.
    init?(fields: [String]) {
        switch (fields.first, fields.count) {
        case ("user", 2): self = .user(PenaltyName(fields[1]))
        case ("usual", 3):
            guard let source = PenaltySource(fields[1]) else { return nil }
            self = .usual(PenaltyName(fields[2]), source)
        case ("network", 2):
            guard let network = NetworkPrefix(fields[1]) else { return nil }
            self = .network(network)
        default: return nil
        }
    }
}

extension PenaltyTable {
    /// Counts what another host has told, unless the same guess was counted here already.
    public mutating func hear(_ news: PenaltyNews, at now: Int64) {
        switch news {
        case .guess(let subjects, let digest):
            guard let own = subjects.first else { return }
            forgetPast(own, at: now)
            if tallies[own]?.knows(digest) == true { return }
            isChanged = true
            _ = grow(subjects, at: now)
            let most = rules.limit
            _ = tallies.update(own) { if $0.heard.count < most { $0.heard.append(digest) } }
        case .used(let name, let source, let given):
            learn(name, source, given: given, at: now)
        }
    }

    /// Takes over that a user has logged in somewhere.
    ///
    /// - Parameter moment: when, on the monotonic clock; now at the latest.
    public mutating func learn(_ name: PenaltyName, _ source: PenaltySource, given: PenaltyName, at moment: Int64) {
        if name != given { _ = note(given, is: name) }
        _ = getUsed(name, to: source, at: moment)
    }

    /// Takes over what a cluster has counted for a subject: the greater number holds.
    ///
    /// - Parameter left: nanoseconds until it is forgotten; no more than the host's own rules have it are believed.
    public mutating func learn(_ subject: PenaltySubject, count: Int, left: Int64, at now: Int64) {
        guard count > 0, left > 0 else { return }
        let count = min(count, Self.mostCounted)
        forgetPast(subject, at: now)
        let until = now + min(left, rules.time.wholeNanoseconds)
        isChanged = true
        tallies.update(subject, or: Tally(), worth: \.worth) { tally in
            if count >= tally.count { tally.until = max(until, tally.until) }
            tally.count = max(count, tally.count)
        }
    }

    /// Compares wrong passwords by the key that hosts share. Those that were counted before count once more.
    public mutating func share(key: (UInt64, UInt64)) {
        guard key != self.key else { return }
        self.key = key
        for subject in tallies.slots.map(\.key) { _ = tallies.update(subject) { ($0.wrong, $0.heard) = ([], []) } }
    }
}
