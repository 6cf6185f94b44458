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
    /// Asks `auth_authenticate`, or `auth_retry` where the remote server has sent a challenge.
    func credential(
        _ destination: Destination, challenge: (text: Secret, round: UInt32)?, serial: UInt32, _ terms: CallTerms
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
        return destination.name.withTerminated { name in
            destination.address.withTerminated { address in
                (challenge?.text ?? Secret([])).withTerminatedBytes { text in
                    var record = auth_destination_t()
                    record.size = UInt32(MemoryLayout<auth_destination_t>.size)
                    record.round = challenge?.round ?? 0
                    record.token = terms.token
                    record.deadline = terms.deadline
                    record.destination = name
                    record.address = address
                    record.challenge = auth_string_t(text)
                    record.serial = serial
                    return ask(call, &record, scratch)
                }
            }
        }
    }

    /// Tells what became of the credentials with a serial number; 0 where that is not known.
    func completed(_ destination: Destination, serial: UInt32, accepted: Bool) {
        guard let call = table[.completed]?.call else { return }
        destination.name.withTerminated { name in
            destination.address.withTerminated { address in
                var record = auth_completed_t()
                record.size = UInt32(MemoryLayout<auth_completed_t>.size)
                record.outcome = accepted ? AUTH_OK : AUTH_DENY
                record.serial = serial
                record.destination = name
                record.address = address
                _ = tell(call, &record)
            }
        }
    }
}
