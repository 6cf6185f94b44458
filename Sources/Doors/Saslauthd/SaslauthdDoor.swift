import AuthCore
import NIOCore

/// The door for everything that checks passwords through Cyrus SASL's saslauthd: mail and directory servers, and more.
public struct SaslauthdDoor: DoorType {
    /// What `type` calls it.
    public static let name = "saslauthd"
    /// Which programs it serves.
    public static let summary = "Cyrus SASL's `saslauthd` socket: Cyrus IMAP, OpenLDAP, Postfix, Sendmail, Exim"
    /// What `option` lines may say.
    public static let options = [
        DoorOption(
            "combine-realm", .flag, default: "FALSE",
            "the user is called `user@realm` where a client names a realm, as by `saslauthd -r`")
    ]
    /// The object of a request, where the block names none.
    public static let template: DoorTemplate? = DoorTemplate(
        PasswordQuestions.defaultTemplate,
        [
            ("s", "the service as one segment, such as `imap`"),
            ("r", "the realm as one segment, `%` where there is none"),
        ])

    /// What each verdict is on the wire, for the table of docs/doors.md.
    public static func wire(_ answer: Answer) -> [(question: String, bytes: String)] {
        [("password", WireText.escaped(SaslauthdReply.bytes(answer)))]
    }

    /// Asks as testsaslauthd does.
    public static func probe(_ settings: DoorSettings) -> DoorProbe? {
        let field = [0, 6] + Array("doctor".utf8)
        return DoorProbe(request: field + field + field + [0, 0]) { bytes in
            guard bytes.count >= 2 else { return nil }
            let length = Int(bytes[0]) << 8 | Int(bytes[1])
            guard bytes.count >= 2 + length else { return nil }
            return bytes.dropFirst(2).starts(with: "OK".utf8)
        }
    }

    let questions: PasswordQuestions
    let combinesRealm: Bool

    /// Makes the door; throws what is wrong with its block.
    public init(_ settings: DoorSettings, host: any QuestionAnswering) throws(DoorProblem) {
        questions = try PasswordQuestions(settings, host: host, letters: "sr")
        combinesRealm = settings.flag("combine-realm", of: Self.self)
    }

    /// The handlers of a connection.
    public func handlers(for peer: DoorPeer, _ connection: DoorConnection) -> [any ChannelHandler] {
        [SaslauthdConnection(self, peer, connection)]
    }
}

/// What a request is answered with: a text behind its length in two bytes, the greater first.
enum SaslauthdReply {
    /// `OK`, or `NO` with the verdict and, but for wrong credentials, its reason.
    static func bytes(_ answer: Answer) -> [UInt8] {
        switch answer.verdict {
        case .allow: counted("OK")
        case .wrongCredentials: counted("NO \(answer.verdict.rawValue)")
        case .deny, .overLimit, .ejected, .undecided:
            counted("NO \(answer.verdict.rawValue) \(answer.reason.rawValue)")
        }
    }

    static func bytes(_ fault: DoorFault) -> [UInt8] { counted("NO \(fault.description)") }

    private static func counted(_ text: String) -> [UInt8] { [0, UInt8(text.utf8.count)] + Array(text.utf8) }
}
