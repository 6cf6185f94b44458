import Basics
import DoorProtocols
import Glibc
import NIOCore

/// Why a door could not listen at an address.
public struct ListenError: Error, CustomStringConvertible, Sendable {
    /// What hindered listening, in words.
    public let description: String

    init(_ address: DoorAddress, _ error: any Error) {
        let code = (error as? IOError)?.errnoCode ?? (error as? SystemError)?.code
        let reason = code.map { SystemError($0).description } ?? "\(error)"
        description = "cannot listen on `\(address)`: \(reason)"
    }
}
