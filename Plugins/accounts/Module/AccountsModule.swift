import Accounts
import Basics
import Glibc
import ModuleKit
import Rules
import Synchronization

/// The face of a module of accounts: hands the host's questions to ``AccountAuthority``, and its answers back.
package final class AccountsModule<Format: AccountsFormat>: AuthModule {
    private let authority: AccountAuthority
    private let watch: FileWatch

    package init(host: HostInterface) throws {
        let settings = try ModuleSettings(host: host, fileOption: Format.fileOption)
        let file = settings.file
        let before = [file: FileStatus(path: file)]
        let touched = TouchedFiles()
        let digest = LastDigest()
        let authority = try AccountAuthority(
            options: settings.options, processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            clock: WallClock(now: { host.wallTime.components.seconds }), signatures: HostSignatures(host: host)
        ) {
            touched.removeAll()
            let reading = RulesDigest()
            let snapshot = try Format.read(
                file, allowsPlain: settings.allowsPlainPasswords, trust: FileTrust(asking: { host.trusts(owner: $0) }),
                touch: { touched.insert($0) }, digest: reading,
                warn: { host.log(.warn, $0) })
            digest.text = reading.finish()
            return snapshot
        }
        self.authority = authority
        watch = FileWatch(
            before: before, followsChanges: settings.isWatching, files: { [file] + touched.all },
            read: {
                let reload = try authority.reload { host.invalidate(.all) }
                host.noteRules(.current, digest: digest.text)
                Self.announce(reload, of: file, to: host)
            },
            report: { host.log(.error, "kept the accounts as they were: \($0)") },
            tell: { host.noteRules(RulesState($0), digest: digest.text) })
        host.noteRules(.current, digest: digest.text)
        let counts = authority.counts
        host.log(.info, "read \(counts.users) users and \(counts.rules) rules from \(file)")
        do {
            try watch.start()
        } catch {
            authority.close()
            throw error
        }
    }

    package func newUser(_ login: borrowing LoginQuestion) -> Answer {
        let outcome = authority.login(user: login.user, password: login.password, client: LoginClient(login)) {
            let (completion, user) = (login.completion, login.user.withUnsafeBufferPointer { Array($0) })
            return { [authority] in completion.answer(Answer($0, authority.memberships(user: user.span))) }
        }
        return outcome.map { Answer($0, authority.memberships(user: login.user)) } ?? .delayed
    }

    package func resumeUser(_ login: borrowing LoginQuestion) -> Answer {
        Answer(
            authority.resume(user: login.user, client: LoginClient(login)), authority.memberships(user: login.user))
    }

    package func mapObject(_ mapping: borrowing MapQuestion) -> MapAnswer {
        switch authority.map(user: mapping.user, name: mapping.name) {
        case .unmapped: .notMapped
        case .nothingIsMapped: .mapsNothing
        case .mapped(let name): .mapped(name)
        case .refused(let reason): .deny(reason)
        }
    }

    package func checkRead(_ check: borrowing CheckQuestion) -> Answer { decide(check, .read) }

    package func checkWrite(_ check: borrowing CheckQuestion) -> Answer { decide(check, .write) }

    package func checkCreate(_ check: borrowing CheckQuestion) -> Answer { decide(check, .create) }

    package func explain(_ check: borrowing CheckQuestion) -> ModuleKit.Explanation {
        let explanation = authority.explain(
            user: check.user, action: ObjectAction(check.action), name: check.object, requested: check.requested,
            knowsObject: check.objectKind != .unknown
        ) { body in
            check.forEachField { body($0, $1) }
        }
        return ModuleKit.Explanation(Answer(explanation.outcome), lines: explanation.lines)
    }

    /// Decides as about the object `/authhost/admin/X` for the path `/v1/admin/X`: a read for GET and HEAD, else a write.
    ///
    /// The host has logged the user in with the password before it asks this: a hash must not hold up the thread that asks.
    package func httpRequest(_ request: borrowing HTTPQuestion) -> Answer {
        let path = request.path.withUnsafeBufferPointer { Array($0) }
        let realm = Array("/v1/admin/".utf8)
        guard path.starts(with: realm) else { return .deny("accounts know of no such HTTP realm") }
        let object = Array("/authhost/admin/".utf8) + path.dropFirst(realm.count)
        let action: ObjectAction =
            switch request.method {
            case .get, .head: .read
            default: .write
            }
        return Answer(authority.check(user: request.user, action: action, name: object.span) { _ in })
    }

    /// Reads the file again; the host forgets what it kept of users that changed, and ends sessions that may not go on.
    package func reload() throws { try watch.readNow() }

    package func exit() {
        watch.close()
        authority.close()
    }

    /// Tells the host what a re-read file means for kept decisions and for sessions.
    private static func announce(_ reload: SnapshotReload, of file: String, to host: HostInterface) {
        let what: String
        switch reload.changes {
        case .everybody:
            host.invalidate(.all)
            what = "what everybody may do has changed"
        case .users(let users):
            for user in users { host.invalidate(.user(String(decoding: user, as: UTF8.self))) }
            what = users.isEmpty ? "no known user has changed" : "\(users.count) users have changed"
        }
        var sessions = 0
        for user in reload.ended { sessions += host.eject(user: String(decoding: user, as: UTF8.self)) ?? 0 }
        let ended = sessions == 0 ? "" : ", \(sessions) sessions of users who may have none were ended"
        host.log(.notify, "re-read \(file): \(what)\(ended)")
    }

    private func decide(_ check: borrowing CheckQuestion, _ action: ObjectAction) -> Answer {
        Answer(
            authority.check(
                user: check.user, action: action, name: check.object, wantsReason: check.wantsReason,
                knowsObject: check.objectKind != .unknown
            ) { body in
                check.forEachField { body($0, $1) }
            })
    }
}

/// Keeps the paths that the last reading looked for: a file that it did not find or could not use may be repaired.
private final class TouchedFiles: Sendable {
    private let paths = Mutex<[String]>([])

    var all: [String] { paths.withLock { $0 } }

    func removeAll() { paths.withLock { $0 = [] } }

    func insert(_ path: String) { paths.withLock { $0.append(path) } }
}

/// The digest of what was read last.
private final class LastDigest: Sendable {
    private let kept = Mutex("")

    var text: String {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }
}

extension RulesState {
    init(_ state: WatchState) {
        self =
            switch state {
            case .current: .current
            case .unreadable(let reason): .unreadable(reason)
            case .wrong(let reason): .wrong(reason)
            }
    }
}

extension LoginClient {
    init(_ login: borrowing LoginQuestion) {
        self.init(
            address: login.address.withUnsafeBufferPointer { Array($0) },
            application: login.applicationID.withUnsafeBufferPointer { Array($0) })
    }
}

extension ObjectAction {
    init(_ action: CheckAction) {
        self =
            switch action {
            case .read: .read
            case .write: .write
            case .create: .create
            }
    }
}
