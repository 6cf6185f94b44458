import CAuthModule

/// A request for a directory of the host's, lent until the function that is asked returns.
public struct HTTPQuestion: ~Copyable, ~Escapable {
    // SAFETY: the host's record, checked by init?, lives until the entry returns, and the question cannot outlive that.
    private let record: UnsafePointer<auth_http_t>
    private let slot: PendingSlot<Answer>

    /// Takes the host's record; nil for one that breaks the contract.
    @_lifetime(borrow record)
    @inline(__always)
    init?(_ record: UnsafePointer<auth_http_t>?, _ slot: PendingSlot<Answer>) {
        guard let record, record.pointee.size >= FirstSize.http,
            record.pointee.user.isValid, record.pointee.password.isValid, record.pointee.path.isValid
        else { return nil }
        self.record = record
        self.slot = slot
    }

    /// The session that the user's credentials have got.
    public var session: SessionID { SessionID(rawValue: record.pointee.session) }

    /// What its log-in has set; 0 for nothing.
    public var sessionData: UInt64 { record.pointee.session_data }

    /// When the question is denied without an answer, on ``HostInterface/monotonicTime``.
    public var deadline: Duration { .nanoseconds(record.pointee.deadline) }

    /// Answers the question later, after `.delayed`. Every access gives the same object.
    public var completion: Completion<Answer> { slot.completion(record.pointee.token, record.pointee.deadline) }

    /// What is to be done with the path.
    public var method: HTTPMethod { HTTPMethod(rawValue: record.pointee.method) ?? .other }

    /// The user's name; empty where the client gave none.
    public var user: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.user.span, copying: self) }
    }

    /// The password; empty where the client gave none. A copy must be wiped.
    public var password: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.password.span, copying: self) }
    }

    /// The path that is asked for.
    public var path: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.path.span, copying: self) }
    }
}

/// The method of an HTTP request; the numbers are `AUTH_METHOD_*`.
public enum HTTPMethod: UInt32, Sendable {
    /// `GET`.
    case get = 1
    /// `HEAD`.
    case head
    /// `POST`.
    case post
    /// `PUT`.
    case put
    /// `DELETE`.
    case delete
    /// Any other, also one that this kit does not know.
    case other
}
