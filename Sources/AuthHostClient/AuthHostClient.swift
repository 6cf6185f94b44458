import CAuthHost
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Asks an authhost through its native door: libauthhost for Swift.
///
/// It has one connection, makes it anew when it is lost, and may be used by any number of threads and tasks. Every question
/// is answered exactly once, at its deadline at the latest; what could not be decided is ``ClientVerdict/undecided``.
public final class AuthHostClient: Sendable {
    /// How a connection is made and what is told.
    public struct Options: Sendable {
        /// `/path/of/socket` or `host:port`, an IPv6 address in brackets.
        public var address: String
        /// How long a question may take that does not say.
        public var timeout: Duration = .seconds(5)
        /// Questions that may wait; one more is undecided.
        public var mostPending: Int32 = 10_000
        /// Whether questions are answered at once while no connection can be made; else they wait for one until their deadline.
        public var failsFast = false
        /// Gives what a connection logs on with, nil for none now; the challenge is nil for the first try. May block.
        public var logon: (@Sendable (_ challenge: String?) -> LogOn?)?
        /// Told whether that was accepted.
        public var loggedOn: (@Sendable (_ accepted: Bool) -> Void)?
        /// Told what comes unasked; must not block.
        public var onEvent: (@Sendable (ClientEvent) -> Void)?

        /// - Parameter address: `/path/of/socket` or `host:port`.
        public init(address: String) { self.address = address }
    }

    /// What a connection logs on with.
    public struct LogOn: Sendable {
        let user: String
        let writeSecret: @Sendable (UnsafeMutableRawBufferPointer) -> Int?

        /// - Parameters:
        ///   - user: at most 255 bytes.
        ///   - writeSecret: writes the secret into the buffer of 65,535 bytes and returns its length, nil for one that does
        ///     not fit. The buffer is wiped.
        public init(user: String, writeSecret: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Int?) {
            self.user = user
            self.writeSecret = writeSecret
        }
    }

    private let hooks: Hooks
    private let client: Mutex<Client?>

    /// Begins to connect, in the background.
    ///
    /// Throws: ``ClientError`` without memory or threads, and for an empty address.
    public init(_ options: Options) throws(ClientError) {
        // C would end it there, and it would be another one.
        guard !options.address.utf8.contains(0) else { throw ClientError("the address holds a NUL") }
        hooks = Hooks(options)
        client = Mutex(nil)
        let opened = options.address.withCString { address in
            var record = authhost_options_t()
            record.size = MemoryLayout<authhost_options_t>.size
            record.address = address
            record.timeout_ms = Int32(clamping: options.timeout.components.seconds * 1000)
            record.most_pending = options.mostPending
            record.fails_fast = options.failsFast ? 1 : 0
            record.event = { context, event in
                if let event, let event = ClientEvent(event.pointee) { Hooks.of(context)?.options.onEvent?(event) }
            }
            if options.logon != nil {
                record.logon = { context, challenge, user, secret, length in
                    guard let hooks = Hooks.of(context), let user, let secret, let length else { return -1 }
                    return hooks.logon(challenge.map { String(cString: $0) }, user, secret, length) ? 0 : -1
                }
                record.logged_on = { context, accepted in Hooks.of(context)?.options.loggedOn?(accepted != 0) }
            }
            // Kept until the library's threads have ended.
            record.context = Unmanaged.passRetained(hooks).toOpaque()
            return authhost_open(&record).map { Client(pointer: $0) }
        }
        guard let opened else {
            Unmanaged.passUnretained(hooks).release()
            throw ClientError(
                "no client for `\(options.address)` could be made: \(String(cString: strerror(errno)).lowercased())")
        }
        client.withLock { $0 = opened }
    }

    deinit { close() }

    /// Ends the connection; what waits, and what is asked from now on, is undecided.
    public func close() {
        guard let client = client.withLock({ $0.take() }) else { return }
        authhost_close(client.pointer)
        // SAFETY: the reference of `init`; no thread of the library is left.
        Unmanaged.passUnretained(hooks).release()
    }

    /// Asks; `answered` is called exactly once, on any thread, and must not block.
    ///
    /// - Parameter timeout: nil for the client's.
    public func ask(
        _ question: ClientQuestion, timeout: Duration? = nil, _ answered: @escaping @Sendable (ClientAnswer) -> Void
    ) {
        guard let client = client.withLock({ $0 }) else { return answered(ClientAnswer(undecided: "closed")) }
        question.withRecord(timeout: timeout) { record in
            let continuation = Continuation(record.kind, answered)
            // Kept as long as the continuation, which the library's answer lets go.
            if record.kind != AUTHHOST_QUESTION_BATCH { record.decision = continuation.decision }
            let context = Unmanaged.passRetained(continuation).toOpaque()
            record.attribute = Continuation.take
            record.attribute_context = context
            authhost_ask(client.pointer, &record, Continuation.call, context)
        }
    }

    /// Asks.
    ///
    /// - Parameter timeout: nil for the client's.
    public func ask(_ question: ClientQuestion, timeout: Duration? = nil) async -> ClientAnswer {
        await withCheckedContinuation { continuation in
            ask(question, timeout: timeout) { continuation.resume(returning: $0) }
        }
    }
}

/// Why there is no client.
public struct ClientError: Error, CustomStringConvertible, Sendable {
    /// What was tried and what was found.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// The library's client.
private struct Client: @unchecked Sendable {
    // The library takes it on any thread.
    let pointer: OpaquePointer
}

/// What the library calls.
private final class Hooks: Sendable {
    let options: AuthHostClient.Options

    init(_ options: AuthHostClient.Options) { self.options = options }

    static func of(_ context: UnsafeMutableRawPointer?) -> Hooks? {
        // SAFETY: retained by the client for as long as the library calls.
        context.map { Unmanaged<Hooks>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Writes what a connection logs on with; false for nothing.
    func logon(
        _ challenge: String?, _ user: UnsafeMutablePointer<CChar>, _ secret: UnsafeMutablePointer<UInt8>,
        _ length: UnsafeMutablePointer<Int>
    ) -> Bool {
        guard let given = options.logon?(challenge) else { return false }
        let name = given.user.utf8CString
        // The header promises room for 256 bytes and 65,536. A name that C would end early is somebody else's.
        guard name.count <= 256, !given.user.utf8.contains(0) else { return false }
        for (index, character) in name.enumerated() { user[index] = character }
        guard let count = given.writeSecret(UnsafeMutableRawBufferPointer(start: secret, count: 65_535)) else {
            return false
        }
        length.pointee = count
        return true
    }
}

/// Carries a closure through C.
private final class Continuation: Sendable {
    private let kind: authhost_kind_t
    private let body: @Sendable (ClientAnswer) -> Void
    private let attributes = Mutex<[ClientAttribute]>([])
    /// Room for the name of the decision.
    // The library writes it before it gives the answer, and no code reads it before.
    nonisolated(unsafe) let decision = UnsafeMutablePointer<CChar>.allocate(capacity: Int(AUTHHOST_DECISION_SIZE))

    init(_ kind: authhost_kind_t, _ body: @escaping @Sendable (ClientAnswer) -> Void) {
        self.kind = kind
        self.body = body
        decision.initialize(repeating: 0, count: Int(AUTHHOST_DECISION_SIZE))
    }

    deinit { decision.deallocate() }

    static let call: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<authhost_answer_t>?) -> Void = {
        context, answer in
        guard let context, let answer else { return }
        // SAFETY: retained by `ask`, and the library calls once.
        let continuation = Unmanaged<Continuation>.fromOpaque(context).takeRetainedValue()
        continuation.body(
            ClientAnswer(
                answer, of: continuation.kind, continuation.attributes.withLock { $0 },
                decision: String(cString: continuation.decision)))
    }

    static let take:
        @convention(c) (UnsafeMutableRawPointer?, Int, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Void = {
            context, _, name, value in
            guard let context, let name, let value else { return }
            // SAFETY: retained by `ask` until the answer, which comes behind its attributes.
            let continuation = Unmanaged<Continuation>.fromOpaque(context).takeUnretainedValue()
            let attribute = ClientAttribute(String(cString: name), String(cString: value))
            continuation.attributes.withLock { $0.append(attribute) }
        }
}
