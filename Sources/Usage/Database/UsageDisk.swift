/// The disk's side of the usage statistics: opens the database when it can be opened, and writes what the store has.
///
/// Used under one lock, which nothing but the disk's work takes.
struct UsageDisk {
    /// What happened, for the event log.
    struct Outcome {
        /// Why nothing was written.
        var failure: UsageDatabaseError?
        /// Whether a failure before this is over.
        var hasRecovered = false
        /// How many users of the month were read from a file that was opened now.
        var readUsers: Int?
        /// The months that are complete and closed now.
        var closed: [UsageMonth] = []
    }

    private let path: String
    private let store: UsageStore
    private var database: UsageDatabase?
    /// Held while the database is open, and a moment longer.
    private var lock: UsageFileLock?
    private var loadedMonth: UsageMonth?
    /// The month before which all are closed in the file that is open.
    private var closedBefore: UsageMonth?
    /// Whose sessions the file that is open says to have, of the month under way.
    private var writtenOrigins: Set<String> = []
    private var lastFailure: UsageDatabaseError?
    private var isClosed = false

    init(path: String, store: UsageStore) {
        self.path = path
        self.store = store
    }

    /// Opens the file if it is not open, adds what it has of the month under way to the store, and writes what it
    /// lacks.
    ///
    /// - Parameter origin: whose sessions were sampled, where they are not those of one host alone.
    mutating func sync(at instant: Int64, from origin: String? = nil) -> Outcome {
        var outcome = Outcome()
        guard !isClosed else { return outcome }
        let rows: [UsageRow]
        do throws(UsageDatabaseError) {
            let database = try openDatabase()
            outcome.readUsers = try load(from: database)
            rows = store.takeUnsynced()
            if closedBefore != store.month { writtenOrigins = [] }
            let newOrigin = origin.flatMap { writtenOrigins.contains($0) ? nil : $0 }
            if rows.isEmpty && closedBefore == store.month && newOrigin == nil { return end(outcome) }
            do throws(UsageDatabaseError) {
                let month = store.month
                outcome.closed = try database.write(rows, from: newOrigin, closingBefore: month, at: instant)
                if let newOrigin { writtenOrigins.insert(newOrigin) }
                closedBefore = month
                store.finishSync(rows, isWritten: true)
            } catch {
                store.finishSync(rows, isWritten: false)
                throw error
            }
        } catch {
            outcome.failure = error
        }
        return end(outcome)
    }

    private mutating func end(_ outcome: Outcome) -> Outcome {
        var outcome = outcome
        outcome.hasRecovered = lastFailure != nil && outcome.failure == nil
        lastFailure = outcome.failure
        return outcome
    }

    /// Closes the file; it is not opened again before ``begin()``.
    mutating func close() {
        isClosed = true
        database?.close()
        database = nil
        lock = nil
    }

    /// Lets the file be opened, also after ``close()``.
    mutating func begin() { isClosed = false }

    private mutating func openDatabase() throws(UsageDatabaseError) -> UsageDatabase {
        if let open = database, open.isInPlace { return open }
        if let gone = database {
            // NOTE: what the file that was moved away holds is written again to the one that takes its place.
            database = nil
            loadedMonth = nil
            closedBefore = nil
            writtenOrigins = []
            store.forgetSync()
            gone.close()
            lock = nil
        }
        let file = UsageFile(path: path)
        try file.prepare()
        let lock: UsageFileLock
        if let held = self.lock { lock = held } else { lock = try file.lock() }
        let opened = try UsageDatabase(path: path)
        self.lock = lock
        database = opened
        return opened
    }

    /// Reads the month under way once.
    private mutating func load(from database: UsageDatabase) throws(UsageDatabaseError) -> Int? {
        let month = store.month
        guard loadedMonth != month else { return nil }
        let rows = try database.rows(of: month)
        store.load(rows)
        let isFirst = loadedMonth == nil
        loadedMonth = month
        return isFirst ? Set(rows.map { Array($0.user.utf8) }).count : nil
    }
}
