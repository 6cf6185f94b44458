import AuthCore
import Basics
import Synchronization

/// Log-ins that a module has allowed a while ago and that are answered again without it, so that a page of fifty requests costs
/// one password hash. Failures are not kept.
final class LoginCache: Sendable {
    enum Finding {
        case known(SessionID)
        /// An equal log-in is with the module now; the ticket gets its answer too.
        case shared(Ticket)
        /// The session of an equal log-in was ejected; said once, then the module is asked again.
        case ejected
        /// The caller asks the module and then calls ``settle(_:_:_:user:owner:marks:at:)``.
        case first(Asking)
    }

    /// One asking of the module for a key.
    struct Asking: Sendable {
        fileprivate let serial: UInt64
        /// When the module was asked, on the monotonic clock.
        fileprivate let began: Int64
        /// Of the invalidations before the module was asked.
        fileprivate let epoch: UInt64
    }

    private enum Entry {
        case asking(Asking)
        /// - users: the name that was typed, and the session's user.
        case known(SessionID, users: [String], until: Int64)
        /// The next client has not been told yet.
        case ejected(until: Int64)
    }

    private struct State {
        var entries: [LoginKey: Entry] = [:]
        var keys: [SessionID: LoginKey] = [:]
        /// How many entries are of ejected sessions.
        var ejected = 0
        /// Kept keys, oldest first; entries that are gone are skipped.
        var order: [(key: LoginKey, until: Int64)] = []
        var head = 0
        /// Sessions that are not handed out any more, and when they end: questions that have them may still be open.
        var retired: [(id: SessionID, end: Int64)] = []
        /// Those of them whose places have not been freed yet.
        var replaced: [SessionID] = []
        /// The log-ins that wait for each asking.
        var waiting: [UInt64: [Ticket]] = [:]
        var lastSerial: UInt64 = 0
        var signatures = UsedSignatures()
        /// Grows with every invalidation.
        ///
        /// INVARIANT: it has grown before anything is forgotten, and an answer is kept or shared under the same lock only if it
        /// has not grown since the module was asked: nothing outlives its invalidation.
        var epoch: UInt64 = 0
    }

    /// Makes the keys of log-ins.
    let keys = LoginKeys()
    private let state = Mutex(State())
    private let limit: Atomic<Int>
    /// Nanoseconds.
    private let time: Atomic<Int64>
    /// Nanoseconds.
    private let grace: Atomic<Int64>

    /// - Parameters:
    ///   - limit: most log-ins kept; 0 keeps none.
    ///   - time: how long they are handed out; zero keeps none.
    ///   - grace: how long a session lives on for the questions that already have it.
    init(limit: Int, time: Duration, grace: Duration) {
        self.limit = Atomic(limit)
        self.time = Atomic(time.nanoseconds)
        self.grace = Atomic(grace.nanoseconds)
    }

    /// Sets anew what ``init(limit:time:grace:)`` set; returns whether log-ins that are kept now would no longer be kept so long.
    func configure(limit: Int, time: Duration, grace: Duration) -> Bool {
        let oldLimit = self.limit.exchange(limit, ordering: .relaxed)
        let oldTime = self.time.exchange(time.nanoseconds, ordering: .relaxed)
        self.grace.store(grace.nanoseconds, ordering: .relaxed)
        return limit < oldLimit || time.nanoseconds < oldTime
    }

    /// The sessions of kept log-ins, and of those that are not handed out any more.
    var sessions: Set<SessionID> { state.withLock { Set($0.keys.keys).union($0.retired.map(\.id)) } }

    /// Whether anything is kept at all.
    var keeps: Bool { limit.load(ordering: .relaxed) > 0 && time.load(ordering: .relaxed) > 0 }

    /// Finds what is known of a log-in. An answer that was asked for before the last invalidation is not shared.
    func look(up key: LoginKey, at now: Int64) -> Finding {
        state.withLock { state in
            switch state.entries[key] {
            case .known(let id, _, let until) where until > now: return .known(id)
            case .ejected(let until):
                state.ejected -= 1
                state.entries[key] = nil
                if until > now { return .ejected }
            case .asking(let asking) where asking.epoch == state.epoch:
                let ticket = Ticket {}
                state.waiting[asking.serial, default: []].append(ticket)
                return .shared(ticket)
            case .known(let id, _, _):
                state.keys[id] = nil
                replace(id, &state, now)
            case .asking, nil: break
            }
            state.lastSerial += 1
            let asking = Asking(serial: state.lastSerial, began: now, epoch: state.epoch)
            state.entries[key] = .asking(asking)
            return .first(asking)
        }
    }

    /// Notes an invalidation: an answer that is under way is neither kept nor shared.
    func noteInvalidation() { state.withLock { $0.epoch += 1 } }

    /// Notes that a signed token has let a user in: it is good once, so an answer that may rest on it is neither kept nor shared.
    ///
    /// - Parameter session: of the log-in about which the calling thread is asking; nil where it is not in such an entry point.
    func noteSignature(_ token: String, of user: String, session: UInt64?, at now: Int64) {
        var marks: [UsedSignatures.Mark] = [.user(ExactText(user)), .password(keys.mark(of: token))]
        if let session { marks.append(.session(session)) }
        state.withLock { [marks] in $0.signatures.note(marks, at: now) }
    }

    /// Whether a signed token may have let a user in lately, so that ``settle(_:_:_:user:owner:marks:at:)`` needs marks.
    var hasSignatures: Bool { state.withLock { !$0.signatures.isEmpty } }

    /// Ends the asking for a key: every log-in that waited gets the answer, and its session is kept unless something was
    /// invalidated while the module was asked.
    ///
    /// Returns whether the answer is for one question alone: a signed token was used, and every log-in that waited is refused.
    /// - Parameters:
    ///   - user: who logged in.
    ///   - owner: the session's user: another one where the module has named one.
    ///   - marks: what may show that it rests on a signed token, besides those two.
    func settle(
        _ key: LoginKey, _ asking: Asking, _ answer: Answer, user: String, owner: String,
        marks: [UsedSignatures.Mark] = [], at now: Int64
    ) -> Bool {
        let marks = marks + [.user(ExactText(user)), .user(ExactText(owner))]
        let (waiting, isOneUse) = state.withLock { state -> ([Ticket], Bool) in
            let waiting = state.waiting.removeValue(forKey: asking.serial) ?? []
            let isOneUse =
                answer.verdict == .allow && marks.contains { state.signatures.contains($0, since: asking.began) }
            var isCurrent = asking.epoch == state.epoch && !isOneUse
            if case .asking(let other) = state.entries[key], other.serial == asking.serial {
                state.entries[key] = nil
            } else {
                isCurrent = false
            }
            guard answer.verdict == .allow, let id = answer.session else { return (waiting, isOneUse) }
            guard isCurrent else {
                if isOneUse { retire(id, &state, now) } else { replace(id, &state, now) }
                return (waiting, isOneUse)
            }
            keep(id, key, user.hasBytes(of: owner) ? [owner] : [user, owner], &state, now)
            return (waiting, false)
        }
        let shared =
            isOneUse
            ? Answer(.wrongCredentials, .invalidPassword, logText: "the token has let a user in already") : answer
        for ticket in waiting { ticket.answer(shared) }
        return isOneUse
    }

    /// Forgets signed tokens that were found good before `time`, when every asking of then has been answered.
    func dropSignatures(before time: Int64) { state.withLock { $0.signatures.drop(before: time) } }

    /// Takes out the sessions that are not handed out any more and hold places still.
    func takeReplaced() -> [SessionID] {
        state.withLock { state in
            defer { state.replaced = [] }
            return state.replaced
        }
    }

    /// Lets a session live on for the question that has it, and no longer.
    func retire(_ id: SessionID, at now: Int64) { state.withLock { retire(id, &$0, now) } }

    /// Takes out what is too old.
    ///
    /// - Returns: sessions to be ended.
    func sweep(at now: Int64) -> [SessionID] {
        state.withLock { state in
            while state.head < state.order.count, state.order[state.head].until <= now { dropOldest(&state, now) }
            let ended = state.retired.prefix { $0.end <= now }.map(\.id)
            state.retired.removeFirst(ended.count)
            return ended
        }
    }

    /// Forgets a session that was ejected; the next client with an equal log-in is told so.
    func eject(_ id: SessionID, at now: Int64) {
        state.withLock { state in
            guard let key = state.keys.removeValue(forKey: id) else { return }
            guard case .known(_, _, let until) = state.entries[key], until > now else {
                return state.entries[key] = nil
            }
            state.entries[key] = .ejected(until: until)
            state.ejected += 1
        }
    }

    /// Forgets a session; returns it if it was kept.
    @discardableResult
    func forget(_ id: SessionID) -> [SessionID] {
        state.withLock { state in
            guard let key = state.keys.removeValue(forKey: id) else { return [] }
            state.entries[key] = nil
            return [id]
        }
    }

    /// Forgets what is kept of a user, and log-ins with that name that stand for another user.
    func forget(user: String) -> [SessionID] {
        forget { entry in
            guard case .known(let id, let users, _) = entry else { return nil }
            return users.contains { $0.hasBytes(of: user) } ? id : nil
        }
    }

    func forgetAll() -> [SessionID] {
        forget { entry in
            if case .known(let id, _, _) = entry { id } else { nil }
        }
    }

    /// Hands out nothing any more of what is kept now; the sessions live on for the questions that already have them.
    func retireAll(at now: Int64) {
        let forgotten = forgetAll()
        state.withLock { state in
            for id in forgotten { replace(id, &state, now) }
        }
        // What is kept from now on may be kept for a shorter time than what stands here.
        state.withLock { state in
            state.order = state.order[state.head...].filter { state.entries[$0.key] != nil }
            state.head = 0
        }
    }

    /// How many log-ins are kept.
    var count: Int { state.withLock { $0.keys.count } }

    private func forget(_ matching: (Entry) -> SessionID?) -> [SessionID] {
        state.withLock { state in
            let found = state.entries.compactMap { key, entry in matching(entry).map { (key, $0) } }
            for (key, id) in found {
                state.entries[key] = nil
                state.keys[id] = nil
            }
            return found.map(\.1)
        }
    }

    private func keep(_ id: SessionID, _ key: LoginKey, _ users: [String], _ state: inout State, _ now: Int64) {
        let until = now + time.load(ordering: .relaxed)
        state.entries[key] = .known(id, users: users, until: until)
        state.keys[id] = key
        state.order.append((key, until))
        while state.keys.count + state.ejected > limit.load(ordering: .relaxed), state.head < state.order.count {
            dropOldest(&state, now)
        }
    }

    private func replace(_ id: SessionID, _ state: inout State, _ now: Int64) {
        state.replaced.append(id)
        retire(id, &state, now)
    }

    private func retire(_ id: SessionID, _ state: inout State, _ now: Int64) {
        state.retired.append((id, now + grace.load(ordering: .relaxed)))
    }

    private func dropOldest(_ state: inout State, _ now: Int64) {
        let (key, until) = state.order[state.head]
        state.head += 1
        if state.head > 1024 {
            state.order.removeFirst(state.head)
            state.head = 0
        }
        switch state.entries[key] {
        case .known(let id, _, until):
            state.entries[key] = nil
            state.keys[id] = nil
            // A session that is too old frees its place, for its user comes again. One that only makes room in here holds
            // it to its end: else there could be more sessions than the host permits.
            if until <= now { replace(id, &state, now) } else { retire(id, &state, now) }
        case .ejected(until):
            state.entries[key] = nil
            state.ejected -= 1
        case .known, .ejected, .asking, nil: return
        }
    }
}
