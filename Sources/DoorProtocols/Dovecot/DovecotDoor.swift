import AuthCore
import Glibc
import Synchronization

/// The door for mail programs that speak Dovecot's authentication protocol.
public struct DovecotDoor: DoorType {
    /// What `type` calls it.
    public static let name = "dovecot"
    /// Which programs it serves.
    public static let summary = "Postfix (`smtpd_sasl_type = dovecot`), Exim, and what else asks Dovecot for log-ins"
    /// How long Postfix waits for Dovecot's socket.
    public static let patience = [ClientPatience("Postfix", .seconds(10), setting: nil)]
    /// What `option` lines may say.
    public static let options = [
        DoorOption(
            "secured-only", .flag, default: "FALSE",
            "refuses clients that neither speak TLS to the mail program nor are on its machine, unasked"),
        DoorOption(
            "max-pending", .integer(1...100_000), default: "1000",
            "log-ins that one connection may have begun; another one fails for now"),
        DoorOption(
            "attribute-fields", .text, default: "",
            "attributes that `OK` has as fields, as `ATTRIBUTE=FIELD` with commas, such as `group=acl_groups`"),
    ]
    /// The object of a request, where the block names none.
    public static let template: DoorTemplate? = DoorTemplate(
        PasswordQuestions.defaultTemplate, [("s", "the service as one segment, such as `smtp`")])

    /// What each verdict is on the wire, for the table of docs/doors.md.
    public static func wire(_ answer: Answer) -> [(question: String, bytes: String)] {
        var out = OutgoingBytes()
        DovecotReply.end(1, answer, user: "alice", to: &out)
        return [("AUTH", WireText.escaped(out.bytes))]
    }

    /// Asks as Postfix does.
    public static func probe(_ settings: DoorSettings) -> DoorProbe? {
        // The user and the password `doctor`.
        let request =
            "VERSION\t1\t2\nCPID\t1\nAUTH\t1\tPLAIN\tservice=doctor\tnologin\tsecured\tresp=AGRvY3RvcgBkb2N0b3I=\n"
        return DoorProbe(request: Array(request.utf8)) { bytes in
            for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
                if line.starts(with: "OK\t1\tuser=".utf8) { return true }
                if line.starts(with: "FAIL\t1".utf8) { return false }
            }
            return nil
        }
    }

    let questions: PasswordQuestions
    let needsSecurity: Bool
    let mostPending: Int
    /// What a client is told that is let in.
    let fields: AttributeNames
    private let connections = Counting()

    /// Makes the door; throws what is wrong with its block.
    public init(_ settings: DoorSettings, host: any QuestionAnswering) throws(DoorProblem) {
        questions = try PasswordQuestions(settings, host: host, letters: "s", saysUser: true)
        needsSecurity = settings.flag("secured-only", of: Self.self)
        mostPending = settings.integer("max-pending", of: Self.self)
        fields = try AttributeNames(
            "attribute-fields", in: settings, of: Self.self, isName: Self.isField,
            accepted: "names of fields that mean nothing to the protocol, such as `acl_groups`")
    }

    /// Whether a field may have the name: one of letters, digits, `_` and `-`, to which clients give no meaning of their own.
    private static func isField(_ name: String) -> Bool {
        let taken = [
            "anonymous", "authz", "auth_user", "code", "delay", "delay_until", "event", "forward", "host", "login_user",
            "master", "nodelay", "nologin", "original_user", "pass", "password", "port", "proxy", "reason", "resp",
            "temp",
            "user", "user_disabled",
        ]
        return !name.isEmpty && !taken.contains(name.lowercased())
            && !["event_", "forward_", "proxy_", "userdb_"].contains(where: { name.lowercased().hasPrefix($0) })
            && name.utf8.allSatisfy("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-".utf8.contains)
    }

    /// Begins the conversation with a client.
    public func converse<Carrier: DoorCarrying>(_ client: DoorClient, by carrier: Carrier) -> Carrier.Carried {
        carrier.carry(DovecotConversation(self, client))
    }

    /// What the next connection is greeted with.
    func greeting() -> String {
        // The cookie is of the size of a session's name, and as hard to guess.
        DovecotReply.greeting(
            process: getpid(), connection: connections.next(), cookie: SessionID.random().hexadecimal)
    }
}

/// Gives numbers, each once.
private final class Counting: Sendable {
    private let last = Atomic<UInt64>(0)

    func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
}
