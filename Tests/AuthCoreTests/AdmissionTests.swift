import AuthCore
import Foundation
import Testing

/// A ledger and who is in it, for tests that read like the rules.
private struct Population {
    var ledger = AdmissionLedger()
    var limits = SessionLimits()
    private var places: [UInt64: AdmissionPlace] = [:]
    private var last: UInt64 = 0

    init(sessions: Int = 0, ejects: Bool = false, licence: [ExactText: ApplicationLicence] = [:]) {
        limits.sessions = sessions
        limits.ejects = ejects
        limits.applications = licence
    }

    /// Reserves and commits; returns what was ejected, or nil with the limit in ``refusal`` when it was refused.
    mutating func admit(_ user: String, _ application: String = "", _ userLimits: UserSessionLimits = .init())
        -> [UInt64]?
    {
        switch reserve(user, application, userLimits) {
        case .refused(let limit):
            refusal = limit
            return nil
        case .reserved(let place, _): return commit(place)
        case .undecided: return nil
        }
    }

    var refusal: ExceededLimit?

    mutating func reserve(
        _ user: String, _ application: String = "", _ userLimits: UserSessionLimits = .init()
    ) -> AdmissionReply {
        last += 1
        let reply = ledger.reserve(
            session: last, user: user, application: application, limits: userLimits, rules: AdmissionRules(limits))
        if case .reserved(let place, _) = reply { places[last] = place }
        return reply
    }

    mutating func commit(_ place: AdmissionPlace) -> [UInt64]? {
        let ejected = ledger.commit(place)
        for session in ejected ?? [] { end(session) }
        return ejected
    }

    mutating func end(_ session: UInt64) { if let place = places[session] { ledger.remove(place) } }
    mutating func retire(_ session: UInt64) { if let place = places[session] { ledger.retire(place) } }
}

@Suite struct `The limits on sessions` {
    @Test func `refuse what is over them, and say which it was`() {
        var sessions = Population(sessions: 1)
        #expect(sessions.admit("a") == [])
        #expect(sessions.admit("b") == nil)
        #expect(sessions.refusal == ExceededLimit(.sessions, allowed: 1))
        var user = Population()
        #expect(user.admit("a", "x", .init(user: 1)) == [])
        #expect(user.admit("a", "y", .init(user: 1)) == nil)
        #expect(user.refusal?.kind == .user)
        #expect(user.admit("a", "x", .init(user: 9, userApplication: 1)) == nil)
        #expect(user.refusal?.kind == .userApplication)
        #expect(user.admit("a", "y", .init(user: 9, userApplication: 1)) == [])
        var licence = Population(licence: ["x": .init(users: 2, loginsPerUser: 1)])
        #expect(licence.admit("a", "x") == [])
        #expect(licence.admit("a", "x") == nil)
        #expect(licence.refusal?.kind == .applicationLogins)
        #expect(licence.admit("b", "x") == [])
        #expect(licence.admit("c", "x") == nil)
        #expect(licence.refusal?.kind == .applicationUsers)
        #expect(licence.admit("c", "unnamed") == [])
    }

    @Test func `eject the oldest of the same user and application id, then the oldest of the user`() {
        var all = Population(ejects: true)
        for application in ["y", "x", "x"] { #expect(all.admit("a", application) == []) }
        #expect(all.admit("a", "x", .init(user: 3)) == [2])
        #expect(all.admit("a", "x", .init(user: 3)) == [3])
        #expect(all.admit("a", "z", .init(user: 3)) == [1])
        #expect(all.ledger.sessions() == [4, 5, 6])
    }

    @Test func `eject no session where that would not help`() {
        var full = Population(sessions: 2, ejects: true)
        #expect(full.admit("a") == [])
        #expect(full.admit("b") == [])
        #expect(full.admit("c") == nil)
        #expect(full.refusal?.kind == .sessions)
        #expect(full.admit("a") == [1])
        var users = Population(ejects: true, licence: ["x": .init(users: 1, loginsPerUser: 0)])
        #expect(users.admit("a", "x") == [])
        #expect(users.admit("b", "y") == [])
        // The session that b holds is none of this application's: ejecting it frees nothing.
        #expect(users.admit("b", "x") == nil)
        #expect(users.refusal?.kind == .applicationUsers)
        #expect(users.ledger.sessions() == [1, 2])
    }

    @Test func `eject only for the application whose limit is exceeded, even where an older session has another`() {
        var population = Population(ejects: true, licence: ["x": .init(users: 0, loginsPerUser: 1)])
        #expect(population.admit("a", "y") == [])
        #expect(population.admit("a", "x") == [])
        #expect(population.admit("a", "x") == [2])
    }

    @Test func `that are exceeded together are met by the fewest ejections`() {
        var population = Population(sessions: 3, ejects: true, licence: ["x": .init(users: 5, loginsPerUser: 1)])
        for application in ["y", "x", "z"] { #expect(population.admit("a", application) == []) }
        #expect(population.admit("a", "x", .init(user: 3)) == [2])
        // A limit that was lowered is met at once, and then by more than one.
        #expect(population.admit("a", "w", .init(user: 2)) == [1, 3])
        #expect(population.ledger.sessions() == [4, 5])
    }

    @Test func `of which one cannot be met eject no session for the others`() {
        var population = Population(ejects: true, licence: ["x": .init(users: 1, loginsPerUser: 0)])
        #expect(population.admit("a", "x") == [])
        #expect(population.admit("b", "y") == [])
        #expect(population.admit("b", "x", .init(user: 1)) == nil)
        #expect(population.ledger.sessions() == [1, 2])
        #expect(population.ledger.held == 2)
    }

    @Test func `do not count a session that is kept only for the questions that have it`() {
        var population = Population()
        #expect(population.admit("a", "x", .init(user: 1)) == [])
        population.retire(1)
        #expect(population.admit("a", "x", .init(user: 1)) == [])
        #expect(population.admit("a", "x", .init(user: 1)) == nil)
        #expect(population.ledger.sessions(user: "a") == [1, 2])
        #expect(population.ledger.sessions(user: "a", application: "x") == [1, 2])
    }
}

@Suite struct `A reservation` {
    @Test func `holds its place before it is committed`() throws {
        var population = Population(sessions: 1)
        guard case .reserved(let place, ejecting: 0) = population.reserve("a") else {
            Issue.record("no place")
            return
        }
        #expect(population.admit("b") == nil)
        #expect(population.ledger.sessions() == [])
        population.ledger.release(place)
        #expect(population.admit("b") == [])
        #expect(population.ledger.commit(place) == nil)
    }

    @Test func `that is released has ejected no session`() throws {
        var population = Population(ejects: true)
        #expect(population.admit("a", "", .init(user: 1)) == [])
        guard case .reserved(let place, ejecting: 1) = population.reserve("a", "", .init(user: 1)) else {
            Issue.record("no place")
            return
        }
        // The place of the first is promised already: a second log-in finds nothing left to take.
        #expect(population.admit("a", "", .init(user: 1)) == nil)
        population.ledger.release(place)
        #expect(population.ledger.sessions() == [1])
        #expect(population.ledger.held == 1)
        #expect(population.admit("a", "", .init(user: 1)) == [1])
    }

    @Test func `ejects no session that has ended meanwhile`() throws {
        var population = Population(ejects: true)
        #expect(population.admit("a", "", .init(user: 1)) == [])
        guard case .reserved(let place, ejecting: 1) = population.reserve("a", "", .init(user: 1)) else {
            Issue.record("no place")
            return
        }
        population.end(1)
        #expect(population.commit(place) == [])
        #expect(population.ledger.held == 1)
    }
}

@Suite struct `A place that a reservation will free` {
    @Test func `is given to no other session before it is free, in the application of the session that has it`() throws
    {
        var population = Population(ejects: true, licence: ["p": .init(users: 1, loginsPerUser: 0)])
        #expect(population.admit("ann", "p") == [])
        guard case .reserved(let place, ejecting: 1) = population.reserve("ann", "q", .init(user: 1)) else {
            Issue.record("no place")
            return
        }
        #expect(population.admit("bob", "p") == nil)
        #expect(population.refusal == ExceededLimit(.applicationUsers, allowed: 1))
        population.ledger.release(place)
        #expect(population.ledger.sessions() == [1])
        #expect(population.admit("bob", "p") == nil)
        // What is committed frees it.
        #expect(population.admit("ann", "q", .init(user: 1)) == [1])
        #expect(population.admit("bob", "p") == [])
    }

    @Test func `counts as long as the reservation may be released, where it frees several`() throws {
        var population = Population(sessions: 3, ejects: true)
        for application in ["x", "y", "z"] { #expect(population.admit("ann", application) == []) }
        guard case .reserved(let place, ejecting: 2) = population.reserve("ann", "w", .init(user: 2)) else {
            Issue.record("no place")
            return
        }
        #expect(population.ledger.held == 3)
        #expect(population.admit("bob", "x") == nil)
        // One of the two ends by itself: a release would give one place back less.
        population.end(1)
        #expect(population.ledger.held == 2)
        #expect(population.admit("bob", "x") == [])
        population.ledger.release(place)
        #expect(population.ledger.held == 3)
    }
}

@Suite struct `The ledger of places` {
    /// 10,000 sequences of up to 40 steps each, against the plainest model there is.
    @Test func `does what the rules say, whatever the order of things`() throws {
        let seed = SeededGenerator.seed(ProcessInfo.processInfo.environment["AUTHHOST_SEED"])
        print("admission model: seed \(seed) (AUTHHOST_SEED repeats it)")
        var generator = SeededGenerator(seed: seed)
        var covered: [String: Int] = [:]
        for sequence in 0..<10_000 {
            guard try run(&generator, &covered) else {
                Issue.record("sequence \(sequence) of seed \(seed) differs from the model")
                return
            }
        }
        // A run that never came to one of these would show nothing about it.
        for kind in LimitKind.allCases { #expect(covered["refused for \(kind)", default: 0] > 100) }
        for what in ["ejected 1", "ejected 2", "released", "retired"] {
            #expect(covered[what, default: 0] > 100, "\(what)")
        }
    }

    /// Runs one sequence; false when ledger and model differ.
    private func run(_ generator: inout SeededGenerator, _ covered: inout [String: Int]) throws -> Bool {
        var ledger = AdmissionLedger()
        var model = NaiveAdmission()
        var limits = Self.limits(&generator)
        var places: [UInt64: AdmissionPlace] = [:]
        for step in 1...UInt64.random(in: 10...40, using: &generator) {
            let reserved = model.entries.filter { !$0.isOpen }.map(\.session)
            let open = model.entries.filter(\.isOpen).map(\.session)
            switch Int.random(in: 0..<20, using: &generator) {
            case 0: limits = Self.limits(&generator)
            case 1...4:
                guard let session = reserved.randomElement(using: &generator), let place = places[session] else {
                    break
                }
                let ended = model.commit(session)
                guard ledger.commit(place) == ended else { return false }
                covered["ejected \(ended.count)", default: 0] += 1
                for session in ended {
                    model.remove(session)
                    if let place = places[session] { ledger.remove(place) }
                }
            case 5:
                guard let session = reserved.randomElement(using: &generator), let place = places[session] else {
                    break
                }
                model.release(session)
                ledger.release(place)
                covered["released", default: 0] += 1
            case 6, 7:
                guard let session = open.randomElement(using: &generator), let place = places[session] else { break }
                model.remove(session)
                ledger.remove(place)
                ledger.remove(place)
            case 8:
                guard
                    let entry = model.entries.filter({ $0.isOpen && $0.claimant == nil }).randomElement(
                        using: &generator),
                    let place = places[entry.session]
                else { break }
                model.retire(entry.session)
                ledger.retire(place)
                covered["retired", default: 0] += 1
            default:
                let request = AdmissionRequest(
                    session: step, user: ["a", "b", "c"].randomElement(using: &generator)!,
                    applicationID: ["x", "y", ""].randomElement(using: &generator)!,
                    limits: .init(
                        user: .random(in: 0...3, using: &generator),
                        userApplication: .random(in: 0...2, using: &generator)))
                let said = model.reserve(request, limits)
                let reply = ledger.reserve(
                    session: step, user: request.user, application: request.applicationID, limits: request.limits,
                    rules: AdmissionRules(limits))
                switch (reply, said) {
                case (.reserved(let place, let count), .reserved(let ejecting)) where count == ejecting:
                    places[step] = place
                case (.refused(let limit), .refused(let other)) where limit == other:
                    covered["refused for \(limit.kind)", default: 0] += 1
                default: return false
                }
            }
            guard ledger.held == model.held else { return false }
        }
        return agrees(ledger, model)
    }

    private func agrees(_ ledger: AdmissionLedger, _ model: NaiveAdmission) -> Bool {
        let open = model.entries.filter(\.isOpen).sorted { $0.age < $1.age }
        guard ledger.held == model.held, ledger.open == open.count, ledger.sessions() == open.map(\.session) else {
            return false
        }
        for user in ["a", "b", "c", "nobody"] {
            let mine = open.filter { $0.user == user }
            guard Set(ledger.sessions(user: user)) == Set(mine.map(\.session)) else { return false }
            for application in ["x", "y", ""] {
                let here = mine.filter { $0.application == application }.map(\.session)
                guard Set(ledger.sessions(user: user, application: application)) == Set(here) else { return false }
            }
        }
        return true
    }

    private static func limits(_ generator: inout SeededGenerator) -> SessionLimits {
        var limits = SessionLimits()
        limits.sessions = .random(in: 0...6, using: &generator)
        limits.ejects = .random(using: &generator)
        for application in ["x", "y"] where Bool.random(using: &generator) {
            limits.applications[ExactText(application)] = ApplicationLicence(
                users: .random(in: 0...2, using: &generator), loginsPerUser: .random(in: 0...2, using: &generator))
        }
        return limits
    }
}

@Suite struct `The warning of many sessions` {
    private func events(_ levels: WarningLevels, _ counts: [Int]) -> [AdmissionWarning.Event] {
        var warning = AdmissionWarning(levels)
        return counts.compactMap { warning.observe($0) }
    }

    @Test func `is said once, and armed again only below the other number`() {
        let counts = [8, 9, 10, 11, 10, 9, 10, 8, 7, 8, 9, 10]
        #expect(
            events(WarningLevels(warn: 10, ok: 8), counts) == [
                .reached(sessions: 10, warn: 10), .over(sessions: 7, ok: 8), .reached(sessions: 10, warn: 10),
            ])
    }

    @Test(arguments: [0, 10, 99])
    func `is over below its own number where no lower one is given`(_ ok: Int) {
        #expect(
            events(WarningLevels(warn: 10, ok: ok), [10, 11, 10, 9, 10]) == [
                .reached(sessions: 10, warn: 10), .over(sessions: 9, ok: 10), .reached(sessions: 10, warn: 10),
            ])
    }

    @Test func `is not said where it is not wanted, nor that it is over`() {
        #expect(events(WarningLevels(warn: 0, ok: 5), [1, 100, 0, 6]) == [])
        var warning = AdmissionWarning(WarningLevels(warn: 2, ok: 1))
        #expect(warning.observe(2) != nil)
        warning.change(to: WarningLevels())
        #expect(warning.observe(0) == nil)
    }
}

@Suite struct `Ejected sessions` {
    @Test func `are remembered until their time`() {
        var memory = EjectedSessions(limit: 10)
        let id = SessionID.random()
        memory.insert(id, until: 100)
        #expect(memory.contains(id, at: 99))
        #expect(!memory.contains(id, at: 100))
        #expect(!memory.contains(.random(), at: 0))
    }

    @Test func `beyond the bound are forgotten, the oldest first`() {
        var memory = EjectedSessions(limit: 3)
        let ids = (0..<8).map { _ in SessionID.random() }
        for id in ids { memory.insert(id, until: 100) }
        #expect(memory.count == 3)
        #expect(ids.map { memory.contains($0, at: 0) } == [false, false, false, false, false, true, true, true])
    }
}
