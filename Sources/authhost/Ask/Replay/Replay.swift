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
    }

    /// Why a line cannot be compared: the log does not hold what its answer depended on.
    enum Apart: String, CaseIterable, Hashable {
        case passwords, limits, sessions, undecided, content, clock

        /// What it is, for a table.
        var text: String {
            switch self {
            case .passwords: "a password or token was wrong, and is not in the log"
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
    /// - Throws: ``Failure`` for a module that cannot take users back without their passwords.
    mutating func judge(_ entry: AuditEntry) throws(Failure) -> Judgement {
        if let apart = Self.apart(entry) { return .apart(apart) }
        clock.turn(to: entry.time)
        let opened = try session(entry.asker)
        guard opened.verdict == .allow, let session = opened.session else {
            return refused(entry, opened)
        }
        switch entry.question {
        case .login: return judgement(entry, opened)
        case .map:
            guard let name = try? ObjectName(entry.requested) else { return .apart(.undecided) }
            return judgement(entry, host.ask(.map(session, name)).waited())
        case .check(let action):
            guard let name = try? ObjectName(entry.requested) else { return .apart(.undecided) }
            let check = Check(action, name)
            let judgement = judgement(entry, host.ask(.check(session, check)).waited())
            guard case .flip = judgement, action != .read, asksForContent(check, session, entry) else {
                return judgement
            }
            return .apart(.content)
        }
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
        case .wrongCredentials where entry.question == .login(password: true): return .passwords
        case .wrongCredentials, .allow, .deny: return entry.asker.user.isEmpty ? .sessions : nil
        }
    }

    private func judgement(_ entry: AuditEntry, _ answer: Answer) -> Judgement {
        if answer.reason == .contentUnknown { return .apart(.content) }
        if answer.verdict == .overLimit { return .apart(.limits) }
        let isOtherName =
            answer.verdict == .allow && entry.question == .map && answer.mappedName?.text ?? "" != entry.object
        if answer.verdict == entry.verdict && !isOtherName { return .same }
        return .flip(flip(entry, answer, isOtherName ? answer.mappedName?.text : nil))
    }

    /// The line's user gets no session now.
    private func refused(_ entry: AuditEntry, _ answer: Answer) -> Judgement {
        if answer.verdict == .overLimit { return .apart(.limits) }
        if entry.verdict != .allow { return .same }
        if answer.reason == .accountExpired || isOtherAtPresent(entry) { return .apart(.clock) }
        return .flip(flip(entry, answer, nil))
    }

    /// Whether the user is answered otherwise at present than at the time of the line.
    private func isOtherAtPresent(_ entry: AuditEntry) -> Bool {
        guard entry.time != nil, let login = try? Self.login(entry.asker) else { return false }
        clock.turn(to: nil)
        defer { clock.turn(to: entry.time) }
        let answer = host.ask(.resume(login)).waited()
        if let session = answer.session { _ = host.ask(.logout(session)).waited() }
        return answer.verdict == .allow
    }

    private func flip(_ entry: AuditEntry, _ answer: Answer, _ otherName: String?) -> Flip {
        let told = answer.logText ?? ""
        let name = otherName.map { "the name inside is `\($0)`, and was `\(entry.object)`" }
        return Flip(
            user: entry.asker.user, question: entry.word, object: entry.requested, was: entry.verdict,
            now: answer.verdict, oldRule: entry.rule.isEmpty ? entry.reason.rawValue : entry.rule,
            newRule: name ?? (told.isEmpty ? answer.reason.rawValue : told))
    }

    /// Whether a rule that looks at written fields had a part in either answer.
    private func asksForContent(_ check: Check, _ session: SessionID, _ entry: AuditEntry) -> Bool {
        let explanation = host.explained(check, session).explanation ?? ""
        return entry.rule.contains("` when ") || explanation.contains("` when ")
    }

    /// The session of an asker: opened without a password, in place of the user's last one.
    private mutating func session(_ asker: AuditEntry.Asker) throws(Failure) -> Answer {
        if let known = sessions[asker.user] {
            if known.asker == asker { return known.answer }
            close(known.answer)
        }
        let login: Login
        do {
            login = try Self.login(asker)
        } catch {
            throw Failure(.badConfiguration, "`\(asker.user.controlsEscaped)` cannot log in: \(error)")
        }
        let answer = host.ask(.resume(login)).waited()
        guard answer.reason != .noEntry else {
            throw Failure(
                .moduleUnusable,
                "module `\(host.module?.identity.name ?? "-")` has no `auth_resume_user`: it cannot take the users of a log back "
                    + "without their passwords")
        }
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
