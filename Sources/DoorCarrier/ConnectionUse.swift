import DoorProtocols
import NIOCore
import Synchronization

/// How a connection is used, for the registry that must give one up. Written on its event loop, read from any thread.
final class ConnectionUse: Sendable {
    /// On the clock of ``NIODeadline``, in nanoseconds.
    private let lastByte: Atomic<UInt64>
    private let held = Atomic(false)

    init(at time: NIODeadline = .now()) { lastByte = Atomic(time.uptimeNanoseconds) }

    /// When a byte last came or went.
    var lastUse: NIODeadline { .uptimeNanoseconds(lastByte.load(ordering: .relaxed)) }

    /// Whether it has questions whose answers are due, or sessions that it would lose: it is not given up then, neither for
    /// another one nor for being idle.
    var isHeld: Bool {
        get { held.load(ordering: .relaxed) }
        set { held.store(newValue, ordering: .relaxed) }
    }

    func note(_ time: NIODeadline = .now()) { lastByte.store(time.uptimeNanoseconds, ordering: .relaxed) }
}

/// The client of a TCP connection, for counting: an IPv4 address, or the network of 64 bits that an IPv6 address is in, of
/// which one machine has all.
struct ClientAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    /// Nil for unix sockets, whose clients no address tells apart; who may open them is for their permissions to say.
    init?(_ address: SocketAddress?) {
        guard let text = address?.ipAddress, let bytes = DoorPeer.bytes(ofAddress: text) else { return nil }
        self.bytes = bytes.count == 4 ? bytes : Array(bytes[..<8])
    }
}
