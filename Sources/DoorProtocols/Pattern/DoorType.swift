import AuthCore
import Logging

/// The protocol of a door: a translation between bytes and the one `Question`/`Answer` pair.
///
/// To add one: a folder with a type like this, its line in ``DoorTypes/all``, its page and its tests. Listening, TLS,
/// who may connect, the number of connections, counting and stopping are the pattern's.
public protocol DoorType: Sendable {
    /// What `type` says in a configuration, in small letters.
    static var name: String { get }
    /// One line about the programs it serves.
    static var summary: String { get }
    /// What its `option` lines may name.
    static var options: [DoorOption] { get }
    /// The `object` it has of itself, and the letters of its templates; nil for a protocol that names objects.
    static var template: DoorTemplate? { get }

    /// What an answer becomes on the wire, for each kind of question of the protocol: the table of `docs/doors.md`, so
    /// made by the code that answers clients. Bytes that do not print are escaped as in C.
    static func wire(_ answer: Answer) -> [(question: String, bytes: String)]

    /// A minimal client of the protocol, for `authhost doctor`.
    static func probe(_ settings: DoorSettings) -> DoorProbe?

    /// The clients of the protocol that give up on an answer by themselves, the least patient first.
    static var patience: [ClientPatience] { get }

    /// Whether every client may ask as users whose passwords it does not have.
    static func believesClients(_ settings: DoorSettings) -> Bool

    /// Takes what a block configures.
    ///
    /// Throws: ``DoorProblem`` for what is not valid.
    init(_ settings: DoorSettings, host: any QuestionAnswering) throws(DoorProblem)

    /// The same, with what doors may need besides the host.
    init(_ settings: DoorSettings, host: any QuestionAnswering, services: DoorServices) throws(DoorProblem)

    /// Whether a few connections are kept free for it whatever the other doors hold.
    static var isKeptReachable: Bool { get }
    /// Whether its clients are told in HTTP that there is no place for them; others are closed without a word.
    static var speaksHTTP: Bool { get }

    /// Begins the conversation with a client that was accepted.
    func converse<Carrier: DoorCarrying>(_ client: DoorClient, by carrier: Carrier) -> Carrier.Carried
}

extension DoorType {
    /// By default there are none.
    public static var options: [DoorOption] { [] }
    /// By default requests are about no object of the door's.
    public static var template: DoorTemplate? { nil }
    /// By default nothing is known of how long clients wait.
    public static var patience: [ClientPatience] { [] }
    /// By default clients are not believed.
    public static func believesClients(_ settings: DoorSettings) -> Bool { false }
    /// By default no connections are kept free for a door.
    public static var isKeptReachable: Bool { false }
    /// By default a door speaks no HTTP.
    public static var speaksHTTP: Bool { false }

    /// By default a door needs no services.
    public init(_ settings: DoorSettings, host: any QuestionAnswering, services: DoorServices) throws(DoorProblem) {
        try self.init(settings, host: host)
    }
}

/// The types of doors: one line for each.
public enum DoorTypes {
    /// Every type, in the order of docs/doors.md.
    public static let all: [any DoorType.Type] = [
        HTTPDoor.self, NativeDoor.self, ForwardAuthDoor.self, RabbitMQDoor.self, AuthZENDoor.self, SaslauthdDoor.self,
        DovecotDoor.self,
    ]

    /// Makes the door of a block.
    ///
    /// Throws: ``DoorProblem`` that names what is wrong and what would be accepted.
    package static func make(
        _ settings: DoorSettings, host: any QuestionAnswering, services: DoorServices = DoorServices()
    ) throws(DoorProblem) -> any DoorType {
        guard let type = all.first(where: { $0.name == settings.type }) else {
            let known = all.map { "`\($0.name)`" }.joined(separator: ", ")
            throw DoorProblem(
                .type, "there is no door type `\(settings.type.clippedForMessage)`: \(known) are accepted")
        }
        try settings.check(type)
        return try type.init(settings, host: host, services: services)
    }

    package static func probe(_ settings: DoorSettings) -> DoorProbe? {
        all.first { $0.name == settings.type }?.probe(settings)
    }

    /// What is worth a warning about a valid block: that strangers are believed. Nil for nothing.
    public static func warning(_ settings: DoorSettings) -> String? {
        guard let type = all.first(where: { $0.name == settings.type }), type.believesClients(settings),
            settings.clients.isEmpty, !settings.hasClientCertificates,
            let address = settings.addresses.first(where: { !$0.isLoopback })
        else { return nil }
        return "door \(settings.name): every program at \(address.host) may ask as any user, without a password: "
            + "say with `client` or `tls-client-authority` who may connect"
    }

    /// The clients of a door that give up before an answer may come.
    ///
    /// - Parameter longest: how long an answer may take.
    public static func impatient(_ type: String, longest: Duration) -> [ClientPatience] {
        (all.first { $0.name == type }?.patience ?? []).filter { $0.limit < longest }
    }

    /// Checks a block; nothing is opened or read.
    package static func check(_ settings: DoorSettings) throws(DoorProblem) {
        _ = try make(settings, host: UnaskedHost())
    }
}

/// How long a kind of client waits for an answer, unless its operator has set it otherwise.
public struct ClientPatience: Hashable, Sendable {
    /// The program, such as `nginx`.
    public let client: String
    /// How long it waits.
    public let limit: Duration
    /// Where its operator changes that; nil where it is fixed.
    public let setting: String?

    /// Makes the patience of a program; `setting` is nil where it is fixed.
    public init(_ client: String, _ limit: Duration, setting: String?) {
        self.client = client
        self.limit = limit
        self.setting = setting
    }
}

/// A client of a door, as its conversation sees it.
public struct DoorClient: Sendable {
    /// Who it is, as far as the connection tells.
    public let peer: DoorPeer
    /// How long it may take for the rest of what it has begun to say.
    public let timeout: Duration
    /// Counts breaches of the protocol, by a word for the kind.
    public let countFault: @Sendable (String) -> Void
    /// Where operators are told what the client is not told.
    public var log = Logger(label: "authhost.door") { _ in SwiftLogNoOpLogHandler() }

    /// Makes a client of a connection.
    public init(peer: DoorPeer, timeout: Duration, countFault: @escaping @Sendable (String) -> Void) {
        self.peer = peer
        self.timeout = timeout
        self.countFault = countFault
    }
}

/// An option of a door's type.
public struct DoorOption: Sendable {
    /// What a value may be.
    public enum Kind: Sendable {
        case flag
        case integer(ClosedRange<Int>)
        case choice([String])
        case text
    }

    /// The option's name.
    public let name: String
    /// What its value must be.
    public let kind: Kind
    /// The value that holds when it is not set, as one would write it.
    public let defaultText: String
    /// One line that says what it does.
    public let help: String

    /// Makes an option.
    public init(_ name: String, _ kind: Kind, default defaultText: String, _ help: String) {
        self.name = name
        self.kind = kind
        self.defaultText = defaultText
        self.help = help
    }

    /// What would be accepted, in words; nil when the text is.
    func complaint(about text: String) -> String? {
        switch kind {
        case .flag: ["TRUE", "FALSE"].contains(text.uppercased()) ? nil : "TRUE and FALSE are accepted"
        case .integer(let range):
            Int(text).map(range.contains) == true ? nil : "\(range.lowerBound) to \(range.upperBound) are accepted"
        case .choice(let words):
            words.contains(text) ? nil : "\(words.map { "`\($0)`" }.joined(separator: ", ")) are accepted"
        case .text: nil
        }
    }
}

/// The letters of a door's `object` and what they stand for.
public struct DoorTemplate: Sendable {
    /// The template where the block has none.
    public let defaultText: String
    /// By letter, what stands in for it.
    public let letters: [(letter: Character, meaning: String)]

    /// Makes a template with the letters that may stand in it.
    public init(_ defaultText: String, _ letters: [(letter: Character, meaning: String)]) {
        self.defaultText = defaultText
        self.letters = letters
    }
}

/// Why a door cannot be made as it is configured.
public struct DoorProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// What of the block is wrong, so that the reader of the file can say where it stands.
    public enum Part: Hashable, Sendable {
        case block, type, object
        /// The index of the line, from 0.
        case option(Int)
        case client(Int)
        case tls(TLSFile)
    }

    /// A file of a door's TLS.
    public enum TLSFile: Hashable, Sendable {
        case certificate, key, clientAuthority
    }

    /// The part of the block that is meant.
    public let part: Part
    /// What is wrong, in words.
    public let description: String

    /// Makes a problem.
    public init(_ part: Part, _ description: String) {
        self.part = part
        self.description = description
    }
}

extension String {
    /// At most 64 characters of it.
    var clippedForMessage: String { count > 64 ? "\(prefix(64))…" : self }
}

/// Stands for the host where a block is only checked.
struct UnaskedHost: QuestionAnswering {
    var readiness: (ready: Bool, detail: String) { (false, "not asked") }
    func ask(_ question: Question) -> Outcome { .decided(Answer(.undecided, .stopping)) }
    func ask(_ checks: [SessionCheck]) -> [Outcome] { checks.map { ask(.check($0.session, $0.check)) } }
    func setContent(_ content: ObjectContent?, of name: ObjectName) throws(ObjectRefusal) { throw .closed }
    func describe(_ id: SessionID) -> SessionDescription? { nil }
    func whenEnded(_ id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> Bool { false }
    func watchEnd(of id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> HostWatch? { nil }
    func whenInvalidated(_ body: @escaping @Sendable (Invalidation) -> Void) -> HostWatch {
        HostWatch {}
    }
}
