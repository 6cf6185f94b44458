import AuthCore

/// What a connection to a destination presents.
package struct HeldCredential: Sendable {
    /// The name that the remote server is shown; 0...255 bytes.
    package let user: String
    package let secret: Secret
    /// Seconds since 1970-01-01 00:00 UTC; nil for one that is used once.
    package let expiry: Int64?
    /// Tells it from others of its destination; never 0.
    package let serial: UInt32
}

/// Why there are no credentials; never a secret.
package struct CredentialFailure: Error, Sendable, CustomStringConvertible {
    /// A word of a-z and `-`, for the counters.
    package let kind: String
    package let description: String
    /// Whether only another configuration will help, so that the longest pause is due.
    let isLasting: Bool

    init(_ kind: String, _ description: String, isLasting: Bool = false) {
        self.kind = kind
        self.description = description
        self.isLasting = isLasting
    }
}

package typealias CredentialOutcome = Result<HeldCredential, CredentialFailure>

/// The credentials of one destination as they come and go: what is kept, which questions wait, and when the next try is due.
/// It knows no clock and calls no other code.
struct CredentialState {
    typealias Waiter = @Sendable (CredentialOutcome) -> Void

    /// What the asker is to do.
    enum Step {
        /// Answer at once.
        case answer(CredentialOutcome)
        /// Answer at once, and ask the module in the background: the kept one is near its end.
        case answerAndFetch(HeldCredential)
        /// Ask the module; the waiter was taken in.
        case fetch
        /// The waiter was taken in: the module is being asked already.
        case wait
    }

    /// The clocks at one moment.
    struct Moment {
        /// Nanoseconds, never backwards.
        let monotonic: Int64
        /// Seconds since 1970-01-01 00:00 UTC.
        let wall: Int64
    }

    /// The first pause after a failure, which doubles with each further one, and the longest: nanoseconds.
    static let firstPause: Int64 = 1_000_000_000
    static let longestPause: Int64 = 60_000_000_000
    /// A kept credential is replaced this long before its end at the most: seconds.
    static let longestMargin: Int64 = 60

    private var kept: (credential: HeldCredential, fetched: Int64, refresh: Int64)?
    private var isFetching = false
    private var waiters: [Waiter] = []
    private var failures = 0
    /// Why there was none the last time; nil after a success.
    private(set) var lastFailure: CredentialFailure?
    private var retryAt: Int64 = .min
    private var serials: UInt32 = 0
    /// The serial number of the newest credential that was refused; it and older ones are done with.
    private var refused: UInt32 = 0
    /// Whether a refusal has had its fresh try, and no server has accepted since.
    private var wasRefused = false

    /// When the kept credential was fetched, will be refreshed and ends, in seconds since 1970.
    var times: (fetched: Int64, refresh: Int64, expiry: Int64?)? {
        kept.map { ($0.fetched, $0.refresh, $0.credential.expiry) }
    }

    /// The serial number of what was given last; 0 before that.
    var newest: UInt32 { serials }

    /// The serial number of what is given next.
    var next: UInt32 { serials == .max ? 1 : serials + 1 }

    /// The serial number of the kept credential, where its secret is this one.
    func serial(of secret: Secret) -> UInt32? {
        guard let credential = kept?.credential else { return nil }
        let isSame = credential.secret.withTerminatedBytes { kept in
            secret.withTerminatedBytes { named in
                // Every byte is looked at, so that the time does not tell where they differ.
                named.count == kept.count && zip(named, kept).reduce(0) { $0 | $1.0 ^ $1.1 } == 0
            }
        }
        return isSame ? credential.serial : nil
    }

    /// Takes a question that needs credentials now.
    mutating func ask(at now: Moment, _ waiter: @escaping Waiter) -> Step {
        if let kept, let expiry = kept.credential.expiry, now.wall < expiry {
            guard now.wall >= kept.refresh, !isFetching, now.monotonic >= retryAt else {
                return .answer(.success(kept.credential))
            }
            isFetching = true
            return .answerAndFetch(kept.credential)
        }
        kept = nil
        if !isFetching, now.monotonic < retryAt, let lastFailure {
            return .answer(.failure(lastFailure.waiting(retryAt - now.monotonic)))
        }
        waiters.append(waiter)
        if isFetching { return .wait }
        isFetching = true
        return .fetch
    }

    /// Takes what the module said, and returns who is to be told what.
    ///
    /// - Parameter jitter: 0...1, how much of the pause after a failure is left to chance.
    mutating func fetched(
        _ outcome: Result<(user: String, secret: Secret, expiry: Int64?), CredentialFailure>, at now: Moment,
        jitter: Double
    ) -> (outcome: CredentialOutcome, waiters: [Waiter]) {
        isFetching = false
        defer { waiters = [] }
        switch outcome {
        case .failure(let failure):
            fail(failure, at: now, jitter)
            return (.failure(failure), waiters)
        case .success(let fetched):
            serials = next
            let credential = HeldCredential(
                user: fetched.user, secret: fetched.secret, expiry: fetched.expiry, serial: serials)
            if !wasRefused { succeed() }
            if let expiry = fetched.expiry, expiry > now.wall {
                // INVARIANT: a tenth of the life is never more than half of it, so that it is given to a program at all.
                let margin = min(Self.longestMargin, (expiry - now.wall) / 10)
                kept = (credential, now.wall, expiry - margin)
            }
            return (.success(credential), waiters)
        }
    }

    /// Learns that the remote server took a credential.
    mutating func accepted(_ serial: UInt32) {
        guard serial > refused else { return }
        wasRefused = false
        succeed()
    }

    /// Learns that the remote server refused a credential. The next one is fetched anew, at once the first time and after a
    /// pause when that one is refused as well. Returns whether this was news.
    mutating func rejected(_ serial: UInt32, at now: Moment, jitter: Double) -> Bool {
        guard serial > refused, serial <= serials else { return false }
        refused = serials
        kept = nil
        if wasRefused {
            fail(CredentialFailure("rejected", "the remote server refused the credentials twice"), at: now, jitter)
        }
        wasRefused = true
        return true
    }

    private mutating func succeed() {
        failures = 0
        lastFailure = nil
        retryAt = .min
    }

    private mutating func fail(_ failure: CredentialFailure, at now: Moment, _ jitter: Double) {
        let pause = failure.isLasting ? Self.longestPause : min(Self.firstPause << min(failures, 16), Self.longestPause)
        failures += 1
        lastFailure = failure
        retryAt = now.monotonic + pause / 2 + Int64(Double(pause / 2) * jitter)
    }
}

extension CredentialFailure {
    /// The same, with how long it is until the next try.
    fileprivate func waiting(_ nanoseconds: Int64) -> CredentialFailure {
        let seconds = max((nanoseconds + 999_999_999) / 1_000_000_000, 1)
        return CredentialFailure(kind, "\(description) (the next try is due in \(seconds) s)")
    }
}
