/// What a program asks through a door.
public enum Question: Sendable {
    /// May this client have a session? Asks the module each time.
    case login(Login)
    /// May this user, authenticated by a trusted program, have a session? The password is not looked at.
    case resume(Login)
    /// A log-in that gets the session that equal credentials got before, as long as that is fresh.
    case authenticate(Login)
    /// The session's end, as its client wishes. Always allowed; an unknown session is reported as such.
    ///
    /// `attributes`: what the door knows besides, such as a place in a trace; no module is told.
    case logout(SessionID, attributes: [Field] = [])
    /// What is this name called inside?
    ///
    /// `attributes`: what the door knows besides, such as a place in a trace; no module is told.
    case map(SessionID, ObjectName, attributes: [Field] = [])
    /// May the session do this?
    case check(SessionID, Check)
}

/// What a session wants to do with an object.
public struct Check: Sendable {
    /// What a check is about.
    public enum Action: String, Sendable, CaseIterable {
        case read, write, create
    }

    /// What few checks come with. It stands apart, so that a check is handed on for two reference counts and not four.
    @usableFromInline final class Company: Sendable {
        let fields: [Field]
        let contributionID: String?
        let attributes: [Field]

        init(_ fields: [Field], _ contributionID: String?, _ attributes: [Field]) {
            self.fields = fields
            self.contributionID = contributionID
            self.attributes = attributes
        }
    }

    /// What the session wants to do.
    public let action: Action
    /// As the client asked, before any mapping.
    public let name: ObjectName
    @usableFromInline var company: Company?

    /// Contributed fields of a write; at most 1,024, names and values without NUL.
    public var fields: [Field] { company?.fields ?? [] }
    /// The contribution id of a write; nil for none.
    public var contributionID: String? { company?.contributionID }
    /// What the door knows besides; at most 64.
    public var attributes: [Field] {
        get { company?.attributes ?? [] }
        set { if company != nil || !newValue.isEmpty { company = Company(fields, contributionID, newValue) } }
    }

    /// Whether a name and nothing else comes with it.
    @inlinable public var isBare: Bool { company == nil }

    /// Makes a check.
    public init(_ action: Action, _ name: ObjectName, fields: [Field] = [], contributionID: String? = nil) {
        self.action = action
        self.name = name
        if !fields.isEmpty || contributionID != nil { company = Company(fields, contributionID, []) }
    }

    /// The kind of question that it is.
    public var kind: QuestionKind {
        switch action {
        case .read: .read
        case .write: .write
        case .create: .create
        }
    }
}

/// A check, and the session that asks it.
public struct SessionCheck: Sendable {
    /// The session that asks.
    public let session: SessionID
    /// What it wants to do.
    public let check: Check

    /// Makes the question of a session.
    public init(_ session: SessionID, _ check: Check) {
        self.session = session
        self.check = check
    }
}

/// One contributed field.
public struct Field: Hashable, Sendable {
    /// The field's name.
    public let name: String
    /// The field's value.
    public let value: String

    /// Makes a field.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Compares bytes: canonically equivalent texts are different.
    public static func == (one: Field, other: Field) -> Bool {
        one.name.hasBytes(of: other.name) && one.value.hasBytes(of: other.value)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ExactText(name))
        hasher.combine(ExactText(value))
    }
}

/// The name of a session between authhost and its clients: 128 random bits. It is a credential, so it never describes itself.
public struct SessionID: Hashable, Sendable {
    /// The first 64 bits.
    public let high: UInt64
    /// The last 64 bits.
    public let low: UInt64

    /// Makes an id of two words.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a fresh one from the system's generator, which is cryptographically strong on Linux (getrandom).
    public static func random() -> SessionID {
        var generator = SystemRandomNumberGenerator()
        return SessionID(high: generator.next(), low: generator.next())
    }

    /// Reads 32 lower-case hexadecimal digits; nil for anything else.
    public init?(_ text: some Collection<UInt8>) {
        guard let words = HexadecimalWords.read(text) else { return nil }
        self.init(high: words.high, low: words.low)
    }

    /// The 32 hexadecimal digits that a client is given.
    public var hexadecimal: String { HexadecimalWords.text(high, low) }
}

extension SessionID: CustomStringConvertible, CustomReflectable {
    /// The first four digits: enough to follow a session through a log, too few to use it.
    public var description: String { "\(hexadecimal.prefix(4))…" }
    /// Shows no password to a debugger.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
