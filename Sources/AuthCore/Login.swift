/// What a client presents to become a session.
public struct Login: Sendable {
    /// What never changes. It stands apart, so that a log-in is handed on for two reference counts and not seven.
    private final class Presented: Sendable {
        let user: String
        let password: Secret
        let address, applicationID, machineID, door: String

        init(
            user: String, password: Secret, address: String, applicationID: String, machineID: String, door: String
        ) {
            self.user = user
            self.password = password
            self.address = address
            self.applicationID = applicationID
            self.machineID = machineID
            self.door = door
        }
    }

    private let presented: Presented
    /// What the door knows besides, such as the subject of a client's certificate; at most 64.
    public var attributes: [Field] = []
    /// Which decision its answer is; set by the host.
    public var decision = DecisionID.none

    /// Valid UTF-8, 1...255 bytes, no control characters; checked by ``init(user:password:address:applicationID:machineID:door:)``.
    public var user: String { presented.user }
    /// 0...4096 bytes without a NUL.
    public var password: Secret { presented.password }
    /// Of the client as text; may be a proxy's.
    public var address: String { presented.address }
    /// Client-supplied: never trusted for a decision but the matching of sessions to eject.
    public var applicationID: String { presented.applicationID }
    /// The machine id that the client gave; "" for none.
    public var machineID: String { presented.machineID }
    /// The door that asks, such as `http`.
    public var door: String { presented.door }

    /// - Throws: ``LoginError`` naming the part that no module may see, and why.
    public init(
        user: String, password: Secret, address: String = "", applicationID: String = "", machineID: String = "",
        door: String
    ) throws(LoginError) {
        try LoginError.check(user, "user name", 1...255)
        try LoginError.check(applicationID, "application id", 0...255)
        try LoginError.check(machineID, "machine id", 0...255)
        try LoginError.check(address, "client address", 0...255)
        if password.count > 4096 { throw LoginError("a password is longer than 4096 bytes") }
        if password.withTerminatedBytes({ $0.dropLast().contains(0) }) { throw LoginError("a password holds a NUL") }
        presented = Presented(
            user: user, password: password, address: address, applicationID: applicationID, machineID: machineID,
            door: door)
    }
}

extension Login {
    /// - Throws: ``LoginError`` for what is no name of a user.
    public static func checkUser(_ user: String) throws(LoginError) { try LoginError.check(user, "user name", 1...255) }
}

/// Why a log-in is refused before any module sees it.
public struct LoginError: Error, CustomStringConvertible, Sendable {
    /// What is wrong, in words.
    public let description: String

    init(_ description: String) { self.description = description }

    static func check(_ text: String, _ what: String, _ length: ClosedRange<Int>) throws(LoginError) {
        guard length.contains(text.utf8.count) else {
            throw LoginError(
                "\(article(what)) has \(text.utf8.count) bytes; \(length.lowerBound) to \(length.upperBound) are accepted"
            )
        }
        let control = text.unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }
        if control { throw LoginError("\(article(what)) holds a control character") }
    }

    private static func article(_ what: String) -> String {
        (what.hasPrefix("a") ? "an " : "a ") + what
    }
}
