/// A status code of the module ABI (`include/authhost/status.h`). Unknown numbers survive, and deny.
public struct Status: RawRepresentable, Hashable, Sendable {
    /// The number that it has here: that of generations 6 and 7.
    public let rawValue: Int32
    /// The number that the module said, for messages.
    private let said: Int32

    /// Takes any number: one without a name denies.
    public init(rawValue: Int32) { self.init(rawValue: rawValue, said: rawValue) }

    /// Takes a number that its generation spells otherwise.
    ///
    /// - Parameter said: what the module said, which messages show.
    public init(rawValue: Int32, said: Int32) { (self.rawValue, self.said) = (rawValue, said) }

    /// Whether they mean the same, however their generations spell it.
    public static func == (one: Status, other: Status) -> Bool { one.rawValue == other.rawValue }
    /// Feeds what it means.
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    /// 0, which is no answer: it denies.
    public static var none: Status { Status(rawValue: 0) }
    /// AUTH_OK
    public static var ok: Status { Status(rawValue: 1) }
    /// AUTH_DENY
    public static var deny: Status { Status(rawValue: 2) }
    /// AUTH_ERROR
    public static var error: Status { Status(rawValue: 3) }
    /// AUTH_FALSE, of a mapping: the name stays as it is.
    public static var notMapped: Status { Status(rawValue: 4) }
    /// AUTH_AGAIN
    public static var again: Status { Status(rawValue: 5) }
    /// AUTH_DELAYED
    public static var delayed: Status { Status(rawValue: 6) }
    /// AUTH_INVALID_USER
    public static var invalidUser: Status { Status(rawValue: 7) }
    /// AUTH_INVALID_PASS
    public static var invalidPassword: Status { Status(rawValue: 8) }
    /// AUTH_INVALID_ADDR
    public static var invalidAddress: Status { Status(rawValue: 9) }
    /// AUTH_ACCT_EXPIRED
    public static var accountExpired: Status { Status(rawValue: 10) }
    /// AUTH_USER_LC_EXCEEDED
    public static var userLimitExceeded: Status { Status(rawValue: 11) }
    /// AUTH_SITE_LC_EXCEEDED
    public static var siteLimitExceeded: Status { Status(rawValue: 12) }
    /// `AUTH_USER1` … `AUTH_USER5`: refusals with a meaning between module and client.
    public static let userCodes: ClosedRange<Int32> = 32...36
    /// `AUTH_DEFER`, `AUTH_IGNORE` and `AUTH_CONTINUE`: reserved, and deny.
    public static let reserved: ClosedRange<Int32> = 64...66
    /// AUTH_NO_ENTRY: as if the module did not export the entry point. Of a completion it denies.
    public static var noEntry: Status { Status(rawValue: 67) }
    /// AUTH_ASK_ALONE, of a row of a batch: it is put to the check's own entry point. Anywhere else it is no answer, and denies.
    public static var askAlone: Status { Status(rawValue: 68) }

    /// Whether a module may return the number at all, whatever it was asked.
    public var isKnown: Bool {
        (Self.ok.rawValue...Self.siteLimitExceeded.rawValue).contains(rawValue) || Self.userCodes.contains(rawValue)
            || Self.reserved.contains(rawValue) || self == .noEntry
    }

    /// How messages name it: the number is another one in each generation for AUTH_OK alone.
    public var shown: String {
        if self == .ok { return "AUTH_OK" }
        // AUTH_OK of generation 9 is written in one way, also where it means nothing.
        return said == 0x5945_5321 ? "0x59455321" : "\(said)"
    }
}

/// The kinds of question a module can be asked. A status means different things to different kinds.
public enum QuestionKind: String, Sendable, CaseIterable {
    case login, resume, map, read, write, create

    /// Whether the question asks for a session.
    public var isLogin: Bool { self == .login || self == .resume }
}
