import Basics
import DoorProtocols
import Glibc
import NIOCore

/// Why a door could not listen at an address.
public struct ListenError: Error, CustomStringConvertible, Sendable {
    /// What hindered listening, in words.
    public let description: String

    init(_ address: DoorAddress, _ error: any Error) {
        let reason = (error as? IOError).map { SystemError($0.errnoCode).description } ?? "\(error)"
        description = "cannot listen on `\(address)`: \(reason)"
    }
}
