import AuthCore
import Basics
import Logging
import ModuleHost

/// A destination of the configuration, and the authenticator that gives its credentials.
public struct CredentialDestination: Sendable {
    /// What it is called, and where it is.
    public let destination: Destination
    /// The authenticator, with this destination's options.
    public let authenticator: LoadRequest
    /// Where the authenticator is configured, such as `etc/authhost.conf:12:5`.
    public let source: String
    /// The servers whose clients are given the secret, in the one spelling of each, such as `https://git.example.com:443`.
    public let servers: [String]

    /// Says of which destination an error is.
    package func error(_ error: ModuleError) -> ModuleError {
        ModuleError(
            error.code, error.module, "as the authenticator of destination `\(destination.name)`: \(error.detail)",
            at: error.place ?? source)
    }

    /// Makes a destination; `source` is where it was written, for messages.
    public init(
        _ destination: Destination, authenticator: LoadRequest, source: String, servers: [String] = []
    ) {
        self.destination = destination
        self.authenticator = authenticator
        self.source = source
        self.servers = servers
    }
}

/// The state of the credentials of a destination; times are seconds since 1970-01-01 00:00 UTC, nil while none is kept.
package struct CredentialStatus: Sendable {
    package let name: String
    package let address: String
    /// The name of the authenticator's module.
    package let authenticator: String
    package let fetched: Int64?
    package let refresh: Int64?
    package let expiry: Int64?
    /// Why there was none the last time.
    package let failure: String?
}

/// Gives outgoing connections their credentials: each destination has its authenticator, what was given is kept until it
/// nears its end, and all questions that come meanwhile share the one answer that is under way.
///
/// No function blocks but ``credential(for:challenge:)``, and no lock is held while a module or a waiter is called.
package final class CredentialBroker: Sendable {
    private let destinations: [String: DestinationCredentials]
    private let servers: [String: [String]]

    /// Loads the authenticators. Each file is mapped once, however many destinations it serves. Blocks until every
    /// `auth_init` has returned.
    ///
    /// - Parameters:
    ///   - services: what the authenticators may ask; their answers are taken here.
    ///   - limit: how long an answer may take.
    /// - Throws: ``ModuleError`` of the first authenticator that cannot be used, naming its destination.
    package init(
        _ destinations: [CredentialDestination], limit: Duration, services: any ModuleServices,
        clock: any HostClock = SystemClock(), log: Logger
    ) throws(ModuleError) {
        var mapped: [String: MappedModule] = [:]
        var table: [String: DestinationCredentials] = [:]
        for item in destinations {
            let answers = AnswersOfAuthenticator(services)
            let loaded: LoadedModule
            do throws(ModuleError) {
                let name = item.authenticator.module
                if mapped[name] == nil { mapped[name] = try Self.map(item.authenticator, log) }
                guard let module = mapped[name] else { continue }
                loaded = try module.instance(item.authenticator, authenticates: true, services: answers)
            } catch {
                throw item.error(error)
            }
            let decider = Self.decider(loaded, of: item.destination, clock, log)
            table[item.destination.name] = DestinationCredentials(
                item.destination, decider, answers, limit: limit, clock: clock, log: log)
        }
        self.destinations = table
        servers = Dictionary(destinations.map { ($0.destination.name, $0.servers) }) { $1 }
    }

    private static func map(_ request: LoadRequest, _ log: Logger) throws(ModuleError) -> MappedModule {
        let module = try ModuleLoader(request).map()
        log.notice("Loaded authenticator <\(module.identity.name)> \(module.identity.version) from \(module.path)")
        return module
    }

    private static func decider(
        _ module: LoadedModule, of destination: Destination, _ clock: any HostClock, _ log: Logger
    ) -> any Decider {
        let text = "authenticator `\(module.identity.name)` of destination `\(destination.name)`"
        return ModuleDecider(
            module, queueLimit: 1024, threads: 2, deadlines: LiveDeadlines(Deadlines()), clock: clock
        ) { incident in
            incident.count()
            incident.write(to: log, of: text)
        }
    }

    /// The names of the destinations, sorted.
    package var names: [String] { destinations.keys.sorted() }

    /// Asks for what a connection begins with. `body` is called exactly once: at once on this thread, or later on another.
    package func ask(_ name: String, _ body: @escaping @Sendable (CredentialOutcome) -> Void) {
        guard let destination = destinations[name] else { return body(.failure(unknown(name))) }
        destination.ask(body)
    }

    /// Asks for the answer to a challenge of the remote server, which is neither kept nor shared.
    ///
    /// - Parameter round: the number of the challenge within its connection, from 1.
    package func answer(
        _ challenge: Secret, round: UInt32, for name: String, _ body: @escaping @Sendable (CredentialOutcome) -> Void
    ) {
        guard let destination = destinations[name] else { return body(.failure(unknown(name))) }
        destination.answer(challenge, round: round, body)
    }

    /// Learns whether the remote server took a credential.
    package func completed(_ name: String, serial: UInt32, accepted: Bool) {
        destinations[name]?.completed(serial, accepted: accepted)
    }

    /// The servers whose clients are given a destination's secret; none for a destination that does not exist.
    package func servers(of name: String) -> [String] { servers[name] ?? [] }

    /// Learns from a program that knows no serial number that a secret was refused; a secret that is not kept changes nothing.
    package func reject(_ name: String, secret: Secret) { destinations[name]?.reject(secret) }

    /// Learns that the newest credentials of a destination were refused, from a program that knows no serial number.
    package func rejectNewest(_ name: String) { destinations[name]?.rejectNewest() }

    /// The state of every destination, in the order of their names.
    package func statuses() -> [CredentialStatus] { names.compactMap { destinations[$0]?.status } }

    /// Asks, and waits for the answer. Not to be called on an event loop or the cooperative pool.
    package func credential(for name: String, challenge: Secret? = nil, round: UInt32 = 1) -> CredentialOutcome {
        let outcome = Awaited<CredentialOutcome>()
        if let challenge {
            answer(challenge, round: round, for: name, outcome.put)
        } else {
            ask(name, outcome.put)
        }
        return outcome.wait()
    }

    /// Ends the authenticators. Blocks for at most `timeout` for each.
    ///
    /// - Parameter awaitsLateCalls: whether an entry point that is over its deadline has that time to return.
    package func stop(within timeout: Duration, awaitsLateCalls: Bool = true) {
        for destination in destinations.values {
            destination.stop(within: timeout, awaitsLateCalls: awaitsLateCalls)
        }
    }

    /// Looks for authenticators whose entry points have been running for too long.
    func noticeLongCalls() { for destination in destinations.values { destination.noticeLongCalls() } }

    /// Fails the questions whose deadline has passed, for tests that turn the clock themselves.
    package func expireDeadlines() { for destination in destinations.values { destination.expireDeadlines() } }

    /// The failure of a question about a destination that does not exist.
    package func unknown(_ name: String) -> CredentialFailure {
        let known = names.map { "`\($0)`" }.joined(separator: ", ")
        return CredentialFailure(
            "unknown-destination",
            "there is no destination `\(name.controlsEscaped)`; "
                + (known.isEmpty ? "none is configured" : "there are \(known)"))
    }
}
