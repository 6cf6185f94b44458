import AuthCore
import CAuthModule
import CFFI
import Glibc

/// A connection that needs credentials.
public struct Destination: Sendable {
    /// The name in the configuration, 1...255 bytes.
    public let name: String
    /// "host:port" as configured; empty for none.
    public let address: String

    public init(name: String, address: String) {
        self.name = name
        self.address = address
    }
}

/// One instance of an authenticator, for one destination: `include/authhost/authenticators9.h`.
public final class LoadedAuthenticator: Sendable {
    /// Who the module says it is.
    public let identity: ModuleIdentity
    private let generation: Generation9

    init(identity: ModuleIdentity, generation: Generation9) {
        self.identity = identity
        self.generation = generation
    }

    /// Asks `authenticate`, or `retry` where the remote server has sent a challenge; nil where the module has no such entry.
    ///
    /// - Parameter round: the number of the challenge within its connection, from 1.
    public func credential(
        _ destination: Destination, challenge: (text: Secret, round: UInt32)?, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        guard let call = generation.table[challenge == nil ? .authenticate : .retry]?.call else { return nil }
        let count = AnswerReader.credentialScratchSize
        let scratch = UnsafeMutableBufferPointer<CChar>.allocate(capacity: count)
        scratch.initialize(repeating: 0)
        defer {
            // SAFETY: the buffer is owned here, and the answer has been copied.
            explicit_bzero(scratch.baseAddress!, count)
            scratch.deallocate()
        }
        let result = AnswerReader.emptyResult(scratch: scratch.baseAddress!, count)
        return withRecord(destination, challenge, ticket) { generation.ask(call, &$0, result) }
    }

    /// Tells what became of the credentials.
    public func completed(_ destination: Destination, accepted: Bool) {
        guard let call = generation.table[.completed]?.call else { return }
        let ticket = QuestionTicket(token: 0, deadline: 0)
        withRecord(destination, nil, ticket) { record in
            withUnsafeMutablePointer(to: &record) { record in
                let outcome = accepted ? AUTH_OK : AUTH_DENY
                _ = call(
                    UInt64(generation.instance), UInt64(UnsafeRawPointer(record)), UInt64(truncatingIfNeeded: outcome))
            }
        }
    }

    /// Tells that nobody waits for a token any more.
    public func cancel(_ token: UInt64) { generation.cancel(token) }

    /// Ends the instance. May not return; run it on a thread that can be written off.
    public func exit() { generation.exit() }

    private func withRecord<Result>(
        _ destination: Destination, _ challenge: (text: Secret, round: UInt32)?, _ ticket: QuestionTicket,
        _ body: (inout auth_destination_t) -> Result
    ) -> Result {
        destination.name.withTerminated { name in
            destination.address.withTerminated { address in
                (challenge?.text ?? Secret([])).withTerminatedBytes { text in
                    var record = auth_destination_t()
                    record.size = UInt32(MemoryLayout<auth_destination_t>.size)
                    record.round = challenge?.round ?? 0
                    record.token = ticket.token
                    record.deadline = ticket.deadline
                    record.destination = name
                    record.address = address
                    if challenge != nil { record.challenge = auth_string_t(text) }
                    return body(&record)
                }
            }
        }
    }
}
