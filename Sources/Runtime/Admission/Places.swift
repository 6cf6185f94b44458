import AuthCore
import Synchronization

/// The places of this host: the ledger that log-ins and ends pass, and the warnings about how many are taken.
///
/// Its one lock makes an admission one step, for a fraction of a microsecond. Each step is done when the function returns.
final class Places: HostPlaces {
    private struct Roll: Sendable {
        var ledger = AdmissionLedger()
        var rules: AdmissionRules
        var warning: AdmissionWarning
        /// What the log has not been told yet.
        var events: [AdmissionWarning.Event] = []
        /// Whether other code counts, for more than this host.
        var isCountedElsewhere = false

        mutating func observe() { if !isCountedElsewhere { observe(ledger.held) } }

        mutating func observe(_ sessions: Int) {
            if let event = warning.observe(sessions) { events.append(event) }
        }
    }

    private let roll: Mutex<Roll>
    private let opened = Atomic<Int>(0)
    private let telling = Mutex(())
    private let tell: @Sendable (AdmissionWarning.Event) -> Void

    /// - Parameter tell: told of every warning about the number of sessions, in order, on the thread that changed it.
    init(_ limits: SessionLimits, tell: @escaping @Sendable (AdmissionWarning.Event) -> Void = { _ in }) {
        roll = Mutex(Roll(rules: AdmissionRules(limits), warning: AdmissionWarning(limits.warning)))
        self.tell = tell
    }

    /// How many hold a session that is open.
    var count: Int { opened.load(ordering: .relaxed) }

    /// Takes other limits; no session is ejected before the next log-in.
    func setLimits(_ limits: SessionLimits) {
        roll.withLock { roll in
            roll.rules = AdmissionRules(limits)
            roll.warning.change(to: limits.warning)
            roll.observe()
        }
        speak()
    }

    func reserve(_ request: AdmissionRequest, _ done: @escaping @Sendable (AdmissionReply) -> Void) {
        let reply = roll.withLock { roll in
            roll.ledger.reserve(
                session: request.session, user: request.user, application: request.applicationID,
                limits: request.limits, rules: roll.rules)
        }
        done(reply)
    }

    func reserveBeyondLimits(_ request: AdmissionRequest) -> AdmissionPlace? {
        let reply = roll.withLock { roll in
            roll.ledger.reserve(
                session: request.session, user: request.user, application: request.applicationID,
                limits: UserSessionLimits(), rules: AdmissionRules(SessionLimits()))
        }
        guard case .reserved(let place, _) = reply else { return nil }
        return place
    }

    var limits: SessionLimits { roll.withLock { $0.rules.limits } }

    func leaveCounting() { roll.withLock { $0.isCountedElsewhere = true } }

    func note(sessions: Int) {
        roll.withLock { $0.observe(sessions) }
        speak()
    }

    func commit(_ place: AdmissionPlace, _ done: @escaping @Sendable ([UInt64]?) -> Void) {
        done(change { $0.commit(place) })
    }

    func release(_ place: AdmissionPlace, _ done: @escaping @Sendable () -> Void) {
        roll.withLock { $0.ledger.release(place) }
        done()
    }

    /// Takes the place from a session that stays open a while for the questions that have it.
    func retire(_ place: AdmissionPlace) { change { $0.retire(place) } }

    /// Takes the place from a session that has ended.
    func vacate(_ place: AdmissionPlace) { change { $0.remove(place) } }

    /// Whether an open session holds its place.
    func holds(_ place: AdmissionPlace) -> Bool { roll.withLock { $0.ledger.holds(place) } }

    /// The handles of the sessions that hold places, oldest first.
    ///
    /// - Parameters:
    ///   - user: nil for everybody.
    ///   - applicationID: nil for all of them.
    func handles(of user: String?, applicationID: String?) -> [UInt64] {
        roll.withLock { $0.ledger.sessions(user: user, application: applicationID) }
    }

    /// Changes the ledger, and then says what there is to say about the number of sessions, in order.
    private func change<Result: Sendable>(_ body: @Sendable (inout AdmissionLedger) -> Result) -> Result {
        let (result, speaks) = roll.withLock { roll in
            let result = body(&roll.ledger)
            roll.observe()
            opened.store(roll.ledger.open, ordering: .relaxed)
            return (result, !roll.events.isEmpty)
        }
        if speaks { speak() }
        return result
    }

    private func speak() {
        telling.withLock { _ in
            let events = roll.withLock { roll in
                defer { roll.events = [] }
                return roll.events
            }
            for event in events { tell(event) }
        }
    }
}
