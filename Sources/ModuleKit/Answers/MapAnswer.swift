import CAuthModule

/// Answers a mapping.
public struct MapAnswer: Sendable {
    /// What was decided, and why.
    public let answer: Answer
    /// The new name, 1...4095 bytes of UTF-8 where the status is ``AnswerStatus/ok``, else empty.
    public let mappedName: [UInt8]

    private init(_ answer: Answer, _ name: [UInt8] = []) {
        self.answer = answer
        mappedName = name
    }

    /// Leaves the name as it is.
    public static var notMapped: MapAnswer { MapAnswer(Answer(AnswerStatus(rawValue: AUTH_FALSE))) }
    /// Says that the module maps no name at all: it is not asked again until ``HostInterface/invalidate(_:)`` of everything. A
    /// module that will map from then on says that first, and maps after it.
    public static var mapsNothing: MapAnswer { MapAnswer(Answer(.noEntry)) }
    /// Gives the new name, in UTF-8.
    public static func mapped(_ name: [UInt8]) -> MapAnswer { MapAnswer(.ok, name) }
    /// Gives the new name.
    public static func mapped(_ name: String) -> MapAnswer { MapAnswer(.ok, Array(name.utf8)) }
    /// Refuses the question that the name belongs to.
    public static var deny: MapAnswer { MapAnswer(.deny) }
    /// Refuses the question that the name belongs to, and says why.
    public static func deny(_ log: StaticString, client: StaticString = "") -> MapAnswer {
        MapAnswer(.deny(log, client: client))
    }
    /// Refuses the question that the name belongs to, and says why.
    @_disfavoredOverload
    public static func deny(_ log: String, client: String = "") -> MapAnswer { MapAnswer(.deny(log, client: client)) }
    /// Could not decide, which denies, and says why in the event log.
    public static func failed(_ log: StaticString) -> MapAnswer { MapAnswer(.failed(log)) }
    /// Could not decide, which denies, and says why in the event log.
    @_disfavoredOverload
    public static func failed(_ log: String) -> MapAnswer { MapAnswer(.failed(log)) }
    /// Is decided later: the question's completion was kept and answers it.
    public static var delayed: MapAnswer { MapAnswer(.delayed) }
}

/// What a completion can be given: ``Answer``, ``MapAnswer`` or ``CredentialAnswer``.
public protocol ModuleReply: Sendable {
    /// Says what was decided, and why.
    var answer: Answer { get }
    /// Gives the new name of a mapping, else nothing.
    var mappedName: [UInt8] { get }
    /// Gives what a remote server is shown, else nothing.
    var credential: Credential? { get }
    /// Makes the reply that says that the module could not decide.
    static func failed(_ log: StaticString) -> Self
}

extension ModuleReply {
    /// Gives nothing.
    public var credential: Credential? { nil }
}

extension MapAnswer: ModuleReply {}

extension Answer: ModuleReply {
    /// Gives itself.
    public var answer: Answer { self }
    /// Gives nothing.
    public var mappedName: [UInt8] { [] }
}
