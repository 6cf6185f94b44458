import Synchronization

/// Remembers which tokens were used until they could not be good any more, across restarts.
///
/// A use is on the disk before it counts: a host that is killed at any moment lets no user in twice on one token. Uses
/// that come in while the disk is busy are written together. Any thread; blocks on the disk.
public final class UsedTokenStore: Sendable {
    /// A token that is good but for single use.
    struct Use {
        let token: Digest128
        let key: Digest128
        let issued: UInt32
        /// When the token cannot be good any more, whatever its `exp` says: the key's lifetime after `issued`.
        let until: UInt32
        let now: UInt32
    }

    /// What became of a use.
    enum Outcome: Equatable {
        /// The token was unused; now it is used.
        case first
        /// The token had been used.
        case again
        /// Used tokens of the key that were issued up to this second may have been forgotten, and this is one of them.
        case forgotten(UInt32)
        /// There is room for so many used tokens, and none of them has expired.
        case full(Int)
        /// The use could not be written; no user may be let in on it.
        case failed(UsedTokenError)
    }

    /// A use that waits to be written.
    final class Request: @unchecked Sendable {
        // `outcome` is read and written by the holder of the `state` lock alone.
        let use: Use
        var outcome: Outcome?

        init(_ use: Use) { self.use = use }
    }

    let waiting = Mutex<[Request]>([])
    private let state: Mutex<UsedTokenState>

    /// Opens the store of a file, which is made when there is none.
    ///
    /// - Parameter limit: how many used tokens are kept; one more is refused until another has expired.
    /// - Throws: ``UsedTokenError``: the file cannot be used, is used by another process, or is damaged.
    public convenience init(path: String, limit: Int) throws(UsedTokenError) {
        try self.init(path: path, limit: limit, calls: UsedTokenFile.Calls())
    }

    init(path: String, limit: Int, calls: UsedTokenFile.Calls) throws(UsedTokenError) {
        state = Mutex(try UsedTokenState(path: path, limit: limit, calls: calls))
    }

    /// Marks a token as used, once. The thread that gets the lock writes for all that wait for it.
    func use(_ use: Use) -> Outcome {
        let request = Request(use)
        waiting.withLock { $0.append(request) }
        return state.withLock { state in
            if let outcome = request.outcome { return outcome }
            let requests = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            let outcomes = state.use(requests.map(\.use))
            for (request, outcome) in zip(requests, outcomes) { request.outcome = outcome }
            // The own request was among those that waited: it was put there first, and no thread had answered it.
            return request.outcome ?? .again
        }
    }

    /// How many used tokens are kept.
    var count: Int { state.withLock { $0.table.count } }
}

/// The table and its file, as one thread at a time has them.
struct UsedTokenState: ~Copyable {
    private(set) var table: UsedTokenTable
    private var file: UsedTokenFile
    private let limit: Int
    /// How many records make the file worth writing anew: then at least half of them are of no use, or the table has
    /// doubled.
    private var replaceAt: Int
    /// When a full table was last looked through for expired tokens; the next time is seconds later.
    private var lastPruned: UInt32 = 0

    private static let slack = 4096
    private static let pruneInterval: UInt32 = 10

    init(path: String, limit: Int, calls: UsedTokenFile.Calls) throws(UsedTokenError) {
        var table = UsedTokenTable()
        var isOverfull = false
        let file = try UsedTokenFile.open(path, calls: calls) { if !table.insert($0) { isOverfull = true } }
        if isOverfull { throw UsedTokenError(.damaged, path, "it names more than 65536 keys") }
        self.file = file
        self.table = table
        self.limit = limit
        replaceAt = 2 * table.count + Self.slack
    }

    /// Marks tokens as used, those that may be; all of them are on the disk when this returns.
    mutating func use(_ uses: [UsedTokenStore.Use]) -> [UsedTokenStore.Outcome] {
        var accepted: [UsedTokenRecord] = []
        var outcomes = uses.map { use in
            let outcome = judge(use)
            if outcome == .first {
                accepted.append(
                    UsedTokenRecord(
                        kind: .used, token: use.token, key: use.key, issued: use.issued, until: use.until))
            }
            return outcome
        }
        guard !accepted.isEmpty else { return outcomes }
        do throws(UsedTokenError) {
            try file.append(accepted)
        } catch {
            for record in accepted { table.remove(record.token) }
            for index in outcomes.indices where outcomes[index] == .first { outcomes[index] = .failed(error) }
        }
        return outcomes
    }

    private mutating func judge(_ use: UsedTokenStore.Use) -> UsedTokenStore.Outcome {
        if table.contains(use.token) { return .again }
        makeRoom(use.now)
        let forgotten = table.forgottenTime(of: use.key)
        if use.issued <= forgotten { return .forgotten(forgotten) }
        if table.count >= limit { return .full(limit) }
        let record = UsedTokenRecord(
            kind: .used, token: use.token, key: use.key, issued: use.issued, until: use.until)
        return table.insert(record) ? .first : .full(limit)
    }

    /// Forgets expired tokens when the file has grown or the table is full. A file that cannot be written anew stays
    /// in use.
    private mutating func makeRoom(_ now: UInt32) {
        let isFull = table.count >= limit && (now < lastPruned || now >= lastPruned + Self.pruneInterval)
        guard isFull || file.recordCount >= replaceAt else { return }
        lastPruned = now
        let pruned = table.pruned(now: now)
        if isFull && pruned.count == table.count && file.recordCount < replaceAt { return }
        do throws(UsedTokenError) {
            try file.replace(with: pruned.records)
            table = pruned
            replaceAt = 2 * table.count + Self.slack
        } catch {
            replaceAt = file.recordCount + Self.slack
        }
    }
}
