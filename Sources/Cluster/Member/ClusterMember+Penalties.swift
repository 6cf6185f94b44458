/// What hosts share of penalties for wrong passwords.
public enum ClusterPenalties: Sendable, Equatable {
    /// The key by which all hosts of the cluster compare wrong passwords, as 32 digits; as the registry has it.
    case key(String)
    /// What another host has told.
    case said(String)
    /// What is counted for subjects, and for how many milliseconds yet.
    case counted([Entry])
    /// What hosts have told of log-ins, and how many milliseconds ago, below 0.
    case used([Entry])

    /// Something that the registry keeps.
    public struct Entry: Sendable, Equatable {
        /// What it is, as a host has told it.
        public let text: String
        /// How often.
        public let count: Int
        /// Milliseconds from now.
        public let milliseconds: Int64
    }
}

/// A wrong password that all hosts are told of.
public struct ClusterGuess: Sendable {
    /// What the others are told.
    public let text: String
    /// What it counts for, and whether that has reached its limit by it.
    public let subjects: [(text: String, hasReached: Bool)]
    /// How long it counts, in milliseconds.
    public let time: Int64

    /// Makes a guess.
    public init(_ text: String, subjects: [(text: String, hasReached: Bool)], time: Int64) {
        (self.text, self.subjects, self.time) = (text, subjects, time)
    }
}

extension ClusterMember {
    /// Words about penalties that may be unanswered; what comes on top is counted by this host alone. Log-ins come first.
    private static let mostPenalties = 512

    private var hasRoomForPenalties: Bool {
        settings.sharesPenalties && isReady && backlog.count + expected.count < Self.mostPenalties
    }

    /// Tells all hosts of a wrong password. While the registry cannot be asked, it counts at this host alone.
    public mutating func tell(_ guess: ClusterGuess, at now: Int64) -> [ClusterAction] {
        advance(to: now) { member in
            guard member.hasRoomForPenalties else { return }
            member.lastGuess += 1
            let subjects = guess.subjects.flatMap { [$0.text, $0.hasReached ? "1" : "0"] }
            member.ask(Request(.guess, words: ["\(member.lastGuess)", "\(guess.time)", guess.text] + subjects))
        }
    }

    /// Tells all hosts that somebody has logged in somewhere.
    public mutating func tellUse(_ text: String, at now: Int64) -> [ClusterAction] {
        advance(to: now) { if $0.hasRoomForPenalties { $0.ask(Request(.use, words: [text])) } }
    }

    /// Has the registry forget subjects.
    public mutating func forgive(_ subjects: [String], at now: Int64) -> [ClusterAction] {
        advance(to: now) { member in
            guard member.settings.sharesPenalties, member.isReady else { return }
            for start in stride(from: 0, to: subjects.count, by: 500) {
                member.ask(Request(.forgive, words: Array(subjects[start..<min(start + 500, subjects.count)])))
            }
        }
    }

    /// What is the cluster's key where no host has proposed one yet.
    static func proposedKey() -> String {
        (0..<4).map { _ in
            let part = UInt32.random(in: .min ... .max)
            let digits = String(part, radix: 16)
            return String(repeating: "0", count: 8 - digits.utf8.count) + digits
        }.joined()
    }

    /// What was told before this host has listened.
    mutating func askForPenalties() {
        guard settings.sharesPenalties else { return }
        for what in ["until", "used"] { ask(Request(.penalties(what), words: [what, "0"])) }
    }

    /// Says so once, however many guesses there are.
    mutating func penaltiesRefused(_ request: Request, _ text: String) {
        if penaltyProblem == text { return }
        penaltyProblem = text
        act(
            .event(
                .failed(
                    "`\(request.operation)` failed, the registry answered `\(text)`: wrong passwords count at the host "
                        + "that is shown them")))
    }

    mutating func takePenalty(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard settings.sharesPenalties, words.count == 3, words[1] != membership?.epoch else { return }
        act(.penalties(.said(words[2])))
    }

    mutating func takePenalties(_ what: String, _ reply: [RESPValue]) {
        guard reply.count >= 2 else { return }
        let words = reply.dropFirst(2).map(\.text)
        let entries = stride(from: 0, to: words.count - 2, by: 3).map {
            ClusterPenalties.Entry(
                text: words[$0], count: Int(words[$0 + 1]) ?? 0, milliseconds: Int64(words[$0 + 2]) ?? 0)
        }
        if !entries.isEmpty { act(.penalties(what == "until" ? .counted(entries) : .used(entries))) }
        if reply[1].text != "0" { ask(Request(.penalties(what), words: [what, reply[1].text])) }
    }
}
