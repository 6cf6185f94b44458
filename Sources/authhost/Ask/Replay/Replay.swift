import AuthConfiguration
import AuthCore
import Basics
import ModuleHost
import Runtime
import Synchronization

/// Asks a module again what an audit log says that another one was asked, and compares the answers.
struct Replay {
    /// What became of a line.
    enum Judgement: Equatable {
        case same
        case flip(Flip)
        case apart(Apart)
        /// The line asks what no client can ask: why.
        case impossible(String)
    }

    /// Why a line cannot be compared: the log does not hold what its answer depended on.
    enum Apart: String, CaseIterable, Hashable {
        case passwords, limits, sessions, undecided, content, clock

        /// What it is, for a table.
        var text: String {
            switch self {
            case .passwords: "a password or token, which is not in the log, may have decided"
            case .limits: "a limit on sessions or guesses decided"
            case .sessions: "there was no such session any more"
            case .undecided: "nothing could be decided then"
            case .content: "values of fields decide, and are not in the log"
            case .clock: "the answer depends on the time"
            }
        }
    }

    /// An answer that is another one now.
    struct Flip: Hashable {
        let user, question, object: String
        let was, now: Verdict
        /// The rule that decided, or the reason where the module says none.
        let oldRule, newRule: String
    }

    private let host: Host
    private let clock: ReplayClock
    /// The open session of a user: one at a time, so that limits on sessions decide nothing.
    private var sessions: [String: (asker: AuditEntry.Asker, answer: Answer)] = [:]
    private static let mostSessions = 100_000

    init(_ host: Host, _ clock: ReplayClock) {
        self.host = host
        self.clock = clock
    }

    /// Asks what a line says.
    ///
    /// - Parameter place: of the line.
    /// - Throws: ``Failure`` for a module that cannot take users back without their passwords, and for one that does not answer.
    mutating func judge(_ entry: AuditEntry, at place: SettingSource) throws(Failure) -> Judgement {
        do throws(Unanswered) {
            return try judged(entry)
        } catch {
            let module = host.module?.identity.name ?? "-"
            switch error {
            case .noEntry:
                throw Failure(
                    .moduleUnusable,
                    "module `\(module)` has no `auth_resume_user`: it cannot take the users of a log back "
                        + "without their passwords")
            case .late:
                throw Failure(
                    .undecided, at: place, "module `\(module)` has not answered this `\(entry.word)` by its deadline")
            }
        }
    }

    /// Why a module cannot be asked any further.
    private enum Unanswered: Error {
        /// It takes no users back.
        case noEntry
        /// It did not answer in time.
        case late
    }

    private mutating func judged(_ entry: AuditEntry) throws(Unanswered) -> Judgement {
        if let apart = Self.apart(entry) { return .apart(apart) }
        let login: Login
        let name: ObjectName?
        do {
            login = try Self.login(entry.asker)
            name = if case .login = entry.question { nil } else { try ObjectName(entry.requested) }
        } catch {
            return .impossible("\(error)")
        }
        clock.turn(to: entry.time)
        if case .login = entry.question { return try judgement(entry, open(entry.asker, login), login) }
        var opened = try session(entry.asker, login)
        guard let name, opened.verdict == .allow, var session = opened.session else {
            return try judgement(entry, opened, login)
        }
        var answer = try answer(to: Self.question(entry, session, name))
        if answer.reason == .unknownSession || answer.verdict == .ejected {
            // Its time was over since the line before.
            opened = try open(entry.asker, login)
            guard opened.verdict == .allow, let again = opened.session else {
                return try judgement(entry, opened, login)
            }
            session = again
            answer = try self.answer(to: Self.question(entry, session, name))
        }
        let judgement = try judgement(entry, answer, login)
        guard case .flip = judgement, case .check(let action) = entry.question, action != .read,
            asksForContent(Check(action, name), session, entry)
        else { return judgement }
        return .apart(.content)
    }

    /// Asks and waits, for the question's deadline at the longest.
    private func answer(to question: Question) throws(Unanswered) -> Answer {
        let answer = host.ask(question).waited()
        if answer.reason == .deadline || answer.reason == .moduleHung { throw .late }
        return answer
    }

    private static func question(_ entry: AuditEntry, _ session: SessionID, _ name: ObjectName) -> Question {
        if case .check(let action) = entry.question { return .check(session, Check(action, name)) }
        return .map(session, name)
    }

    /// Whether the line itself says that its answer depended on what the log does not hold.
    private static func apart(_ entry: AuditEntry) -> Apart? {
        switch entry.reason {
        case .userLimit, .siteLimit, .userApplicationLimit, .applicationLoginsLimit, .applicationUsersLimit,
            .admissionFailed, .objectLimit, .tooManyGuesses:
            return .limits
        case .unknownSession, .ejectedSession, .changedUser: return .sessions
        case .contentUnknown: return .content
        default: break
        }
        switch entry.verdict {
        case .undecided: return .undecided
        case .overLimit, .ejected: return .limits
        case .wrongCredentials
        where entry.question == .login(password: true) && entry.reason != .accountExpired:
            return .passwords
        case .wrongCredentials, .allow, .deny: return entry.asker.user.isEmpty ? .sessions : nil
        }
    }

    /// - Parameter answer: to the question of the line, or to the log-in that it needs.
    private func judgement(
        _ entry: AuditEntry, _ answer: Answer, _ login: Login
    ) throws(Unanswered) -> Judgement {
        if answer.reason == .contentUnknown { return .apart(.content) }
        if answer.verdict == .overLimit { return .apart(.limits) }
        let isAllowed = answer.verdict == .allow
        if let name = answer.mappedName?.text, !entry.object.isEmpty, name != entry.object, isAllowed,
            entry.verdict == .allow
        {
            return .flip(flip(entry, answer, otherName: name))
        }
        if answer.verdict == entry.verdict || !isAllowed && entry.verdict != .allow { return .same }
        if case .login = entry.question {
            if answer.reason == .accountExpired { return .apart(.clock) }
            if try isOtherAtPresent(answer, login, entry.time) { return .apart(.clock) }
        }
        return .flip(flip(entry, answer))
    }

    /// Whether the user is answered otherwise at present than at the time of the line.
    private func isOtherAtPresent(_ answer: Answer, _ login: Login, _ time: Int64) throws(Unanswered) -> Bool {
        clock.turn(to: nil)
        defer { clock.turn(to: time) }
        let present = try self.answer(to: .resume(login))
        close(present)
        return present.verdict != answer.verdict
    }

    private func flip(_ entry: AuditEntry, _ answer: Answer, otherName: String? = nil) -> Flip {
        let told = answer.logText ?? ""
        var (old, new) = (entry.rule, told)
        if let otherName { (old, new) = ("the name inside is `\(entry.object)`", "the name inside is `\(otherName)`") }
        return Flip(
            user: entry.asker.user, question: entry.word, object: entry.requested, was: entry.verdict,
            now: answer.verdict, oldRule: old.isEmpty ? entry.reason.rawValue : old,
            newRule: new.isEmpty ? answer.reason.rawValue : new)
    }

    /// Whether a rule that looks at written fields had a part in either answer: it has decided, or its condition made it lose.
    private func asksForContent(_ check: Check, _ session: SessionID, _ entry: AuditEntry) -> Bool {
        let lines = (host.explained(check, session).explanation ?? "").split(separator: "\n")
        let decided = [entry.rule[...]] + lines.prefix(1)
        let lost = lines.dropFirst().filter { $0.holds("condition") }
        return (decided + lost).contains { $0.holds("` when ") }
    }

    /// The session of an asker, opened where there is none yet.
    private mutating func session(_ asker: AuditEntry.Asker, _ login: Login) throws(Unanswered) -> Answer {
        if let known = sessions[asker.user], known.asker == asker { return known.answer }
        return try open(asker, login)
    }

    /// Opens a session without a password, in place of the user's last one.
    private mutating func open(_ asker: AuditEntry.Asker, _ login: Login) throws(Unanswered) -> Answer {
        if let last = sessions[asker.user] { close(last.answer) }
        let answer = try answer(to: .resume(login))
        guard answer.reason != .noEntry else { throw .noEntry }
        if sessions.count >= Self.mostSessions {
            for session in sessions.values { close(session.answer) }
            sessions.removeAll(keepingCapacity: true)
        }
        sessions[asker.user] = (asker, answer)
        return answer
    }

    private func close(_ answer: Answer) {
        if let session = answer.session { _ = host.ask(.logout(session)).waited() }
    }

    private static func login(_ asker: AuditEntry.Asker) throws(LoginError) -> Login {
        try Login(
            user: asker.user, password: Secret(""), address: asker.address, applicationID: asker.application,
            machineID: asker.machine, door: asker.door)
    }
}

/// Clocks of which that of the day shows the time of a line.
final class ReplayClock: HostClock {
    private let shown = Atomic<Int64>(0)
    private let system = SystemClock()

    /// Shows a time in nanoseconds since 1970; nil for the present.
    func turn(to time: Int64?) { shown.store(time ?? 0, ordering: .relaxed) }

    var wall: Int64 {
        let time = shown.load(ordering: .relaxed)
        return time == 0 ? system.wall : time
    }

    var monotonic: Int64 { system.monotonic }
    var runs: Bool { true }
}
