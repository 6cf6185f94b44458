import CEpoll
import DoorProtocols

extension DoorPeer {
    /// Asks the kernel who connected; nil where the client is gone.
    static func of(_ descriptor: CInt, isUnixSocket: Bool) -> DoorPeer? {
        if isUnixSocket {
            var user: UInt32 = 0
            return cepoll_peer(descriptor, &user) == 0 ? DoorPeer(address: "", userID: user) : nil
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CEPOLL_ADDRESS_SIZE)) { text in
            // SAFETY: there is room for every address, and it is read only where it was written, with its NUL.
            guard let start = text.baseAddress, cepoll_address(descriptor, start) == 0 else { return nil }
            return DoorPeer(address: String(cString: start))
        }
    }
}
