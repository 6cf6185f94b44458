import AuthCore
import CLibNettle
import Glibc
import Synchronization

/// Credentials that a module has found good a while ago, so that a page of fifty requests costs one password hash.
///
/// The key is an HMAC under a secret of this process: neither a password nor something to guess it from is kept. The
/// client's address, application and door are part of it, since a module may decide by them. Failures are not kept.
final class CredentialCache: Sendable {
    struct Key: Hashable, Sendable {
        fileprivate let code: [UInt8]
    }

    enum Finding {
        case known(SessionID)
        /// Equal credentials are with the module now; the ticket gets its answer too.
        case shared(Ticket)
        /// The session that equal credentials had was ejected; said once, then they are asked for again.
        case ejected
        /// The caller asks the module and then calls ``settle(_:_:_:user:at:ifCurrent:)``.
        case first(Asking)
    }

    /// One asking of the module for a key.
    struct Asking: Sendable {
        fileprivate let serial: UInt64
        /// When the module was asked, on the monotonic clock.
        fileprivate let began: Int64
        /// Of the invalidations before the module was asked.
        let epoch: UInt64
    }

    private enum Entry {
        case asking(Asking)
        case known(SessionID, user: String, until: Int64)
        /// The next client has not been told yet.
        case ejected(until: Int64)
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var keys: [SessionID: Key] = [:]
        /// How many entries are of ejected sessions.
        var ejected = 0
        /// Kept keys, oldest first; entries that are gone are skipped.
        var order: [(key: Key, until: Int64)] = []
        var head = 0
        /// Sessions that are not handed out any more, and when they end: questions that have them may still be open.
        var retired: [(id: SessionID, end: Int64)] = []
        /// Those of them whose places have not been freed yet.
        var replaced: [SessionID] = []
        /// Who waits for each asking.
        var waiting: [UInt64: [Ticket]] = [:]
        var lastSerial: UInt64 = 0
        /// When a signed token of a user was last found good, on the monotonic clock.
        var signed: [ExactText: Int64] = [:]
    }

    /// 256 bits.
    private let secret: [UInt8] = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
    private let state = Mutex(State())
    private let limit: Atomic<Int>
    /// Nanoseconds.
    private let time: Atomic<Int64>
    /// Nanoseconds.
    private let grace: Atomic<Int64>

    /// - Parameters:
    ///   - limit: most credentials kept; 0 keeps none.
    ///   - time: how long they are handed out; zero keeps none.
    ///   - grace: how long a session lives on for the questions that already have it.
    init(limit: Int, time: Duration, grace: Duration) {
        self.limit = Atomic(limit)
        self.time = Atomic(time.nanoseconds)
        self.grace = Atomic(grace.nanoseconds)
    }

    /// Sets anew what ``init(limit:time:grace:)`` set; returns whether what is kept now would no longer be kept so long.
    func configure(limit: Int, time: Duration, grace: Duration) -> Bool {
        let oldLimit = self.limit.exchange(limit, ordering: .relaxed)
        let oldTime = self.time.exchange(time.nanoseconds, ordering: .relaxed)
        self.grace.store(grace.nanoseconds, ordering: .relaxed)
        return limit < oldLimit || time.nanoseconds < oldTime
    }

    /// Whether anything is kept at all.
    var keeps: Bool { limit.load(ordering: .relaxed) > 0 && time.load(ordering: .relaxed) > 0 }

    func key(_ login: Login, realm: String) -> Key {
        var context = hmac_sha256_ctx()
        // A hash keeps the end of what it was given, and the password stands last.
        defer { explicit_bzero(&context, MemoryLayout<hmac_sha256_ctx>.size) }
        // SAFETY: lengths are those of the buffers; nettle keeps no pointer.
        nettle_hmac_sha256_set_key(&context, secret.count, secret)
        for part in [login.user, realm, login.address, login.applicationID, login.door] {
            Self.update(&context, with: Array(part.utf8))
        }
        login.password.withTerminatedBytes { bytes in
            nettle_hmac_sha256_update(&context, bytes.count, bytes.baseAddress)
        }
        var code = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
        nettle_hmac_sha256_digest(&context, code.count, &code)
        return Key(code: code)
    }

    /// - Parameter epoch: of the invalidations so far: nobody shares an answer that was asked for before the last of them.
    func look(up key: Key, at now: Int64, epoch: UInt64) -> Finding {
        state.withLock { state in
            switch state.entries[key] {
            case .known(let id, _, let until) where until > now: return .known(id)
            case .ejected(let until):
                state.ejected -= 1
                state.entries[key] = nil
                if until > now { return .ejected }
            case .asking(let asking) where asking.epoch == epoch:
                let ticket = Ticket {}
                state.waiting[asking.serial, default: []].append(ticket)
                return .shared(ticket)
            case .known(let id, _, _):
                state.keys[id] = nil
                replace(id, &state, now)
            case .asking, nil: break
            }
            state.lastSerial += 1
            let asking = Asking(serial: state.lastSerial, began: now, epoch: epoch)
            state.entries[key] = .asking(asking)
            return .first(asking)
        }
    }

    /// Notes that a signed token has let a user in: it is good once, so no answer that may rest on it is kept or shared.
    ///
    /// Who asks for which credentials is not known here; an answer for the user that was under way is taken to be it.
    func noteSignature(of user: String, at now: Int64) { state.withLock { $0.signed[ExactText(user)] = now } }

    /// Ends the asking for a key: everybody who waited gets the answer, and its session is kept if `ifCurrent` says so.
    ///
    /// Returns whether the answer is for the one question alone: a signed token was used, and everybody who waited is refused.
    ///
    /// INVARIANT: `ifCurrent` is asked under the lock that an invalidation takes after it has raised the epoch: credentials
    /// that were invalidated while the module was asked are never kept.
    func settle(
        _ key: Key, _ asking: Asking, _ answer: Answer, user: String, at now: Int64, ifCurrent: () -> Bool
    ) -> Bool {
        let (waiting, isOneUse) = state.withLock { state -> ([Ticket], Bool) in
            let waiting = state.waiting.removeValue(forKey: asking.serial) ?? []
            let isOneUse = answer.verdict == .allow && state.signed[ExactText(user)].map { $0 >= asking.began } == true
            var isCurrent = ifCurrent() && !isOneUse
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
            let until = now + time.load(ordering: .relaxed)
            state.entries[key] = .known(id, user: user, until: until)
            state.keys[id] = key
            state.order.append((key, until))
            while state.keys.count + state.ejected > limit.load(ordering: .relaxed), state.head < state.order.count {
                dropOldest(&state, now)
            }
            return (waiting, false)
        }
        let shared =
            isOneUse
            ? Answer(.wrongCredentials, .invalidPassword, logText: "the token has let somebody in already") : answer
        for ticket in waiting { ticket.decide(shared) }
        return isOneUse
    }

    /// Forgets whose signed tokens were found good before `time`, when every asking of then has been answered.
    func dropSignatures(before time: Int64) {
        state.withLock { state in
            if !state.signed.isEmpty { state.signed = state.signed.filter { $0.value >= time } }
        }
    }

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

    /// Forgets a session that was ejected; the next client with its credentials is told so.
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

    func forget(user: String) -> [SessionID] {
        forget { entry in
            if case .known(let id, let other, _) = entry, other.hasBytes(of: user) { id } else { nil }
        }
    }

    func forgetAll() -> [SessionID] {
        forget { entry in
            if case .known(let id, _, _) = entry { id } else { nil }
        }
    }

    /// Hands out nothing any more of what is kept now; its sessions live on for the questions that already have them.
    func retireAll(at now: Int64) {
        let forgotten = forgetAll()
        state.withLock { state in
            for id in forgotten { replace(id, &state, now) }
        }
        // What is kept from now on may be kept less long than what stands here.
        state.withLock { state in
            state.order = state.order[state.head...].filter { state.entries[$0.key] != nil }
            state.head = 0
        }
    }

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
            // What is too old frees its place, for its user comes again. What only makes room in here holds it to its end:
            // else there could be more sessions than the host permits.
            if until <= now { replace(id, &state, now) } else { retire(id, &state, now) }
        case .ejected(until):
            state.entries[key] = nil
            state.ejected -= 1
        case .known, .ejected, .asking, nil: return
        }
    }

    private static func update(_ context: inout hmac_sha256_ctx, with bytes: [UInt8]) {
        // The length in front keeps ("ab", "c") and ("a", "bc") apart.
        withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { length in
            nettle_hmac_sha256_update(
                &context, length.count, length.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        nettle_hmac_sha256_update(&context, bytes.count, bytes)
    }
}
