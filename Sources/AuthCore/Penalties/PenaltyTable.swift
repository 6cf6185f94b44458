/// Counts wrong passwords, and says which log-in may ask the module, which has to wait, and which is refused.
///
/// A pure value; its owner brings clock and lock. A log-in is counted by its user and its networks, or, from a source from which the
/// user has logged in before, by that source alone: what strangers do elsewhere never stands in the user's way.
///
/// INVARIANT: of different passwords for a subject, those that were wrong and those that the module is asked about now are together
/// no more than the subject's limit. So parallel guesses are bounded as others are.
public struct PenaltyTable: Sendable {
    /// What becomes of a log-in.
    public enum Judgement: Sendable {
        /// The module is asked; ``settle(_:_:at:)`` follows.
        case ask(PenaltyTurn)
        /// The log-in is judged again then, on the monotonic clock.
        case wait(until: Int64, PenaltySubject)
        /// The module is not asked, until then.
        case refuse(PenaltySubject, until: Int64)
        /// The module has said a moment ago that this password is wrong, and is not asked again so soon.
        case repeated(PenaltySubject)
    }

    /// What came of asking.
    public enum Result: Sendable {
        case right
        /// The password is wrong.
        case wrong
        /// The module said no, or the client did not wait for what it says: a guess too, but the password may be right.
        case doubtful
        /// Whether the password is right is not known.
        case unknown
    }

    /// What follows from what came of asking.
    public struct Settlement: Sendable {
        /// The subjects whose count has grown.
        public var counted: [PenaltySubject] = []
        /// Those that have reached the limit by it.
        public var reached: [PenaltySubject] = []
        /// What other hosts of a cluster ought to know; nil for nothing.
        public var news: PenaltyNews?
    }

    /// A source from which a user has logged in.
    struct Habit: Sendable {
        let source: PenaltySource
        /// When last, on the monotonic clock.
        var last: Int64
    }

    /// How many sources of a user are known.
    static let habits = 8
    /// Nanoseconds for which a source is known after the last log-in there.
    static let habitTime: Int64 = 90 * 86_400 * 1_000_000_000
    /// Nanoseconds after which a log-in that waits for others is judged again.
    private static let pause: Int64 = 20_000_000

    /// How guesses are slowed down and refused.
    public var rules: PenaltyRules {
        didSet { (tallies.limit, sources.limit, names.limit) = (rules.size, rules.size, rules.size) }
    }
    var tallies: SampledTable<PenaltySubject, Tally>
    var sources: SampledTable<PenaltyName, [Habit]>
    /// The user that the module has named for a name that a client logged in with.
    var names: SampledTable<PenaltyName, PenaltyName>
    /// The key of digests, which are kept in memory alone: the hosts of a cluster have one.
    var key = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))

    /// Whether anything has changed that is kept over a restart.
    var isChanged = false
    /// How often the module has said that its users have changed.
    private var era: UInt64 = 0

    /// Makes an empty table.
    public init(_ rules: PenaltyRules) {
        self.rules = rules
        tallies = SampledTable(limit: rules.size)
        sources = SampledTable(limit: rules.size)
        names = SampledTable(limit: rules.size)
    }

    /// How many subjects there are, with those that the module is asked about now.
    public var count: Int { tallies.count }

    /// Notes that users have changed: a password that was wrong may be right by now, and is asked about at once.
    public mutating func askAnew() { era &+= 1 }

    // MARK: - Before the module is asked

    /// Judges a log-in.
    ///
    /// - Parameters:
    ///   - since: when it came, on the monotonic clock.
    ///   - waited: the subject because of which it has waited until now; nil for one that has just come.
    public mutating func judge(
        _ attempt: PenaltyAttempt, since: Int64, waited: PenaltySubject? = nil, at now: Int64
    ) -> Judgement {
        if let waited { _ = tallies.update(waited) { $0.waiting -= 1 } }
        let name = names[attempt.name] ?? attempt.name
        let isUsual = isUsual(name, attempt.source, at: now)
        let own = isUsual ? PenaltySubject.usual(name, attempt.source) : .user(name)
        let isExempt = isUsual || attempt.address.map(rules.isExempt) ?? true
        let networks = isExempt ? [] : attempt.networks
        var subjects = [own]
        for network in networks { subjects.append(.network(network)) }
        for subject in subjects {
            let limit = rules.limit(of: subject)
            let refused = tallies.update(subject) { tally -> Int64? in
                tally.forgetPast(at: now)
                return tally.count >= limit ? tally.until : nil
            }
            if case .some(.some(let until)) = refused { return .refuse(subject, until: until) }
        }
        let tally = tallies[own] ?? Tally()
        let isAsked = tally.asked.contains { $0.password.hasBytes(of: attempt.password) }
        // The same password tells a guesser nothing twice.
        let digest = tally.hasDigests ? digest(attempt.password, name) : nil
        let known = digest.flatMap(tally.wrong)
        if let known, !isAsked, now < known.until, known.era == era { return .repeated(own) }
        let isRepeated = isAsked || digest.map(tally.has) ?? false
        if !isRepeated, let later = later(subjects, since: since, at: now) { return later }
        reserve(own, isAsked ? [] : networks, attempt.password)
        return .ask(
            PenaltyTurn(
                name: name, given: attempt.name, source: attempt.source, own: own, networks: isAsked ? [] : networks,
                password: attempt.password, era: era))
    }

    /// What a new guess has to wait for; nil for nothing.
    private mutating func later(_ subjects: [PenaltySubject], since: Int64, at now: Int64) -> Judgement? {
        var wait: (until: Int64, subject: PenaltySubject)?
        for subject in subjects {
            guard let tally = tallies[subject] else { continue }
            let limit = rules.limit(of: subject)
            var until = since + rules.delay(behind: tally.count, of: limit)
            if isFull(subject, tally, limit) { until = max(until, now + Self.pause) }
            if until > now, until > wait?.until ?? 0 { wait = (until, subject) }
        }
        guard let wait else { return nil }
        let limit = rules.limit(of: wait.subject)
        let hasRoom = tallies.update(wait.subject) { tally in
            // While no password was wrong yet, all may be right, such as tokens that are good once.
            if tally.count > 0, tally.waiting >= limit { return false }
            tally.waiting += 1
            return true
        }
        if hasRoom == true { return .wait(until: wait.until, wait.subject) }
        return .refuse(wait.subject, until: now + Self.pause)
    }

    /// Whether as many passwords are being asked about as may still be wrong. A network without any wrong password may have
    /// ten times as many: behind one address there may be a whole company.
    private func isFull(_ subject: PenaltySubject, _ tally: Tally, _ limit: Int) -> Bool {
        // Other hosts of a cluster may ask as many before this one hears of it.
        let left = (limit - tally.count + rules.hosts - 1) / rules.hosts
        if case .network = subject { return tally.open >= (tally.count == 0 ? 10 * limit : left) }
        return tally.asked.count >= left
    }

    private mutating func reserve(_ own: PenaltySubject, _ networks: [NetworkPrefix], _ password: Secret) {
        tallies.update(own, or: Tally(), worth: \.worth) { tally in
            if let index = tally.asked.firstIndex(where: { $0.password.hasBytes(of: password) }) {
                tally.asked[index].askers += 1
            } else {
                tally.asked.append(Asking(password: password, askers: 1))
            }
        }
        for network in networks {
            tallies.update(.network(network), or: Tally(), worth: \.worth) { $0.open += 1 }
        }
    }

    // MARK: - After the module was asked

    /// Takes back a wait of a log-in that its client has given up.
    public mutating func giveUp(_ waited: PenaltySubject) {
        _ = tallies.update(waited) { $0.waiting -= 1 }
    }

    /// Notes what came of asking; to be called once for each turn.
    ///
    /// - Parameter named: the user that the module has named, where the log-in was right.
    public mutating func settle(
        _ turn: PenaltyTurn, _ result: Result, named: PenaltyName? = nil, at now: Int64
    ) -> Settlement {
        // What was right is counted nowhere, and leaves nothing behind that was not there.
        let isOver = result == .right
        tallies.change(turn.own) { tally in
            tally.noteAnswer(to: turn.password)
            return isOver && tally.isEmpty
        }
        for network in turn.networks {
            tallies.change(.network(network)) { tally in
                tally.open -= 1
                return isOver && tally.isEmpty
            }
        }
        defer { if !isOver { for subject in turn.subjects { forgetIdle(subject) } } }
        switch result {
        case .unknown: return Settlement()
        case .wrong: return count(turn, again: now + rules.delay.wholeNanoseconds, at: now)
        case .doubtful: return count(turn, again: now, at: now)
        case .right:
            let name = named ?? turn.name
            let isNamed = name != turn.given && note(turn.given, is: name)
            let isUsed = getUsed(name, to: turn.source, at: now)
            guard isNamed || isUsed else { return Settlement() }
            return Settlement(news: .used(name, turn.source, given: turn.given))
        }
    }

    /// - Parameter again: when the module may be asked about the password again.
    private mutating func count(_ turn: PenaltyTurn, again: Int64, at now: Int64) -> Settlement {
        forgetPast(turn.own, at: now)
        let digest = digest(turn.password, turn.name)
        let isCounted = tallies[turn.own]?.has(digest) == true
        let (wrong, most) = (Wrong(digest: digest, until: again, era: turn.era), rules.limit)
        defer { _ = tallies.update(turn.own) { $0.note(wrong, most: most) } }
        if isCounted { return Settlement() }
        isChanged = true
        return Settlement(
            counted: turn.subjects, reached: grow(turn.subjects, at: now),
            news: .guess(turn.subjects, digest: UInt16(truncatingIfNeeded: digest)))
    }

    /// What a number does not grow beyond, whether it was counted here or comes from a file or another host.
    static let mostCounted = 1 << 30

    /// Counts one more for each; returns those that have reached the limit by it.
    mutating func grow(_ subjects: [PenaltySubject], at now: Int64) -> [PenaltySubject] {
        subjects.filter { subject in
            forgetPast(subject, at: now)
            let limit = rules.limit(of: subject)
            return tallies.update(subject, or: Tally(), worth: \.worth) { tally in
                if tally.count == 0 { tally.until = now + rules.time.wholeNanoseconds }
                tally.count = min(tally.count, Self.mostCounted - 1) + 1
                guard tally.count == limit else { return false }
                tally.until = now + rules.time.wholeNanoseconds
                return true
            }
        }
    }

    mutating func forgetPast(_ subject: PenaltySubject, at now: Int64) {
        _ = tallies.update(subject) { $0.forgetPast(at: now) }
    }

    private mutating func forgetIdle(_ subject: PenaltySubject) {
        tallies.change(subject) { $0.isEmpty }
    }

    /// SipHash under a key of this process or its cluster: wrong passwords are compared by it, and it never leaves the memory.
    private func digest(_ password: Secret, _ name: PenaltyName) -> UInt64 {
        var hash = SipHash(key)
        hash.add(name.text.utf8)
        hash.add(CollectionOfOne(0))
        password.withTerminatedBytes { hash.add($0) }
        return hash.finish()
    }

    /// Forgets what is over; called every second.
    public mutating func sweep(at now: Int64) {
        tallies.sweep(10_000) { $0.isIdle && $0.until <= now }
        sources.sweep(10_000) { habits in habits.allSatisfy { now - $0.last >= Self.habitTime } }
    }
}
