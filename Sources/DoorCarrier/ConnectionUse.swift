import DoorProtocols
import Epoll
import NIOCore
import Synchronization

/// How a connection is used, for the registry that must give one up. Written on its own thread, read from any.
final class ConnectionUse: Sendable {
    private let lastByte: Atomic<UInt64>
    private let held = Atomic(false)
    private let over = Atomic(false)

    init(at time: DoorInstant = .now) { lastByte = Atomic(time.nanoseconds) }

    /// When a byte last came or went.
    var lastUse: DoorInstant { DoorInstant(nanoseconds: lastByte.load(ordering: .relaxed)) }

    /// Whether it has questions whose answers are due, or sessions that it would lose: it is not given up then, neither for
    /// another one nor for being idle.
    var isHeld: Bool {
        get { held.load(ordering: .relaxed) }
        set { held.store(newValue, ordering: .relaxed) }
    }

    /// Whether everything is said: what is left of the connection is its end.
    var isOver: Bool {
        get { over.load(ordering: .acquiring) }
        set { over.store(newValue, ordering: .releasing) }
    }

    func note(_ time: DoorInstant = .now) { lastByte.store(time.nanoseconds, ordering: .relaxed) }
}

extension DoorInstant {
    /// On the clock of all carriers, which is the network library's too.
    static var now: DoorInstant { DoorInstant(nanoseconds: EpollLoop.clock) }

    /// The one of two that comes first, where nil never comes.
    static func earlier(_ one: DoorInstant?, _ other: DoorInstant?) -> DoorInstant? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }
}

/// The client of a TCP connection, for counting: an IPv4 address, or the network of 64 bits that an IPv6 address is in, of
/// which one machine has all.
struct ClientAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    /// Nil for unix sockets: no address tells their clients apart, and their permissions say who may open them.
    init?(_ address: String?) {
        guard let address, !address.isEmpty, let bytes = DoorPeer.bytes(ofAddress: address) else { return nil }
        self.bytes = bytes.count == 4 ? bytes : Array(bytes[..<8])
    }
}
