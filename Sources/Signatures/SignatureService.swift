import Basics
import Glibc
import Synchronization

/// Says whether a token lets a user in, once: what modules ask with `signature_check`.
///
/// Any thread. Blocks: checking a signature takes up to a millisecond, and the use of a token is on the disk before the
/// answer.
public final class SignatureService: Sendable {
    /// What a token is worth.
    public enum Outcome: Hashable, Sendable {
        /// The token is good, names the user, and is used up now.
        case valid
        /// The token is not good; the text says why, for the log alone.
        case refused(String)
        /// It could not be told; the text says why, for the log alone.
        case failed(String)
    }

    /// The keys by id, and what they are used with: exchanged as one.
    private struct Rules {
        let keys: [String: SignatureKey]
        let verifier: TokenVerifier
    }

    private let rules = Mutex(Rules(keys: [:], verifier: TokenVerifier()))
    private let store = Mutex<(open: UsedTokenStore?, isAnothers: Bool)>((nil, false))
    private let storePath: String
    private let usedLimit: Int
    private let clock: @Sendable () -> UnixTime

    /// Makes a service without keys.
    ///
    /// - Parameters:
    ///   - storePath: the file of used tokens, which is opened when it is first needed.
    ///   - usedLimit: how many used tokens are remembered.
    ///   - clock: the wall clock.
    public init(
        storePath: String, usedLimit: Int, clock: @escaping @Sendable () -> UnixTime = SignatureService.wallClock
    ) {
        self.storePath = storePath
        self.usedLimit = usedLimit
        self.clock = clock
    }

    /// Opens the file of used tokens, so that anything wrong with it shows now and not at the first log-in.
    public func openStore() throws(UsedTokenError) { _ = try openedStore() }

    private func openedStore() throws(UsedTokenError) -> UsedTokenStore {
        try store.withLock { store throws(UsedTokenError) in
            if let open = store.open { return open }
            if store.isAnothers { throw UsedTokenError(.inUse, storePath, "another process has taken it over") }
            let opened = try UsedTokenStore(path: storePath, limit: usedLimit)
            store.open = opened
            return opened
        }
    }

    /// Closes the file: another process takes it over.
    public func closeStore() { store.withLock { $0 = (nil, true) } }

    /// Has the file again that another process has taken over, and that has ended; it is opened when it is next needed.
    public func takeStoreBack() { store.withLock { $0.isAnothers = false } }

    /// The system's wall clock, as tokens have times; a token lives by no other.
    public static func wallClock() -> UnixTime { UnixTime(nanoseconds: SystemTime.wall) }

    /// Puts other keys, whose ids are different, and other rules in place, for every check that begins from now on.
    public func replaceKeys(_ keys: [SignatureKey], verifier: TokenVerifier = TokenVerifier()) {
        let new = Rules(keys: Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }, verifier: verifier)
        rules.withLock { $0 = new }
    }

    /// Checks the signature, the time, the user and the single use of a token in one step.
    ///
    /// - Parameters:
    ///   - keyID: the `key-id` of an `add-sigkey` block.
    ///   - token: as it was given in place of a password.
    ///   - user: the user who logs in, compared byte by byte.
    ///   - uses: whether the token is used up by it; else whether it was used before is not looked at either.
    public func check(keyID: String, token: [UInt8], user: String, uses: Bool = true) -> Outcome {
        let rules = rules.withLock { $0 }
        guard let key = rules.keys[keyID] else {
            let known = rules.keys.keys.sorted().prefix(10).map { "`\($0)`" }.joined(separator: ", ")
            return .failed("no `add-sigkey` has the key-id `\(keyID)`: \(known.isEmpty ? "there is none" : known)")
        }
        let now = clock()
        do throws(TokenRefusal) {
            let verified = try rules.verifier.check(token, key: key, user: user, now: now)
            return uses ? use(verified, key, rules.verifier, now) : .valid
        } catch {
            return .refused("\(error)")
        }
    }

    private func use(
        _ token: TokenVerifier.Verified, _ key: SignatureKey, _ verifier: TokenVerifier, _ now: UnixTime
    ) -> Outcome {
        let store: UsedTokenStore
        do throws(UsedTokenError) {
            store = try openedStore()
        } catch {
            return .failed("\(error)")
        }
        let issued = token.issued.roundedUp
        let until = UnixTime(seconds: Double(issued)) + (key.lifetime + verifier.leeway)
        let outcome = store.use(
            .init(
                token: token.identity, key: key.fingerprint, issued: issued, until: until.roundedUp,
                now: now.roundedDown))
        switch outcome {
        case .first: return .valid
        case .again: return .refused("the token was used before: its `jti` is good once")
        case .forgotten(let time):
            return .refused(
                "the token was issued by \(UnixTime(seconds: Double(time))), up to which used tokens of its key are "
                    + "forgotten: it may have been used before")
        case .full(let limit):
            return .refused(
                "no further used token can be remembered: \(limit) are, as many as `signature-used-limit` allows, and "
                    + "none has expired")
        case .failed(let error): return .failed("\(error)")
        }
    }
}
