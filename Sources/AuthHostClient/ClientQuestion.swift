import CAuthHost

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A question to an authhost: its own copy of every text, wiped at the end.
///
/// Texts are UTF-8 of at most 65,535 bytes without a NUL; one with a NUL ends there.
public final class ClientQuestion: Sendable {
    private typealias Member = WritableKeyPath<authhost_question_t, UnsafePointer<CChar>?>

    // SAFETY: these are written by the functions that make a question, before any other code has it, and read until deinit.
    private nonisolated(unsafe) var bytes: [CChar] = []
    // As above.
    private nonisolated(unsafe) var record = authhost_question_t()
    // As above: where in `bytes` the texts begin that the record points at.
    private nonisolated(unsafe) var texts: [(member: Member, place: Int)] = []
    // As above.
    private nonisolated(unsafe) var fields: [(name: Int, value: Int)] = []
    // As above.
    private nonisolated(unsafe) var attributes: [(name: Int, value: Int)] = []

    private init(_ kind: authhost_kind_t, room: Int = 0) {
        record.size = MemoryLayout<authhost_question_t>.size
        record.kind = kind
        // A growing array would leave copies behind.
        bytes.reserveCapacity(room)
    }

    deinit { bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } } }

    /// May this user log in?
    ///
    /// - Parameter isBound: whether the session ends with the connection.
    public static func login(
        user: Span<UInt8>, password: Span<UInt8>, address: Span<UInt8>, applicationID: Span<UInt8>,
        machineID: Span<UInt8>, isBound: Bool = false
    ) -> ClientQuestion {
        let question = ClientQuestion(
            AUTHHOST_QUESTION_LOGIN,
            room: user.count + password.count + address.count + applicationID.count + machineID.count + 5)
        if isBound { question.record.flags = UInt32(AUTHHOST_BOUND) }
        question.set(\.password, password)
        question.identify(user, address, applicationID, machineID)
        return question
    }

    /// May this user, authenticated by the program that asks, have a session? For doors that permit it.
    public static func resume(
        user: Span<UInt8>, address: Span<UInt8>, applicationID: Span<UInt8>, machineID: Span<UInt8>
    ) -> ClientQuestion {
        let question = ClientQuestion(AUTHHOST_QUESTION_LOGIN)
        question.record.flags = UInt32(AUTHHOST_RESUME)
        question.identify(user, address, applicationID, machineID)
        return question
    }

    /// The end of a session.
    public static func logout(_ session: ClientSession) -> ClientQuestion { about(session, AUTHHOST_QUESTION_LOGOUT) }

    /// Whether a session is there; its end is told to this client from then on.
    public static func watch(_ session: ClientSession) -> ClientQuestion { about(session, AUTHHOST_QUESTION_WATCH) }

    /// What is this name called inside?
    public static func map(_ session: ClientSession, name: Span<UInt8>) -> ClientQuestion {
        let question = about(session, AUTHHOST_QUESTION_MAP)
        question.set(\.name, name)
        return question
    }

    /// May the session do this?
    public static func check(
        _ session: ClientSession, _ action: ClientAction, name: Span<UInt8>, contributionID: Span<UInt8>
    ) -> ClientQuestion {
        let question = about(session, AUTHHOST_QUESTION_CHECK)
        question.record.action = action.number
        question.set(\.name, name)
        question.set(\.contribution_id, contributionID)
        return question
    }

    /// Adds a contributed field to a check; at most 1,024.
    public func add(field name: Span<UInt8>, value: Span<UInt8>) { fields.append((append(name), append(value))) }

    /// Adds what the program knows besides of its own client to a log-in or a check; at most 64.
    public func add(attribute name: Span<UInt8>, value: Span<UInt8>) {
        attributes.append((append(name), append(value)))
    }

    /// Asks about another session.
    public func about(_ session: ClientSession) { record.session = session.name }

    private static func about(_ session: ClientSession, _ kind: authhost_kind_t) -> ClientQuestion {
        let question = ClientQuestion(kind)
        question.about(session)
        return question
    }

    private func identify(
        _ user: Span<UInt8>, _ address: Span<UInt8>, _ applicationID: Span<UInt8>, _ machineID: Span<UInt8>
    ) {
        set(\.user, user)
        set(\.address, address)
        set(\.application_id, applicationID)
        set(\.machine_id, machineID)
    }

    private func set(_ member: Member, _ text: Span<UInt8>) { texts.append((member, append(text))) }

    private func append(_ text: Span<UInt8>) -> Int {
        let place = bytes.count
        text.withUnsafeBufferPointer { for byte in $0 { bytes.append(CChar(bitPattern: byte)) } }
        bytes.append(0)
        return place
    }

    /// Lends the record as the library takes it.
    func withRecord(timeout: Duration?, _ body: (inout authhost_question_t) -> Void) {
        var record = record
        if let timeout {
            let (seconds, attoseconds) = timeout.components
            // Rounded up, so that the side that set the deadline is the one that keeps it.
            record.timeout_ms = Int32(clamping: max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1))
        }
        bytes.withUnsafeBufferPointer { bytes in
            // SAFETY: every place is one in the bytes, which are there until `body` has returned.
            if let start = bytes.baseAddress {
                for (member, place) in texts { record[keyPath: member] = start + place }
            }
            func pairs(_ places: [(name: Int, value: Int)]) -> [authhost_field_t] {
                places.map { place in
                    authhost_field_t(
                        name: bytes.baseAddress.map { $0 + place.name },
                        value: bytes.baseAddress.map { $0 + place.value })
                }
            }
            pairs(fields).withUnsafeBufferPointer { fields in
                pairs(attributes).withUnsafeBufferPointer { attributes in
                    record.fields = fields.baseAddress
                    record.field_count = fields.count
                    record.attributes = attributes.baseAddress
                    record.attribute_count = attributes.count
                    body(&record)
                }
            }
        }
    }
}

extension ClientQuestion {
    /// May this user log in?
    public static func login(
        user: String, password: String, address: String = "", applicationID: String = "", machineID: String = ""
    ) -> ClientQuestion {
        login(
            user: Array(user.utf8).span, password: Array(password.utf8).span, address: Array(address.utf8).span,
            applicationID: Array(applicationID.utf8).span, machineID: Array(machineID.utf8).span)
    }

    /// May the session do this, with these contributed fields?
    public static func check(
        _ session: ClientSession, _ action: ClientAction, _ name: String, fields: [(String, String)] = []
    ) -> ClientQuestion {
        let question = check(session, action, name: Array(name.utf8).span, contributionID: [UInt8]().span)
        for (name, value) in fields { question.add(field: Array(name.utf8).span, value: Array(value.utf8).span) }
        return question
    }

    /// What is this name called inside?
    public static func map(_ session: ClientSession, _ name: String) -> ClientQuestion {
        map(session, name: Array(name.utf8).span)
    }
}

/// What a check asks for.
public enum ClientAction: Sendable {
    /// To read the object.
    case read
    /// To write the object.
    case write
    /// To create the object.
    case create

    var number: authhost_action_t {
        switch self {
        case .read: AUTHHOST_READ
        case .write: AUTHHOST_WRITE
        case .create: AUTHHOST_CREATE
        }
    }
}
