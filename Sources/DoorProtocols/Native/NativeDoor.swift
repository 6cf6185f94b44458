import AuthCore

/// The native door: a binary protocol for programs that ask often, pipelined, with pushed ejections.
public struct NativeDoor: DoorType {
    /// What `type` calls it.
    public static let name = "native"
    /// Which programs it serves.
    public static let summary = "programs that link libauthhost, and other authhosts"
    /// What `option` lines may say.
    public static let options = [
        DoorOption(
            "logon", .flag, default: "FALSE",
            "each connection must log on as a user that the module lets read the door's `object`"),
        DoorOption(
            "resume", .flag, default: "FALSE",
            "clients may log users in without a password that they have authenticated themselves"),
        DoorOption(
            "max-pending", .integer(1...100_000), default: "1024",
            "how many questions of a connection may wait for their answers before no more are read"),
        DoorOption(
            "max-pending-bytes", .integer(65_536...1_073_741_824), default: "4194304",
            "how many bytes those questions may have been sent with before no more are read"),
    ]
    /// The object of a request, where the block names none.
    public static let template: DoorTemplate? = DoorTemplate(
        "/doors/%n", [("n", "the door's name")])

    /// Whether every client may ask as users whose passwords it does not have.
    public static func believesClients(_ settings: DoorSettings) -> Bool {
        settings.flag("resume", of: Self.self) && !settings.flag("logon", of: Self.self)
    }

    /// What each verdict is on the wire, for the table of docs/doors.md.
    public static func wire(_ answer: Answer) -> [(question: String, bytes: String)] {
        let kinds: [(String, NativeProtocol.Kind)] = [
            ("login", .login), ("logout", .logout), ("map", .map), ("check", .check),
        ]
        return kinds.map { name, kind in
            var out = OutgoingBytes()
            NativeWriter.verdict(answer, kind, 1, to: &out)
            return (name, WireText.escaped(out.bytes))
        }
    }

    let settings: DoorSettings
    let host: any QuestionAnswering
    let needsLogon: Bool
    let allowsResume: Bool
    let mostPending: Int
    let mostPendingBytes: Int
    /// What a user who logs on must be allowed to read.
    let object: ObjectName

    /// Makes the door; throws what is wrong with its block.
    public init(_ settings: DoorSettings, host: any QuestionAnswering) throws(DoorProblem) {
        self.settings = settings
        self.host = host
        needsLogon = settings.flag("logon", of: Self.self)
        allowsResume = settings.flag("resume", of: Self.self)
        mostPending = settings.integer("max-pending", of: Self.self)
        mostPendingBytes = settings.integer("max-pending-bytes", of: Self.self)
        object = try TextTemplate(settings.object ?? "/doors/%n", letters: "n").constantName(["n": settings.name])
    }

    /// Begins the conversation with a client.
    public func converse<Carrier: DoorCarrying>(_ client: DoorClient, by carrier: Carrier) -> Carrier.Carried {
        carrier.carry(NativeConversation(self, client))
    }
}
