import AuthCore
import Glibc
import Synchronization

/// Sessions by handle: an index into an array, with no hashing.
///
/// A handle is a slot with the number of its life: a slot is used again, a handle never is. 6 bits name the shard, 24 the slot
/// in it, 34 the life, which at ten thousand log-ins a second lasts for years.
final class SessionHandles: Sendable {
    private struct Slots: Sendable {
        var sessions: [Session?] = []
        /// The life of the session in a slot, or of the next one.
        var lives: [UInt64] = []
        var free: [UInt32] = []
        var random = RandomWords()
    }

    private final class Shard: Sendable {
        let slots = Mutex(Slots())
    }

    private let shards = (0..<64).map { _ in Shard() }
    private let next = Atomic<Int>(0)
    /// A random start keeps a handle of an earlier run from meaning anything in this one.
    private let firstLife = UInt64.random(in: 1...1 << 32)

    /// Makes a session with a fresh handle and id, and keeps it.
    func insert(_ make: (_ handle: UInt64, _ id: SessionID) -> Session) -> Session {
        let number = next.wrappingAdd(1, ordering: .relaxed).newValue & 63
        return shards[number].slots.withLock { slots in
            let slot: Int
            if let free = slots.free.popLast() {
                slot = Int(free)
            } else {
                slot = slots.sessions.count
                slots.sessions.append(nil)
                slots.lives.append(firstLife)
            }
            let handle = slots.lives[slot] << 30 | UInt64(slot) << 6 | UInt64(number)
            let id = SessionID(high: slots.random.next(), low: slots.random.next())
            let session = make(handle, id)
            slots.sessions[slot] = session
            return session
        }
    }

    /// Keeps another session by a handle; false where the handle is not in use any more.
    func replace(_ handle: UInt64, with session: Session) -> Bool {
        let replaced = shards[Int(handle & 63)].slots.withLock { slots -> Session? in
            guard let slot = Self.slot(of: handle, in: slots), let before = slots.sessions[slot] else { return nil }
            slots.sessions[slot] = session
            return before
        }
        return replaced != nil
    }

    func remove(_ handle: UInt64) {
        let removed = shards[Int(handle & 63)].slots.withLock { slots -> Session? in
            guard let slot = Self.slot(of: handle, in: slots) else { return nil }
            let session = slots.sessions[slot]
            slots.sessions[slot] = nil
            slots.lives[slot] &+= 1
            slots.free.append(UInt32(slot))
            return session
        }
        // The last reference may go here, after the lock.
        _ = removed
    }

    subscript(handle: UInt64) -> Session? {
        shards[Int(handle & 63)].slots.withLock { slots in
            Self.slot(of: handle, in: slots).flatMap { slots.sessions[$0] }
        }
    }

    private static func slot(of handle: UInt64, in slots: borrowing Slots) -> Int? {
        let slot = Int(handle >> 6 & 0xff_ffff)
        return slot < slots.lives.count && slots.lives[slot] == handle >> 30 ? slot : nil
    }
}

/// Random words from the system's generator, asked for many at a time; each is wiped when it is handed out.
private struct RandomWords: Sendable {
    private var words: [UInt64] = []

    mutating func next() -> UInt64 {
        if words.isEmpty { fill() }
        guard let last = words.indices.last else { return UInt64.random(in: .min ... .max) }
        let word = words[last]
        words[last] = 0
        words.removeLast()
        return word
    }

    /// getentropy(3) fills up to 256 bytes or fails. Where it fails, the words stay empty, and Swift's own generator, which asks
    /// the same source, is used.
    private mutating func fill() {
        var fresh = [UInt64](repeating: 0, count: 32)
        // SAFETY: the buffer is the array's own, for the length of the call.
        let result = fresh.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) }
        if result == 0 { words = fresh }
    }
}
