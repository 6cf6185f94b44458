import CAuthModule

/// Gives the credentials that outgoing connections present.
///
/// Each destination of the configuration has an instance of its own, made with that destination's options. To export
/// the type: one line
///
///     @c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(MyAuthenticator.self) }
///
/// beside a C target that holds `AUTH_SWIFT_AUTHENTICATOR(…)`. The host keeps credentials until they expire, lets one
/// question at a time through for a destination, waits after failures, and asks afresh after a rejection.
public protocol Authenticator: HostedModule {
    /// Gives the credentials that a connection begins with.
    func authenticate(_ destination: borrowing DestinationQuestion) -> CredentialAnswer

    /// Answers a challenge of the remote server. Fails by default: the connection is given up.
    func retry(_ destination: borrowing DestinationQuestion) -> CredentialAnswer

    /// Learns whether the remote server took the credentials with a serial number; 0 where that is not known. Does nothing by
    /// default.
    func completed(_ destination: String, serial: UInt32, accepted: Bool)
}

extension Authenticator {
    /// Fails.
    public func retry(_ destination: borrowing DestinationQuestion) -> CredentialAnswer {
        .failed("the authenticator answers no challenges")
    }
    /// Does nothing.
    public func completed(_ destination: String, serial: UInt32, accepted: Bool) {}
}

/// A connection that needs credentials, lent until the function that is asked returns.
public struct DestinationQuestion: ~Copyable, ~Escapable {
    // SAFETY: the host's record, checked by init?, lives until the entry returns, and the question cannot outlive that.
    private let record: UnsafePointer<auth_destination_t>
    private let slot: PendingSlot<CredentialAnswer>

    /// Takes the host's record; nil for one that breaks the contract.
    @_lifetime(borrow record)
    init?(_ record: UnsafePointer<auth_destination_t>?, _ slot: PendingSlot<CredentialAnswer>) {
        guard let record, record.pointee.size >= FirstSize.destination,
            record.pointee.destination.isValid, record.pointee.address.isValid, record.pointee.challenge.isValid
        else { return nil }
        self.record = record
        self.slot = slot
    }

    /// 0 to begin with, then the number of the challenge within this connection, from 1.
    public var round: UInt32 { record.pointee.round }

    /// The number that the credentials will have, 0 for what answers a challenge: what ``Authenticator/completed(_:serial:accepted:)``
    /// names them by.
    public var serial: UInt32 { record.pointee.serial }

    /// When the question fails without an answer, on ``HostInterface/monotonicTime``.
    public var deadline: Duration { .nanoseconds(record.pointee.deadline) }

    /// Answers the question later, after `.delayed`. Every access gives the same object.
    public var completion: Completion<CredentialAnswer> {
        slot.completion(record.pointee.token, record.pointee.deadline)
    }

    /// The destination's name in the configuration, 1...255 bytes.
    public var name: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.destination.span, copying: self) }
    }

    /// "host:port" as configured; may be empty.
    public var address: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.address.span, copying: self) }
    }

    /// What the remote server said, 0...65,536 bytes; a copy must be wiped.
    public var challenge: Span<UInt8> {
        @_lifetime(copy self) get { _overrideLifetime(record.pointee.challenge.span, copying: self) }
    }
}
