import Accounts
import Glibc
import ModuleKit
import Rules
import XMLAuthCore

/// The C face of xmlauth: hands the host's questions to ``AccountAuthority``, and its answers back.
final class XMLAuthModule: AuthModule {
    private let host: HostInterface
    private let directory: AccountAuthority
    private let file: String

    init(host: HostInterface) throws {
        self.host = host
        let file = host.option("xmlauth-file") ?? ""
        self.file = file
        let allowsPlain = host.option("allow-plain-passwords") == "TRUE"
        let options = AccountOptions(
            hashThreads: try Self.count(host, "hash-threads", 0...256).flatMap { $0 == 0 ? nil : $0 },
            hashQueue: try Self.count(host, "hash-queue", 1...1_000_000) ?? 1024)
        directory = try AccountAuthority(
            options: options, processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        ) { try UsersReader.read(file, allowsPlain: allowsPlain) }
        let counts = directory.counts
        host.log(.info, "read \(counts.users) users and \(counts.rules) rules from \(file)")
    }

    func newUser(_ login: borrowing LoginQuestion) -> Answer {
        let completion = login.completion
        directory.login(user: login.user, password: login.password) { outcome in
            switch outcome {
            case .accepted: completion.answer(.ok)
            // The door tells a client "wrong credentials" either way, and no more.
            case .unknownUser: completion.answer(Answer(.invalidUser, log: "the user is not known"))
            case .wrongCredentials(let reason): completion.answer(Answer(.invalidPassword, log: reason))
            case .couldNotDecide(let reason): completion.answer(.failed(reason))
            }
        }
        return .delayed
    }

    func resumeUser(_ login: borrowing LoginQuestion) -> Answer {
        directory.knows(user: login.user) ? .ok : Answer(.invalidUser, log: "the user is not known")
    }

    func mapObject(_ mapping: borrowing MapQuestion) -> MapAnswer {
        switch directory.map(user: mapping.user, name: mapping.name) {
        case .unmapped: .notMapped
        case .mapped(let name): .mapped(name)
        case .refused(let reason): .deny(reason)
        }
    }

    func checkRead(_ check: borrowing CheckQuestion) -> Answer { decide(check, .read) }

    func checkWrite(_ check: borrowing CheckQuestion) -> Answer { decide(check, .write) }

    func checkCreate(_ check: borrowing CheckQuestion) -> Answer { decide(check, .create) }

    /// Decides nothing: a question about a directory of the host's cannot be answered later, and a hash must not hold up
    /// the thread that asks.
    func httpRequest(_ request: borrowing HTTPQuestion) -> Answer {
        .failed("xmlauth does not decide about HTTP directories")
    }

    /// Reads the users file again; the host forgets what it kept of users that changed.
    func reload() throws {
        switch try directory.reload() {
        case .everybody:
            _ = host.invalidate(.all)
            host.log(.notify, "re-read \(file): what everybody may do has changed")
        case .users(let users):
            for user in users { _ = host.invalidate(.user(String(decoding: user, as: UTF8.self))) }
            host.log(.notify, "re-read \(file): \(users.count) users have changed")
        }
    }

    func exit() { directory.close() }

    private func decide(_ check: borrowing CheckQuestion, _ action: ObjectAction) -> Answer {
        let outcome = directory.check(user: check.user, action: action, name: check.object)
        if outcome.allowed { return .ok }
        guard let line = outcome.line else { return .deny("no rule matches") }
        return .deny("denied by the rule at `\(file)`:\(line)")
    }

    /// Reads a whole number within bounds; nil when the option is not set.
    private static func count(_ host: HostInterface, _ name: String, _ bounds: ClosedRange<Int>) throws -> Int? {
        guard let text = host.option(name) else { return nil }
        guard let number = Int(text), bounds.contains(number) else {
            throw OptionError(
                description: "`\(name)` is `\(text)`; \(bounds.lowerBound) to \(bounds.upperBound) are accepted")
        }
        return number
    }
}

/// Says which option cannot be used, and what would be accepted.
struct OptionError: Error, CustomStringConvertible { let description: String }

/// Makes the type known to the kit.
@c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(XMLAuthModule.self) }
