import AuthCore

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
        var out = OutgoingBytes()
        SaslauthdReply.write(answer, to: &out)
        return [("password", WireText.escaped(out.bytes))]
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
        questions = try PasswordQuestions(settings, host: host, letters: "sr", saysUser: false)
        combinesRealm = settings.flag("combine-realm", of: Self.self)
    }

    /// Begins the conversation with a client.
    public func converse<Carrier: DoorCarrying>(_ client: DoorClient, by carrier: Carrier) -> Carrier.Carried {
        carrier.carry(SaslauthdConversation(self, client))
    }
}
