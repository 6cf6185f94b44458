import DoorProtocols
import Glibc
import NIOCore

/// Why a door could not listen at an address.
public struct ListenError: Error, CustomStringConvertible, Sendable {
    /// What hindered listening, in words.
    public let description: String

    init(_ address: DoorAddress, _ error: any Error) {
        let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)).lowercased() } ?? "\(error)"
        description = "cannot listen on `\(address)`: \(reason)"
    }
}
