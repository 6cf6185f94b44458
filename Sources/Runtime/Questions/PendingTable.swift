import AuthCore
import Glibc
import ModuleHost
import Synchronization

/// One question that is with a module: from the moment its token exists until exactly one answer has been taken.
final class PendingSlot: Sendable {
    /// Why a question needs no answer any more.
    enum End: Sendable { case answered, deadline, cancelled }

    enum Phase {
        case idle
        /// In the queue of a lane; the module has not been called yet.
        case queued
        /// The entry point is running. An answer that comes now is kept until it returns.
        case inCall(early: ModuleAnswer?)
        /// The entry point has returned AUTH_DELAYED.
        case waiting
        case over(End)
    }

    typealias Continuation = @Sendable (ModuleAnswer) -> Void

    /// What finds a pending question for Liberator's event callback.
    struct Key: Sendable {
        let session: UInt64
        let kind: PendingKind?
        let name: ObjectName?
        let contributionID: String?
        let order: UInt64

        /// Whether it is about what an event names; what that leaves out matches anything.
        func isAbout(_ wantedName: String?, _ wantedContribution: String?) -> Bool {
            if let wantedName, name?.text.hasBytes(of: wantedName) != true { return false }
            if let wantedContribution, contributionID?.hasBytes(of: wantedContribution) != true { return false }
            return true
        }
    }

    struct State {
        var generation: UInt32 = 0
        var phase = Phase.idle
        var continuation: Continuation?
        var key: Key?
        var session: UInt64 = 0
        /// The call of the module, while it runs.
        var call: RunningCall?
    }

    let index: UInt32
    let state = Mutex(State())

    init(index: UInt32) { self.index = index }

    /// Starts a new life of the slot and returns its token.
    func begin(
        laned: Bool, session: UInt64 = 0, key: Key? = nil, call: RunningCall? = nil
    ) -> UInt64 {
        state.withLock { state in
            state.generation &+= 1
            state.phase = laned ? .queued : .inCall(early: nil)
            state.call = call
            state.session = session
            state.key = key
            state.continuation = nil
            return token(state.generation)
        }
    }

    func token(_ generation: UInt32) -> UInt64 { UInt64(generation) << 32 | UInt64(index) }
}

/// All questions that are with a module. Tokens are generation handles: a slot is used again, a token never is.
final class PendingTable: Sendable {
    private final class Shard: Sendable {
        let free = Mutex<[PendingSlot]>([])
    }

    private let shards = (0..<16).map { _ in Shard() }
    private let slots = Mutex<[PendingSlot]>([])
    /// Questions whose entry point has not given an answer yet; what a drain waits for.
    let open = Atomic<Int>(0)

    private let started = Atomic<UInt64>(0)

    /// Takes a slot that no other question uses; no lock is shared by all threads.
    func take() -> PendingSlot {
        open.wrappingAdd(1, ordering: .relaxed)
        if let slot = shard.free.withLock({ $0.popLast() }) { return slot }
        return slots.withLock { slots in
            // Index 0 is left out, so that no token is ever 0.
            if slots.isEmpty { slots.append(PendingSlot(index: 0)) }
            let slot = PendingSlot(index: UInt32(slots.count))
            slots.append(slot)
            return slot
        }
    }

    /// Gives a slot back whose question is over.
    func put(_ slot: PendingSlot) {
        open.wrappingSubtract(1, ordering: .relaxed)
        shard.free.withLock { $0.append(slot) }
    }

    /// Finds the slot of a token, whatever life it is in.
    func slot(of token: UInt64) -> PendingSlot? {
        slots.withLock { slots in
            let index = Int(token & 0xffff_ffff)
            return index > 0 && index < slots.count ? slots[index] : nil
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

    /// The next place in the order in which questions began.
    func nextOrder() -> UInt64 { started.wrappingAdd(1, ordering: .relaxed).newValue }

    private var shard: Shard { shards[Int(pthread_self() >> 12) & (shards.count - 1)] }
}
