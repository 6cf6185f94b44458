import CAuthModule

/// A name to be mapped, lent until the function that is asked returns.
public struct MapQuestion: ~Copyable, ~Escapable {
    // SAFETY: the host's record, checked by init?, lives until the entry returns, and the question cannot outlive that.
    private let record: UnsafePointer<auth_mapping_t>
    private let slot: PendingSlot<MapAnswer>

    /// Takes the host's record; nil for one that breaks the contract.
    @_lifetime(borrow record)
    @inline(__always)
    init?(_ record: UnsafePointer<auth_mapping_t>?, _ slot: PendingSlot<MapAnswer>) {
        guard let record, record.pointee.size >= FirstSize.mapping,
            record.pointee.user.isValid, record.pointee.requested.isValid, record.pointee.name.isValid,
            !Self.hasAttributes(record)
                || Pairs.areValid(record.pointee.attributes, record.pointee.attribute_count)
        else { return nil }
        self.record = record
        self.slot = slot
    }

    /// Whether the host is new enough to tell attributes of a mapping.
    private static func hasAttributes(_ record: UnsafePointer<auth_mapping_t>) -> Bool {
        record.pointee.size >= UInt32(MemoryLayout<auth_mapping_t>.size)
    }

    /// Who asks.
    public var session: SessionID { SessionID(rawValue: record.pointee.session) }

    /// What the log-in has set; 0 for nothing.
    public var sessionData: UInt64 { record.pointee.session_data }

    /// When the question is denied without an answer, on ``HostInterface/monotonicTime``.
    public var deadline: Duration { .nanoseconds(record.pointee.deadline) }

    /// Answers the question later, after `.delayed`. Every access gives the same object.
    public var completion: Completion<MapAnswer> { slot.completion(record.pointee.token, record.pointee.deadline) }

    /// The user's name: 1...255 bytes.
    public var user: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.user.span, copying: self) }
    }

    /// The name as the client asked: 1...4095 bytes that start with `/`.
    public var requested: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.requested.span, copying: self) }
    }

    /// The name after the configuration's own mappings.
    public var name: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.name.span, copying: self) }
    }

    /// Lends each attribute that the door gives, such as the trace of the request, to `body`. A host that is older than they are
    /// gives none.
    public func forEachAttribute<Failure: Error>(
        _ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        guard Self.hasAttributes(record) else { return }
        try Pairs.forEach(record.pointee.attributes, record.pointee.attribute_count, body)
    }
}
