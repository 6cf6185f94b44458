import AuthCore
import DoorCarrier
import DoorProtocols
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Stands in for authhost at one door and gives its client bad answers, to see that each of them ends in a denial.
public struct DoorDoctor: Sendable {
    /// What a client is answered with.
    public enum Fault: String, Sendable, CaseIterable {
        /// No fault: the client must be let in, or the other answers show nothing.
        case yes = "a yes"
        case no = "a no"
        case error = "an error"
        case late = "a late yes"
        case silence = "silence"
        case garbage = "garbage"
        case restart = "a restart"

        /// Whether the client must be let in.
        public var letsIn: Bool { self == .yes }

        /// Whether nothing comes, however long a client waits.
        var isSilent: Bool { self == .late || self == .silence }
    }

    /// What became of one fault.
    public struct Finding: Sendable {
        /// What the doctor could not do.
        public let fault: Fault
        /// What the client was sent, for people.
        public let sent: String
        /// nil: the client could not be asked.
        public let isLetIn: Bool?
        /// More for people; empty for nothing.
        public let note: String
        /// Whether it is as it must be.
        public var isGood: Bool { isLetIn == fault.letsIn }
    }

    private let settings: DoorSettings
    private let patience: Duration
    private let attempt: (@Sendable () async -> (isLetIn: Bool?, note: String))?

    /// - Parameters:
    ///   - settings: of the door, at whose address nothing may be listening now.
    ///   - patience: how long the built-in client waits where nothing comes. For what comes from this process it waits longer:
    ///     a machine that is busy shows nothing about the door.
    ///   - attempt: makes the real client ask, and tells whether it let its user in, nil when that could not be seen; nil for
    ///     the built-in client.
    public init(
        _ settings: DoorSettings, patience: Duration,
        attempt: (@Sendable () async -> (isLetIn: Bool?, note: String))? = nil
    ) {
        self.settings = settings
        self.patience = patience
        self.attempt = attempt
    }

    /// Tries every fault.
    ///
    /// Throws: what hinders listening where the door does.
    public func examine() async throws -> [Finding] {
        var findings: [Finding] = []
        for fault in Fault.allCases { findings.append(try await examine(fault)) }
        return findings
    }

    private func examine(_ fault: Fault) async throws -> Finding {
        var settings = settings
        // The operator would not have permitted the built-in client.
        if attempt == nil { settings.clients = [] }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let sent = SentBytes()
        do {
            let standIn: StandIn
            switch fault {
            case .yes, .no, .error, .late:
                standIn = try await .door(settings, ScriptedHost(fault), sent)
            case .silence, .garbage, .restart: standIn = try await .raw(settings, fault, group, sent)
            }
            let (isLetIn, note) = await ask(fault, standIn.places, sent)
            await standIn.stop()
            try await group.shutdownGracefully()
            return Finding(fault: fault, sent: sent.text(fault), isLetIn: isLetIn, note: note)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func ask(
        _ fault: Fault, _ places: [SocketAddress], _ sent: SentBytes
    ) async -> (isLetIn: Bool?, note: String) {
        if let attempt { return await attempt() }
        guard let probe = DoorTypes.probe(settings) else {
            return (nil, "there is no built-in client of `\(settings.type)`: name a command")
        }
        guard let place = places.last else { return (nil, "the door listens nowhere") }
        let (isLetIn, received, note) = await ProbeClient.ask(
            probe, at: place, usesTLS: settings.tls != nil,
            patience: fault.isSilent ? patience : max(patience, ProbeClient.longestPatience))
        sent.set(received)
        return (isLetIn, note)
    }
}

/// What a client was sent.
final class SentBytes: Sendable {
    private let bytes = NIOLockedValueBox<[UInt8]>([])

    func add(_ new: some Sequence<UInt8>) { bytes.withLockedValue { $0 += new } }

    /// Takes what a client has received in place of what was seen to go out.
    func set(_ received: [UInt8]) { bytes.withLockedValue { $0 = received } }

    /// The first 60 bytes of it.
    func text(_ fault: DoorDoctor.Fault) -> String {
        let all = bytes.withLockedValue { $0 }
        if all.isEmpty { return fault == .restart ? "nothing; the connection was closed" : "nothing" }
        return WireText.escaped(all.prefix(60)) + (all.count > 60 ? "… (\(all.count) bytes)" : "")
    }
}

/// Answers every question in one way.
struct ScriptedHost: QuestionAnswering {
    private static let session = SessionID.random()
    /// The one user that a yes lets in: others who ask at the door meanwhile are strangers.
    static let user = "doctor"
    private let fault: DoorDoctor.Fault

    init(_ fault: DoorDoctor.Fault) { self.fault = fault }

    var readiness: (ready: Bool, detail: String) { (fault == .yes, "authhost doctor") }

    func ask(_ question: Question) -> Outcome {
        switch fault {
        case .yes: .decided(yes(question))
        case .no:
            .decided(
                question.isOfPassword ? Answer(.wrongCredentials, .invalidPassword) : Answer(.deny, .deniedByModule))
        // The answer that is late for every client: a client that still waits at the end of the trial has waited for nothing.
        case .late: .delayed(Ticket {})
        case .error, .silence, .garbage, .restart: .decided(Answer(.undecided, .moduleError))
        }
    }

    private func yes(_ question: Question) -> Answer {
        var answer = Answer(.allow, .granted)
        switch question {
        case .login(let login), .resume(let login), .authenticate(let login):
            guard login.user.hasBytes(of: Self.user) else { return Answer(.wrongCredentials, .invalidUser) }
            answer.session = Self.session
            answer.user = login.user
        case .map(let id, _, _) where id != Self.session, .check(let id, _) where id != Self.session:
            return Answer(.deny, .unknownSession)
        case .map(_, let name, _): answer.mappedName = name
        case .check(_, let check):
            answer.mappedName = check.name
            answer.user = Self.user
        case .logout: break
        }
        return answer
    }

    func ask(_ checks: [SessionCheck]) -> [Outcome] { checks.map { ask(.check($0.session, $0.check)) } }
    func setContent(_ content: ObjectContent?, of name: ObjectName) throws(ObjectRefusal) { throw .closed }
    func describe(_ id: SessionID) -> SessionDescription? {
        guard fault == .yes, id == Self.session else { return nil }
        return SessionDescription(
            id: id, user: "doctor", applicationID: "", machineID: "", address: "", door: "doctor", connected: 0,
            lastUse: 0)
    }
    func whenEnded(_ id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> Bool { id == Self.session }
    func watchEnd(of id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> HostWatch? {
        id == Self.session ? HostWatch {} : nil
    }
    func whenInvalidated(_ body: @escaping @Sendable (Invalidation) -> Void) -> HostWatch {
        HostWatch {}
    }
}

extension Question {
    fileprivate var isOfPassword: Bool {
        switch self {
        case .login, .authenticate: true
        case .resume, .logout, .map, .check: false
        }
    }
}
