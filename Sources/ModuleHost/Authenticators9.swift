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

    /// Makes what an authenticator is told of a destination.
    public init(name: String, address: String) {
        self.name = name
        self.address = address
    }
}

extension Generation9 {
    /// Asks `authenticate`, or `retry` where the remote server has sent a challenge.
    func credential(
        _ destination: Destination, challenge: (text: Secret, round: UInt32)?, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        guard let call = table[challenge == nil ? .authenticate : .retry]?.call else { return nil }
        let count = AnswerReader.credentialScratchSize
        let scratch = UnsafeMutableBufferPointer<CChar>.allocate(capacity: count)
        scratch.initialize(repeating: 0)
        defer {
            // SAFETY: the buffer is owned here, and the answer has been copied.
            explicit_bzero(scratch.baseAddress!, count)
            scratch.deallocate()
        }
        let result = AnswerReader.emptyResult(scratch: scratch.baseAddress!, count)
        return withRecord(destination, challenge, ticket) { ask(call, &$0, result) }
    }

    /// Tells what became of the credentials.
    func completed(_ destination: Destination, accepted: Bool) {
        guard let call = table[.completed]?.call else { return }
        withRecord(destination, nil, QuestionTicket(token: 0, deadline: 0)) { record in
            withUnsafeMutablePointer(to: &record) { record in
                let outcome = accepted ? AUTH_OK : AUTH_DENY
                _ = call(UInt64(instance), UInt64(UnsafeRawPointer(record)), UInt64(truncatingIfNeeded: outcome))
            }
        }
    }

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
                    record.challenge = auth_string_t(text)
                    return body(&record)
                }
            }
        }
    }
}
