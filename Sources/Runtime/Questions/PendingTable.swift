import AuthCore
import Glibc
import ModuleHost
import Synchronization

/// All questions that are with a module. Tokens are generation handles: a slot is used again, a token never is.
final class PendingTable: Sendable {
    private final class Shard: Sendable {
        let free = Mutex<[PendingSlot]>([])
        /// Slots that were taken here and not given back yet.
        let taken = Atomic<Int>(0)
    }

    private let shards = (0..<16).map { _ in Shard() }
    private let slots = Mutex<[PendingSlot]>([])
    private let started = Atomic<UInt64>(0)
    /// The upper 8 of the 32 bits of an index: the instance of a module that is asked.
    private let base: UInt32

    /// - Parameter instance: a token of another one is found nowhere here, until 256 instances later.
    init(instance: UInt32 = 0) { base = instance << 24 }

    /// Questions whose entry point has not given an answer yet; what a drain waits for.
    var open: Int { shards.reduce(0) { $0 + $1.taken.load(ordering: .relaxed) } }

    /// Takes a slot that no other question uses; neither a lock nor a count is shared by all threads.
    func take() -> PendingSlot {
        let home = home
        let shard = shards[home]
        shard.taken.wrappingAdd(1, ordering: .relaxed)
        if let slot = shard.free.withLock({ $0.popLast() }) { return slot }
        return slots.withLock { slots in
            // Index 0 is left out, so that no token is ever 0.
            if slots.isEmpty { slots.append(PendingSlot(index: base)) }
            let slot = PendingSlot(index: base | UInt32(slots.count), home: home)
            slots.append(slot)
            return slot
        }
    }

    /// Gives a slot back whose question is over. Questions that one thread asks and another answers would have the one make slots
    /// without an end, and the other keep them, did each give them to a shard of its own.
    func put(_ slot: PendingSlot) {
        let shard = shards[slot.home]
        shard.taken.wrappingSubtract(1, ordering: .relaxed)
        shard.free.withLock { $0.append(slot) }
    }

    /// Finds the slot of a token, whatever life it is in.
    func slot(of token: UInt64) -> PendingSlot? {
        slots.withLock { slots in
            let index = UInt32(truncatingIfNeeded: token)
            let place = Int(index & 0xff_ffff)
            return index & ~0xff_ffff == base && place > 0 && place < slots.count ? slots[place] : nil
        }
    }

    /// Finds every question of a session that has no answer yet. Takes time in proportion to all slots.
    func tokens(of session: UInt64) -> [UInt64] {
        slots.withLock { $0 }.compactMap { slot in
            slot.state.withLock { state in
                guard state.session == session else { return nil }
                switch state.phase {
                case .queued, .waiting, .inCall: return slot.token(state.generation)
                case .idle, .over: return nil
                }
            }
        }
    }

    /// Finds every question whose entry point has left it open. Takes time in proportion to all slots.
    var waiting: [(slot: PendingSlot, token: UInt64)] {
        slots.withLock { $0 }.compactMap { slot in
            slot.state.withLock { state in
                if case .waiting = state.phase { (slot, slot.token(state.generation)) } else { nil }
            }
        }
    }

    /// Finds the calls on asking threads that began before a time and still run. Takes time in proportion to all slots.
    func askingCalls(begunBefore time: Int64) -> [(slot: PendingSlot, token: UInt64, call: RunningCall)] {
        slots.withLock { $0 }.compactMap { slot in
            slot.state.withLock { state in
                guard case .inCall = state.phase, let call = state.call, call.place == .asking, call.began <= time
                else { return nil }
                return (slot, slot.token(state.generation), call)
            }
        }
    }

    /// Finds the oldest pending question of a session by what it asks for: Liberator's way.
    func oldest(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? {
        let all = slots.withLock { $0 }
        var found: (token: UInt64, order: UInt64)?
        for slot in all {
            let candidate = slot.state.withLock { state -> (token: UInt64, order: UInt64)? in
                guard let key = state.key, key.session == session, key.kind == kind,
                    key.isAbout(name, contributionID)
                else { return nil }
                switch state.phase {
                case .waiting, .inCall(early: nil): return (slot.token(state.generation), key.order)
                case .idle, .queued, .over, .inCall: return nil
                }
            }
            if let candidate, candidate.order < found?.order ?? .max { found = candidate }
        }
        return found?.token
    }

    /// How many questions have begun.
    var begun: UInt64 {
        slots.withLock { $0 }.reduce(0) { sum, slot in sum + UInt64(slot.state.withLock { $0.generation }) }
    }

    /// The next place in the order in which questions began.
    func nextOrder() -> UInt64 { started.wrappingAdd(1, ordering: .relaxed).newValue }

    private var home: Int { Int(pthread_self() >> 12) & (shards.count - 1) }
}
