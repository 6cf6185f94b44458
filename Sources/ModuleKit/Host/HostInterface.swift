import CAuthModule

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Offers what a module may ask of its host: any thread, any time from `init` on.
///
/// What is called from inside an entry point never calls the module back.
public final class HostInterface: @unchecked Sendable {
    // The host's table is valid and constant until the process ends, and its functions may be called on any thread.
    let host: UnsafePointer<auth_host_t>
    let table: auth_host_t

    /// Takes the host's table; nil for one without the members that say what it is.
    init?(_ host: UnsafePointer<auth_host_t>?) {
        // SAFETY: the first member is the table's size, and no byte behind that size is read.
        guard let host, Int(host.pointee.size) >= MemoryLayout<UInt32>.size * 4 else { return nil }
        var table = auth_host_t()
        let known = min(Int(host.pointee.size), MemoryLayout<auth_host_t>.size) / Self.slot * Self.slot
        // INVARIANT: functions behind the host's size stay nil.
        withUnsafeMutableBytes(of: &table) { $0.copyMemory(from: UnsafeRawBufferPointer(start: host, count: known)) }
        self.host = host
        self.table = table
    }

    private static var slot: Int { MemoryLayout<UnsafeRawPointer>.size }

    /// Writes one line to the event log; 4,096 bytes are kept. Never log a password or a token.
    /// A NUL inside is written as `\0`.
    public func log(_ severity: LogSeverity, _ text: String) {
        text.withoutNULs.withCString { table.log?(host, severity.rawValue, $0) }
    }

    /// Finds the value of an option of this module; nil when it is neither configured nor has a default.
    public func option(_ name: String) -> String? { option(name, 0) }

    /// Finds all values of an option that may be repeated.
    public func options(_ name: String) -> [String] {
        var values: [String] = []
        while let value = option(name, values.count) { values.append(value) }
        return values
    }

    private func option(_ name: String, _ index: Int) -> String? {
        if name.holdsNUL { return nil }
        // SAFETY: the host's strings are NUL-terminated; copied at once.
        return name.withCString { table.option?(host, $0, index) }.map { String(cString: $0) }
    }

    /// Tells the wall clock: the time since 1970-01-01 00:00 UTC.
    public var wallTime: Duration { .nanoseconds(table.time?(host) ?? 0) }

    /// Tells the clock that deadlines are on: the time from an unspecified start, never backwards.
    public var monotonicTime: Duration { .nanoseconds(table.monotonic_time?(host) ?? 0) }

    /// Ejects the sessions that match, oldest first; nil is any.
    ///
    /// In a cluster they are of all hosts, and with a `limit` the registry chooses the oldest after this has returned.
    ///
    /// Returns how many were ejected, with a `limit` in a cluster how many this host has at most. Returns nil where the host ejects
    /// nothing: for a negative `limit`, where nothing is named that sessions must match, or for a text with a NUL inside, which no
    /// session has and which would be cut into what another has.
    @discardableResult
    public func eject(
        user: String? = nil, applicationID: String? = nil, machineID: String? = nil, limit: Int? = nil
    ) -> Int? {
        if let limit, limit < 0 { return nil }
        if [user, applicationID, machineID].contains(where: { $0?.holdsNUL == true }) { return nil }
        let count = limit.map { Int32(clamping: $0) } ?? -1
        let ejected = withOptional(user) { user in
            withOptional(applicationID) { application in
                withOptional(machineID) { machine in table.eject?(host, user, count, application, machine) }
            }
        }
        return ejected.flatMap { $0 < 0 ? nil : Int($0) }
    }

    /// Ejects one session; its client is told so at its next question. False for one that has ended or never was.
    @discardableResult
    public func eject(_ session: SessionID) -> Bool { table.eject_session?(host, session.rawValue) == 0 }

    /// Says whether files that belong to a user, named by number, may decide something.
    public func trusts(owner: UInt32) -> Bool { table.trusts_owner?(host, owner) == 1 }

    /// Tells how the rules that the module decides by stand to those that they are read from, whenever that changes.
    ///
    /// While they are not the same the host may deny, see ``RulesState``; so try again until they have been read.
    ///
    /// - Parameter digest: of rules that are current, what tells them from others, such as the SHA-256 of their file in
    ///   hexadecimal digits; it stands in the audit log beside each decision.
    public func noteRules(_ state: RulesState, digest: String? = nil) {
        switch state {
        case .current:
            guard let digest else {
                _ = table.rules_state?(host, UInt32(AUTH_RULES_CURRENT), nil)
                return
            }
            _ = digest.withoutNULs.withCString { table.rules_state?(host, UInt32(AUTH_RULES_CURRENT), $0) }
        case .unreadable(let reason):
            _ = reason.withoutNULs.withCString { table.rules_state?(host, UInt32(AUTH_RULES_UNREADABLE), $0) }
        case .wrong(let reason):
            _ = reason.withoutNULs.withCString { table.rules_state?(host, UInt32(AUTH_RULES_WRONG), $0) }
        }
    }

    /// Forgets every kept decision in a scope. Says whether the host took it, which it does not of a name with a NUL inside.
    @discardableResult
    public func invalidate(_ scope: InvalidationScope) -> Bool {
        let number: Int32
        var name: String?
        var session: UInt64 = 0
        switch scope {
        case .all: number = AUTH_SCOPE_ALL
        case .user(let user): (number, name) = (AUTH_SCOPE_USER, user)
        case .session(let id): (number, session) = (AUTH_SCOPE_SESSION, id.rawValue)
        case .object(let object): (number, name) = (AUTH_SCOPE_OBJECT, object)
        }
        if name?.holdsNUL == true { return false }
        return withOptional(name) { table.invalidate?(host, UInt32(number), $0, session) } == 0
    }

    /// Finds an attribute of a session; nil for a session that is not known.
    public func attribute(_ attribute: SessionAttribute, of session: SessionID) -> String? {
        guard let function = table.session_attribute else { return nil }
        // INVARIANT: no attribute is longer than a name of 4,096 bytes; a longer one is refused, not cut.
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4097) { buffer in
            let length = function(host, session.rawValue, attribute.rawValue, buffer.baseAddress, buffer.count)
            guard length >= 0, length < buffer.count else { return nil }
            // SAFETY: the host wrote `length` bytes, as it said.
            return String(
                decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<Int(length)]),
                as: UTF8.self)
        }
    }

    /// Checks a signed token that a user presents in place of a password: signature, validity, user name and single use,
    /// in one call, so that a token which was good once is refused the next time.
    ///
    /// May block, so not to be called from an entry point of a module that is declared any-thread; any other thread will do.
    /// key: the id of one of the configuration's keys. token: at most 65,536 bytes. Text with a NUL inside is refused.
    public func checkSignature(key: String, token: Span<UInt8>, user: Span<UInt8>) -> SignatureCheck {
        guard let function = table.signature_check else { return .failed("the host checks no signatures") }
        return token.withTerminatedCopy { token in
            user.withTerminatedCopy { user in
                guard let token, let user, !key.holdsNUL else {
                    return .refused("the key, the token or the user's name holds a NUL")
                }
                return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1025) { reason in
                    // INVARIANT: a host that writes no reason leaves an empty one.
                    reason.initialize(repeating: 0)
                    let status = function(host, key, token, user, reason.baseAddress, reason.count)
                    let count = reason.firstIndex(of: 0) ?? reason.count
                    let text = String(
                        decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(reason)[..<count]),
                        as: UTF8.self)
                    return SignatureCheck(status, text)
                }
            }
        }
    }

    /// Gets the credentials that a connection of this module's to a destination of the configuration presents.
    ///
    /// Blocks for at most `credential-timeout`: call it on threads of your own. challenge: nil to begin with, then what
    /// the remote server said, at most 65,536 bytes without a NUL.
    /// Throws: why there are none, for the log.
    public func credential(
        for destination: String, challenge: Span<UInt8>? = nil
    ) throws(CredentialFailure) -> Credential {
        guard let function = table.credential else { throw CredentialFailure("the host gives no credentials") }
        guard !destination.holdsNUL else { throw CredentialFailure("the destination's name holds a NUL") }
        let capacity = Credential.longestSecret + ResultWriter.room
        let outcome: Result<Credential, CredentialFailure> = withUnsafeTemporaryAllocation(
            of: CChar.self, capacity: capacity
        ) { scratch in
            // SAFETY: the allocation, which lives until this closure returns.
            defer { explicit_bzero(scratch.baseAddress!, scratch.count) }
            var record = auth_result_t()
            record.size = UInt32(MemoryLayout<auth_result_t>.size)
            record.scratch = scratch.baseAddress
            record.scratch_size = UInt32(scratch.count)
            let status: Int32
            if let challenge {
                status = challenge.withTerminatedCopy { challenge in
                    guard let challenge else { return Self.refusedChallenge }
                    return destination.withCString { function(host, $0, challenge, &record) }
                }
            } else {
                status = destination.withCString { function(host, $0, nil, &record) }
            }
            guard status != Self.refusedChallenge else {
                return .failure(CredentialFailure("the challenge holds a NUL"))
            }
            guard status == AUTH_OK, record.user.isValid, record.secret.isValid else {
                let reason = record.reason_log.isValid ? record.reason_log.span.text() : ""
                return .failure(CredentialFailure(reason.isEmpty ? "the host gave no credential" : reason))
            }
            let bytes = UnsafeRawBufferPointer(start: record.secret.data, count: record.secret.length)
            return .success(
                Credential(
                    user: record.user.span.text(), secret: bytes,
                    expiry: record.expiry == 0 ? nil : .seconds(record.expiry), serial: record.serial))
        }
        return try outcome.get()
    }

    /// No status: what could not be handed to the host.
    private static let refusedChallenge: Int32 = -1

    /// Tells what became of credentials that ``credential(for:challenge:)`` gave: `accepted` by the remote server, or
    /// refused, so that they are not given out any more and the next ones are fetched afresh.
    public func completed(_ credential: Credential, for destination: String, accepted: Bool) {
        if destination.holdsNUL { return }
        destination.withCString {
            table.credential_completed?(host, $0, credential.serial, accepted ? AUTH_OK : AUTH_DENY)
        }
    }

    /// Passes a late answer on.
    ///
    /// user: who logs in; nil for what is no log-in.
    func complete(_ token: UInt64, _ reply: some ModuleReply, user: String?) -> CompletionOutcome {
        guard let function = table.complete else { return .refused }
        let room = ResultWriter.room(for: reply)
        let outcome = withUnsafeTemporaryAllocation(of: CChar.self, capacity: room) { scratch in
            // SAFETY: the allocation, which lives until this closure returns.
            defer { if reply.credential != nil { explicit_bzero(scratch.baseAddress!, scratch.count) } }
            var record = auth_result_t()
            record.size = UInt32(MemoryLayout<auth_result_t>.size)
            let status = ResultWriter.write(reply, to: &record, scratch: scratch, user: user)
            // SAFETY: the strings are in `scratch`; the host says that it cannot lend to such a record.
            return function(host, token, status, &record)
        }
        return CompletionOutcome(rawValue: outcome) ?? .refused
    }

    private func withOptional<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let text else { return body(nil) }
        return text.withCString { body($0) }
    }
}
