import CAuthModule

/// What a check asks for; the numbers are `AUTH_ACTION_*`.
public enum CheckAction: UInt32, Sendable {
    /// To read the object.
    case read = 1
    /// To write the object.
    case write
    /// To create the object.
    case create
}

/// A question about an object, lent until the function that is asked returns.
public struct CheckQuestion: ~Copyable, ~Escapable {
    // SAFETY: the host's record, checked by init?, lives until the entry returns, and the question cannot outlive that.
    private let record: UnsafePointer<auth_check_t>
    private let slot: PendingSlot<Answer>

    /// What is asked for.
    public let action: CheckAction

    /// Takes the host's record; nil for one that breaks the contract.
    @_lifetime(borrow record)
    @inline(__always)
    init?(_ record: UnsafePointer<auth_check_t>?, _ slot: PendingSlot<Answer>) {
        guard let record, record.pointee.size >= FirstSize.check,
            let action = CheckAction(rawValue: record.pointee.action),
            record.pointee.user.isValid, record.pointee.requested.isValid, record.pointee.contribution_id.isValid,
            let object = record.pointee.object, object.pointee.size >= FirstSize.object, object.pointee.name.isValid,
            0...1024 ~= record.pointee.field_count, record.pointee.field_count == 0 || record.pointee.fields != nil,
            Pairs.areValid(record.pointee.attributes, record.pointee.attribute_count)
        else { return nil }
        self.record = record
        self.slot = slot
        self.action = action
    }

    /// Who asks.
    public var session: SessionID { SessionID(rawValue: record.pointee.session) }

    /// When the question is denied without an answer, on ``HostInterface/monotonicTime``.
    public var deadline: Duration { .nanoseconds(record.pointee.deadline) }

    /// Whether it came in a batch. Such a check cannot be answered later: return `.askAlone` before anything is begun for it, and
    /// the host asks again.
    public var isRow: Bool { record.pointee.token == 0 }

    /// Answers the question later, after `.delayed`. Every access gives the same object. That of a row of a batch answers nothing.
    public var completion: Completion<Answer> { slot.completion(record.pointee.token, record.pointee.deadline) }

    /// The user's name: 1...255 bytes.
    public var user: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.user.span, copying: self) }
    }

    /// The object's name as the client asked, before any mapping.
    public var requested: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.requested.span, copying: self) }
    }

    /// The object's name after mapping: 1...4095 bytes of UTF-8.
    public var object: Span<UInt8> {
        @_lifetime(copy self)
        get { _overrideLifetime(record.pointee.object.pointee.name.span, copying: self) }
    }

    /// What kind of object it is, where the host knows.
    public var objectKind: ObjectKind { ObjectKind(rawValue: record.pointee.object.pointee.type) }

    /// Whether somebody reads why: then an answer that allows should say so too, such as the rule that decided and where it
    /// stands. Else the reason for the log has no reader, and need not be made.
    public var wantsReason: Bool { record.pointee.flags & AUTH_CHECK_REASON != 0 }

    /// The contribution that a write belongs to; empty for none.
    public var contributionID: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.contribution_id.span, copying: self) }
    }

    /// How many fields a write contributes, or how many values a read's object has where its kind is known: 0...1024.
    public var fieldCount: Int { record.pointee.field_count }

    /// Lends each contributed field of a write, or value of the object of a read, to `body`.
    public func forEachField<Failure: Error>(
        _ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        try Pairs.forEach(record.pointee.fields, record.pointee.field_count, body)
    }

    /// What the log-in has set; 0 for nothing.
    public var sessionData: UInt64 { record.pointee.session_data }

    /// Lends each attribute that the door gives to `body`.
    public func forEachAttribute<Failure: Error>(
        _ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        try Pairs.forEach(record.pointee.attributes, record.pointee.attribute_count, body)
    }
}

/// What kind of object a check is about; the numbers are `AUTH_OBJECT_*`.
public struct ObjectKind: RawRepresentable, Hashable, Sendable {
    /// The number on the C interface.
    public let rawValue: Int32

    /// Makes a kind of any number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Type and content are not known yet.
    public static var unknown: ObjectKind { ObjectKind(rawValue: AUTH_OBJECT_UNKNOWN) }
    /// A record.
    public static var record: ObjectKind { ObjectKind(rawValue: AUTH_OBJECT_RECORD) }
    /// A directory.
    public static var directory: ObjectKind { ObjectKind(rawValue: AUTH_OBJECT_DIRECTORY) }
}
