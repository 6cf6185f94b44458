import CAuthModule

/// A log-in, lent until the function that is asked returns.
public struct LoginQuestion: ~Copyable, ~Escapable {
    // SAFETY: the host's record, checked by init?, lives until the entry returns, and the question cannot outlive that.
    private let record: UnsafePointer<auth_login_t>
    private let slot: PendingSlot<Answer>

    /// Takes the host's record; nil for one that breaks the contract.
    @_lifetime(borrow record)
    @inline(__always)
    init?(_ record: UnsafePointer<auth_login_t>?, _ slot: PendingSlot<Answer>) {
        guard let record, record.pointee.size >= FirstSize.login,
            Pairs.areValid(record.pointee.attributes, record.pointee.attribute_count),
            record.pointee.user.isValid, record.pointee.password.isValid, record.pointee.address.isValid,
            record.pointee.application_id.isValid, record.pointee.machine_id.isValid, record.pointee.door.isValid
        else { return nil }
        self.record = record
        self.slot = slot
    }

    /// The session that this log-in will become.
    public var session: SessionID { SessionID(rawValue: record.pointee.session) }

    /// When the question is denied without an answer, on ``HostInterface/monotonicTime``.
    public var deadline: Duration { .nanoseconds(record.pointee.deadline) }

    /// Answers the question later, after `.delayed`. Every access gives the same object.
    public var completion: Completion<Answer> {
        slot.completion(record.pointee.token, record.pointee.deadline, user: record.pointee.user.span.text())
    }

    /// The user's name: 1...255 bytes, valid UTF-8, no control characters.
    public var user: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.user.span, copying: self) }
    }

    /// The password: 0...4096 bytes, no NUL inside; empty in ``AuthModule/resumeUser(_:)``. A copy must be wiped.
    public var password: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.password.span, copying: self) }
    }

    /// The client's address as text; may be a proxy's, may be empty.
    public var address: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.address.span, copying: self) }
    }

    /// 0...255 bytes, supplied by the client: not to be trusted for a decision.
    public var applicationID: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.application_id.span, copying: self) }
    }

    /// 0...255 bytes, supplied by the client: not to be trusted for a decision.
    public var machineID: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.machine_id.span, copying: self) }
    }

    /// The door that asks, such as "http".
    public var door: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.door.span, copying: self) }
    }

    /// Lends each attribute that the door gives, such as the subject of a client's certificate, to `body`.
    public func forEachAttribute<Failure: Error>(
        _ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        try Pairs.forEach(record.pointee.attributes, record.pointee.attribute_count, body)
    }
}
