import CAuthModule

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a remote server is shown: a user's name and a secret, wiped when the last reference goes. It describes itself
/// without either.
public final class Credential: Sendable {
    /// The most bytes a secret may have.
    public static let longestSecret = 65_536

    /// The name that the remote server is shown, 0...255 bytes.
    public let user: String
    /// When it ends: the time since 1970-01-01 00:00 UTC in whole seconds; nil for one that is used once and not kept.
    public let expiry: Duration?
    /// Which one it is to the host that gave it; 0 for one that a module made.
    let serial: UInt32
    // Written in init and deinit only, where no other code can hold a reference.
    private nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    /// Copies a secret of 0...65,536 bytes; the caller wipes its own copy.
    public convenience init(user: String, secret: UnsafeRawBufferPointer, expiry: Duration? = nil) {
        self.init(user: user, secret: secret, expiry: expiry, serial: 0)
    }

    init(user: String, secret: UnsafeRawBufferPointer, expiry: Duration?, serial: UInt32) {
        self.user = user
        self.serial = serial
        self.expiry = expiry
        bytes = .allocate(byteCount: secret.count, alignment: 1)
        bytes.copyMemory(from: secret)
    }

    deinit {
        if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
        bytes.deallocate()
    }

    /// Lends the secret's bytes.
    public func withSecret<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(bytes))
    }
}

extension Credential: CustomStringConvertible, CustomReflectable {
    /// Says nothing of what it holds.
    public var description: String { "(credential)" }
    /// Shows nothing of what it holds.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Answers a connection that needs credentials.
public struct CredentialAnswer: ModuleReply {
    /// What was decided, and why.
    public let answer: Answer
    /// What the remote server is shown, where the status is ``AnswerStatus/ok``.
    public let credential: Credential?

    private init(_ answer: Answer, _ credential: Credential? = nil) {
        self.answer = answer
        self.credential = credential
    }

    /// Gives nothing: no name is mapped here.
    public var mappedName: [UInt8] { [] }

    /// Gives a credential.
    public static func ok(_ credential: Credential) -> CredentialAnswer { CredentialAnswer(.ok, credential) }
    /// There will be none until the configuration changes, and why. Never a secret.
    ///
    /// kind: a word of a-z and - that names the kind of failure, for the counters.
    public static func deny(_ log: String, kind: String = "") -> CredentialAnswer {
        CredentialAnswer(Answer(.deny, log: log, client: kind))
    }
    /// There is none now, and why. Never a secret.
    public static func failed(_ log: StaticString) -> CredentialAnswer { CredentialAnswer(.failed(log)) }
    /// There is none now, and why. Never a secret.
    ///
    /// kind: a word of a-z and - that names the kind of failure, for the counters.
    @_disfavoredOverload
    public static func failed(_ log: String, kind: String = "") -> CredentialAnswer {
        CredentialAnswer(Answer(.error, log: log, client: kind))
    }
    /// Is given later: the question's completion was kept and answers it.
    public static var delayed: CredentialAnswer { CredentialAnswer(.delayed) }
}
