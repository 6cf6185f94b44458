import AuthCore
import Basics
import Logging
import Metrics
import ModuleHost
import Synchronization

/// The credentials of one destination: asks its authenticator when ``CredentialState`` says so, and tells those that wait.
final class DestinationCredentials: Sendable {
    private let destination: Destination
    private let decider: any Decider
    /// Held here: the table of host functions that the module has refers to it weakly.
    private let answers: AnswersOfAuthenticator
    private let state = Mutex(CredentialState())
    private let limit: Duration
    private let clock: any HostClock
    private let log: Logger
    private let metrics: CredentialMetrics

    init(
        _ destination: Destination, _ decider: any Decider, _ answers: AnswersOfAuthenticator, limit: Duration,
        clock: any HostClock, log: Logger
    ) {
        self.destination = destination
        self.decider = decider
        self.answers = answers
        self.limit = limit
        self.clock = clock
        self.log = log
        metrics = CredentialMetrics(destination.name)
        answers.deliver(to: decider)
    }

    func ask(_ body: @escaping CredentialState.Waiter) {
        let now = moment
        let step = state.withLock { $0.ask(at: now, body) }
        switch step {
        case .answer(let outcome):
            metrics.asked(outcome.isSuccess ? .kept : .waits)
            body(outcome)
        case .answerAndFetch(let credential):
            metrics.asked(.kept)
            body(.success(credential))
            fetch()
        case .fetch:
            metrics.asked(.fetched)
            fetch()
        case .wait: metrics.asked(.shared)
        }
    }

    func answer(_ challenge: Secret, round: UInt32, _ body: @escaping CredentialState.Waiter) {
        metrics.asked(.challenged)
        let started = clock.monotonic
        ask(.retry(destination, challenge: challenge, round: round)) { [self] answer in
            let fetched = outcome(of: answer, "auth_retry")
            metrics.fetched(fetched, nanoseconds: clock.monotonic - started)
            body(fetched.map { HeldCredential(user: $0.user, secret: $0.secret, expiry: nil, serial: 0) })
        }
    }

    func completed(_ serial: UInt32, accepted: Bool) {
        let now = moment
        let isNews = state.withLock { state in
            if accepted {
                state.accepted(serial)
                return false
            }
            return state.rejected(serial, at: now, jitter: .random(in: 0...1))
        }
        metrics.completed(accepted: accepted)
        if isNews {
            log.warning(
                "destination `\(destination.name)`: the remote server refused the credentials; new ones are fetched"
            )
        }
        decider.tellCompleted(destination, serial: serial, accepted: accepted)
    }

    func reject(_ secret: Secret) {
        if let serial = state.withLock({ $0.serial(of: secret) }) { completed(serial, accepted: false) }
    }

    func rejectNewest() { completed(state.withLock { $0.newest }, accepted: false) }

    var status: CredentialStatus {
        let (times, failure) = state.withLock { ($0.times, $0.lastFailure) }
        return CredentialStatus(
            name: destination.name, address: destination.address, authenticator: decider.about.identity.name,
            fetched: times?.fetched, refresh: times?.refresh, expiry: times?.expiry, failure: failure?.description)
    }

    func stop(within timeout: Duration, awaitsLateCalls: Bool) {
        let timeout = awaitsLateCalls || decider.lateCalls.isEmpty ? timeout : .zero
        if !decider.stop(within: timeout) {
            log.error(
                """
                \(authenticator) of destination `\(destination.name)` has not ended after \(timeout); it is left \
                behind\(decider.lateCallsText)
                """)
        }
    }

    /// The module, for people.
    private var authenticator: String { "authenticator `\(decider.about.identity.name)`" }

    func noticeLongCalls() { decider.noticeLongCalls() }

    func expireDeadlines() { decider.expireDeadlines() }

    private var moment: CredentialState.Moment {
        CredentialState.Moment(monotonic: clock.monotonic, wall: clock.wall / 1_000_000_000)
    }

    private func fetch() {
        let started = clock.monotonic
        let serial = state.withLock { $0.next }
        ask(.authenticate(destination, serial: serial)) { [self] answer in
            let fetched = outcome(of: answer, "auth_authenticate")
            let now = moment
            let (result, waiters, times) = state.withLock { state in
                let told = state.fetched(fetched, at: now, jitter: .random(in: 0...1))
                return (told.outcome, told.waiters, state.times)
            }
            metrics.fetched(fetched, nanoseconds: now.monotonic - started)
            metrics.keeps(times)
            if case .failure(let failure) = result {
                log.warning("destination `\(destination.name)`: no credentials: \(failure)")
            }
            for waiter in waiters { waiter(result) }
        }
    }

    private func ask(_ asked: EntryCall, then body: @escaping @Sendable (ModuleAnswer) -> Void) {
        // The authenticator's own threads are not kept from their work.
        decider.ask(EntryQuestion(asked, within: limit), at: clock.monotonic, resumes: true, then: body)
    }

    /// - Parameter entry: the entry point that was asked.
    private func outcome(
        of answer: ModuleAnswer, _ entry: StaticString
    ) -> Result<(user: String, secret: Secret, expiry: Int64?), CredentialFailure> {
        let kind = answer.clientText.flatMap { $0.isKindOfFailure ? $0 : nil }
        switch (answer.status, answer.refusal) {
        case (_, .deadline?), (_, .moduleHung?):
            return .failure(
                CredentialFailure("deadline", "\(authenticator) has not answered in \(entry) within \(limit)"))
        case (_, .noEntry?):
            return .failure(CredentialFailure("no-entry", "the authenticator answers no challenges"))
        case (_, let refusal?):
            return .failure(CredentialFailure(refusal.rawValue, "the authenticator was not asked: \(refusal.rawValue)"))
        case (.ok, nil):
            guard let secret = answer.secret else {
                return .failure(
                    CredentialFailure(
                        "broken-answer", "the authenticator gave no secret, or one of more than 65536 bytes"))
            }
            let user = (answer.user ?? "").controlsEscaped
            guard user.utf8.count <= 255 else {
                return .failure(
                    CredentialFailure("broken-answer", "the authenticator gave a user name of more than 255 bytes"))
            }
            let expiry = answer.expiry == 0 ? nil : answer.expiry
            if let expiry, expiry <= clock.wall / 1_000_000_000 {
                return .failure(CredentialFailure("expired", "the authenticator gave credentials that have expired"))
            }
            return .success((user, secret, expiry))
        case (.deny, nil):
            return .failure(
                CredentialFailure(kind ?? "denied", answer.logText ?? "the authenticator gives none", isLasting: true))
        case (let status, nil):
            let text =
                answer.logText ?? answer.breach ?? "the authenticator returned \(status.shown) without a reason"
            return .failure(CredentialFailure(kind ?? "failed", text))
        }
    }
}

/// What an authenticator may ask of its host, and where its late answers go.
final class AnswersOfAuthenticator: ModuleServices {
    private let services: any ModuleServices
    private let decider = Mutex<(any Decider)?>(nil)

    init(_ services: any ModuleServices) { self.services = services }

    func deliver(to decider: any Decider) { self.decider.withLock { $0 = decider } }

    var wallTime: Int64 { services.wallTime }
    var monotonicTime: Int64 { services.monotonicTime }
    func log(_ severity: ModuleLogSeverity, _ text: String, module: String) {
        services.log(severity, text, module: module)
    }
    func complete(token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome {
        decider.withLock { $0 }?.complete(token, answer) ?? .unknown
    }
    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? { nil }
    func eject(user: String?, count: Int?, applicationID: String?, machineID: String?) -> Int {
        services.eject(user: user, count: count, applicationID: applicationID, machineID: machineID)
    }
    func invalidate(_ scope: InvalidationScope) { services.invalidate(scope) }
    func attribute(_ attribute: SessionAttribute, ofSession handle: UInt64) -> String? {
        services.attribute(attribute, ofSession: handle)
    }
    func checkSignature(key: String, token: String, user: String) -> SignatureOutcome {
        services.checkSignature(key: key, token: token, user: user)
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}

extension String {
    /// Whether it is a word of a-z and `-` of at most 64 bytes, fit for the label of a counter.
    fileprivate var isKindOfFailure: Bool {
        (1...64).contains(utf8.count)
            && utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-") }
    }
}
