import AuditTrail
import AuthCore
import Basics
import Logging
import Metrics
import ModuleHost
import Synchronization

/// One place where lines of the audit log go, with a thread that brings them there: no other thread waits for a disk or a reader.
final class AuditSink: Sendable {
    /// Lines that belong together, without line feeds.
    struct Entry: Sendable {
        let lines: [[UInt8]]
        var receipt: AuditReceipt?
        /// Whether it says where a chain stands, and is no decision.
        var isMark = false
    }

    private struct Waiting {
        var entries: [Entry] = []
        var bytes = 0
        var lost = 0
        /// Whether no more decisions are taken, and only marks of other sinks.
        var isClosing = false
        var isStopped = false
        /// The key that goes on.
        var key: AuditKey?
        /// Told once it is open again, or why it is not.
        var reopening: [Awaited<LogFileError?>] = []
    }

    private struct Writer {
        var output: any SinkOutput
        var chain: AuditChain?
        /// Whether what is open begins with a start of the chain.
        var hasBegun = false
        /// Decisions that no mark covers, and when the last mark was written.
        var unmarked = 0
        var marked: Int64 = 0
        var isFull = false
        var failure: String?
        /// Whether there is nothing to be written to.
        var isGone = false
    }

    /// How the writer was when its last step was over: what is told of it while it writes.
    private struct Standing {
        var failure: String?
        var head: ChainHead?
    }

    /// Most bytes that wait to be written; further lines are lost, counted and reported.
    static let bound = 1 << 20
    /// How many waiting bytes wake the writer before its second is over.
    private static let enough = 1 << 16
    /// Decisions after which a mark is due, whenever the last was.
    private static let markInterval = 1000

    /// As the configuration has it.
    let name: String
    let isRequired: Bool
    private let json: Bool
    private let patience: Duration
    private let log: Logger
    private let waiting = Mutex(Waiting())
    /// Locked for the length of a write, so that lines keep their order.
    private let writer: Mutex<Writer>
    private let standing: Mutex<Standing>
    private let wake = ThreadSemaphore()
    private let closed = ThreadSemaphore()
    private let finished = ThreadSemaphore()
    /// Since when a write has not returned, on the monotonic clock; 0 for none.
    private let busy = Atomic<Int64>(0)
    private let figures: AuditFigures
    /// Told of a signed mark of where the chain stands, for the other sinks.
    private let publish = SetOnce<@Sendable (AuditChain) -> Void>()

    init(
        _ name: String, _ output: any SinkOutput, chain: AuditChain?, required: Bool, json: Bool, patience: Duration,
        log: Logger
    ) {
        (self.name, self.json, self.patience, self.log) = (name, json, patience, log)
        isRequired = required
        figures = AuditFigures(sink: name)
        writer = Mutex(Writer(output: output, chain: chain))
        standing = Mutex(Standing(head: chain?.head))
    }

    deinit { writer.withLock { $0.output.close() } }

    /// Sets who hears of marks.
    func publishes(to body: @escaping @Sendable (AuditChain) -> Void) { publish.set(body) }

    // MARK: taking lines

    /// Takes lines, or loses them where more wait than are kept.
    func put(_ entry: Entry) {
        let size = entry.lines.reduce(0) { $0 + $1.count + 1 }
        let (isTaken, isFirstLost, wakes) = waiting.withLock { waiting -> (Bool, Bool, Bool) in
            let isClosed = waiting.isStopped || waiting.isClosing && !entry.isMark
            guard waiting.bytes + size <= Self.bound, !isClosed else {
                // The next mark says it again.
                if entry.isMark { return (false, false, false) }
                if entry.receipt == nil { waiting.lost += entry.lines.count }
                return (false, entry.receipt == nil && waiting.lost == entry.lines.count, true)
            }
            waiting.bytes += size
            waiting.entries.append(entry)
            // A mark is there at once: what is behind the last one can be cut unseen.
            let isUrgent = entry.isMark || entry.receipt != nil && waiting.entries.count == 1
            return (true, false, isUrgent || waiting.bytes >= Self.enough)
        }
        if isFirstLost { log.error("audit log `\(name)`: lines are lost: more wait to be written than is kept") }
        if !isTaken {
            entry.receipt?.settle(false)
            if !entry.isMark { figures.lost.increment(by: entry.lines.count) }
        }
        if wakes { wake.signal() }
    }

    /// Goes on with another key, from the next line on.
    func rotate(to key: AuditKey) {
        waiting.withLock { $0.key = key }
        wake.signal()
    }

    // MARK: writing

    /// Writes what waits, and opens the place again where that is wanted; whether nothing is left.
    @discardableResult
    func drain() -> Bool {
        let taken = waiting.withLock { waiting in
            let taken = waiting
            (waiting.entries, waiting.bytes, waiting.key, waiting.reopening) = ([], 0, nil, [])
            return taken
        }
        // What was recorded before goes to where it was, unless that has gone.
        let reopens = !taken.reopening.isEmpty
        let entries = taken.entries.filter { $0.receipt?.isRefused != true }
        let (count, wasFailing, failure, isOther, marked, hindrance) = writer.withLock { writer in
            let wasFailing = writer.failure != nil
            busy.store(SystemTime.monotonic, ordering: .releasing)
            defer {
                busy.store(0, ordering: .releasing)
                note(writer)
            }
            if let key = taken.key { rotate(to: key, &writer) }
            let (count, isOther) = write(entries, &writer, follows: !reopens || writer.isGone)
            let marked = mark(&writer, isLast: taken.isClosing)
            let hindrance = reopens ? reopen(&writer) : nil
            return (count, wasFailing, writer.failure, isOther, marked, hindrance)
        }
        for who in taken.reopening { who.put(hindrance) }
        if isOther {
            log.warning("audit log `\(name)` was deleted, moved or replaced: it is opened again under its name")
        }
        if let failure, !wasFailing {
            let then = isRequired ? "decisions are answered `could not decide`" : "lines are kept until it can be"
            log.error("audit log `\(name)` cannot be written: \(failure); \(then)")
        } else if failure == nil, wasFailing {
            log.notice("audit log `\(name)` is written again")
        }
        settle(entries, count, taken.lost, failure)
        if let marked { publish.value?(marked) }
        return count == entries.count
    }

    /// Says what became of entries: the first `count` are written, the others are given up or wait on.
    private func settle(_ entries: [Entry], _ count: Int, _ lost: Int, _ failure: String?) {
        for entry in entries[..<count] {
            figures.lines.increment(by: entry.lines.count)
            entry.receipt?.settle(true)
        }
        for entry in entries[count...] { entry.receipt?.settle(false) }
        let kept = entries[count...].filter { $0.receipt == nil }
        if !kept.isEmpty {
            waiting.withLock { waiting in
                // INVARIANT: what was not written keeps its place before what has come since.
                waiting.entries.insert(contentsOf: kept, at: 0)
                waiting.bytes += kept.reduce(0) { $0 + $1.lines.reduce(0) { $0 + $1.count + 1 } }
            }
        } else if lost > 0, failure == nil {
            waiting.withLock { $0.lost -= lost }
            log.error("audit log `\(name)`: \(lost) records were lost")
            put(Entry(lines: [AuditLine(lost: lost).bytes(json: json)]))
        }
    }

    /// Writes entries as far as that can be done; how many, and whether to another file than before.
    ///
    /// - Parameter follows: whether a file that has taken the place of this one is written.
    private func write(_ entries: [Entry], _ writer: inout Writer, follows: Bool) -> (count: Int, isOther: Bool) {
        var isOther = false
        if follows {
            let found = writer.output.prepare()
            isOther = found.isOther
            if isOther { writer.hasBegun = false }
            if let failure = found.failure {
                // With nothing to write no question is hindered yet, but a line would be.
                (writer.failure, writer.isGone) = (failure, true)
                return (0, isOther)
            }
            if writer.isGone { (writer.failure, writer.isGone) = (nil, false) }
        }
        let count = append(entries, &writer)
        // What was written to a file that has gone meanwhile is written again.
        if follows, isRequired, count == entries.count, !entries.isEmpty {
            let again = writer.output.prepare()
            if again.isOther || again.failure != nil {
                writer.hasBegun = false
                if let failure = again.failure {
                    writer.failure = failure
                    return (0, isOther)
                }
                return (append(entries, &writer), true)
            }
        }
        return (count, isOther)
    }

    /// Appends entries to what is open; how many.
    private func append(_ entries: [Entry], _ writer: inout Writer) -> Int {
        if entries.isEmpty { return 0 }
        guard begin(&writer) else { return 0 }
        let lines = entries.flatMap(\.lines)
        let result = put(lines, &writer)
        // An entry counts once all of its lines are there.
        var (rest, count) = (result.written, 0)
        for entry in entries {
            rest -= entry.lines.count
            if rest < 0 { break }
            count += 1
            if !entry.isMark { writer.unmarked += 1 }
        }
        return count
    }

    /// Seals and writes lines; the chain stands behind what went out.
    @discardableResult
    private func put(_ lines: [[UInt8]], _ writer: inout Writer) -> AuditWrite {
        let before = writer.chain
        let sealed = lines.map { line in writer.chain?.seal(line, json: json) ?? line + [UInt8(ascii: "\n")] }
        let result = writer.output.write(sealed, patience: patience)
        writer.failure = result.failure
        if result.failure != nil {
            writer.chain = before
            for line in lines.prefix(result.written + (result.isBegun ? 1 : 0)) {
                _ = writer.chain?.seal(line, json: json)
            }
        }
        return result
    }

    // MARK: the chain

    /// Begins a file, or goes on with one, where lines are chained.
    private func begin(_ writer: inout Writer) -> Bool {
        guard !writer.hasBegun else { return true }
        if let chain = writer.chain {
            guard put([AuditLine(facts: chain.mark(.start)).bytes(json: json)], &writer).failure == nil else {
                return false
            }
        }
        writer.hasBegun = true
        return true
    }

    /// Writes where the chain stands, where that is due: the chain then, for the other sinks.
    ///
    /// - Parameter isLast: whether no more lines come; the end of the chain is always said.
    private func mark(_ writer: inout Writer, isLast: Bool) -> AuditChain? {
        let now = SystemTime.monotonic
        guard let chain = writer.chain, writer.unmarked > 0, writer.failure == nil,
            isLast || writer.unmarked >= Self.markInterval || now - writer.marked >= 1_000_000_000
        else { return nil }
        return mark(chain, next: nil, &writer) ? writer.chain : nil
    }

    private func mark(_ chain: AuditChain, next: AuditKey?, _ writer: inout Writer) -> Bool {
        let line = AuditLine(facts: chain.mark(.checkpoint, next: next)).bytes(json: json)
        guard put([line], &writer).failure == nil else { return false }
        (writer.unmarked, writer.marked) = (0, SystemTime.monotonic)
        figures.note(writer.chain?.head)
        return true
    }

    /// Ends what one key has written, and goes on with another one.
    private func rotate(to key: AuditKey, _ writer: inout Writer) {
        guard let chain = writer.chain, chain.key.id != key.id else { return }
        if writer.hasBegun { _ = mark(chain, next: key, &writer) }
        writer.chain?.rotate(to: key)
        writer.hasBegun = false
    }

    // MARK: how it is

    /// Why nothing can be written; nil where lines can be, as far as is known.
    var fault: String? {
        let since = busy.load(ordering: .acquiring)
        if since != 0, SystemTime.monotonic - since > patience.nanoseconds { return "a write has not returned" }
        return standing.withLock { $0.failure }
    }

    /// Finds out whether lines can be written, while no question comes. Called each second.
    func probe() {
        let becameFull = writer.withLockIfAvailable { writer in
            let wasFull = writer.isFull
            writer.isFull = writer.output.isFull
            note(writer)
            return writer.isFull && !wasFull && writer.failure == nil
        }
        if becameFull == true {
            log.error("audit log `\(name)`: there is no room for a further block; decisions will soon fail")
        }
        figures.up.record(fault == nil ? 1 : 0)
    }

    /// Where its chain stands; nil without one.
    var head: ChainHead? { standing.withLock { $0.head } }

    private func note(_ writer: Writer) {
        let failure = writer.failure ?? (writer.isFull ? "there is no room for a further block" : nil)
        standing.withLock { $0 = Standing(failure: failure, head: writer.chain?.head) }
    }

    /// How many lines wait, and were lost.
    var backlog: (waiting: Int, lost: Int) { waiting.withLock { ($0.entries.count, $0.lost) } }

    // MARK: running

    /// Writes from a thread of its own from here on.
    func start() {
        let (wake, finished) = (wake, finished)
        _ = PosixThread.start(name: "auth-audit") { [weak self] in
            // What follows from an answer that could not be recorded must not hold up lines.
            CallContext.keepThreadFree()
            while true {
                _ = wake.wait(for: .seconds(1))
                guard let self else { return }
                let (isClosing, isStopped) = self.waiting.withLock { ($0.isClosing, $0.isStopped) }
                self.drain()
                if isStopped { return finished.signal() }
                if isClosing { self.closed.signal() }
            }
        }
    }

    /// Opens it again under its name, once the write that is under way has returned; what was recorded before goes to where it was,
    /// if it can.
    ///
    /// - Parameter ownThread: whether its thread does it, for which is waited a little longer than for a write.
    func reopen(ownThread: Bool) throws(LogFileError) {
        let hung = LogFileError(path: name, purpose: "audit log", reason: "a write to it has not returned")
        if fault != nil, busy.load(ordering: .acquiring) != 0 { throw hung }
        let answer = Awaited<LogFileError?>()
        waiting.withLock { $0.reopening.append(answer) }
        if ownThread { wake.signal() } else { drain() }
        guard let hindrance = answer.wait(for: longestWait) else { throw hung }
        if let hindrance { throw hindrance }
    }

    private func reopen(_ writer: inout Writer) -> LogFileError? {
        do throws(LogFileError) {
            try writer.output.reopen()
            writer.hasBegun = false
            return nil
        } catch {
            return error
        }
    }

    /// Goes on behind what another process has written since this one was opened.
    func goOn() { writer.withLock { goOn(&$0) } }

    private func goOn(_ writer: inout Writer) {
        guard let chain = writer.chain, let head = ChainedLine.head(ofTail: writer.output.tail) else { return }
        writer.chain = AuditChain(chain.key, sink: chain.sink, after: head)
        note(writer)
    }

    /// Takes decisions again after its end, behind what another process has written since. A write that has not returned is not
    /// waited for: what it writes is not the other process's, which has not written either.
    func resume(ownThread: Bool) {
        while closed.wait(for: .zero) {}
        while finished.wait(for: .zero) {}
        writer.withLockIfAvailable { writer in
            _ = writer.output.prepare()
            writer.hasBegun = false
            goOn(&writer)
        }
        waiting.withLock { ($0.isClosing, $0.isStopped) = (false, false) }
        if ownThread { start() }
    }

    // MARK: the end

    private var longestWait: Duration { patience + .seconds(1) }

    /// Takes no more decisions; what waits is written, and where the chain stands. Marks of other sinks are taken until it is
    /// stopped.
    func close() {
        waiting.withLock { $0.isClosing = true }
        wake.signal()
    }

    /// Waits until that is done.
    ///
    /// - Parameter ownThread: whether its thread does it, for which is waited a little longer than for a write.
    /// - Returns: whether it is done.
    func awaitClosing(ownThread: Bool) -> Bool { ownThread ? closed.wait(for: longestWait) : drain() }

    /// Writes the marks of other sinks, and takes no more.
    ///
    /// - Parameter isClosed: whether everything else is written.
    func stop(ownThread: Bool, isClosed: Bool) {
        waiting.withLock { $0.isStopped = true }
        wake.signal()
        let isDone = isClosed && (ownThread ? finished.wait(for: longestWait) : drain())
        if !isDone || backlog.waiting > 0 {
            log.error("audit log `\(name)`: lines are lost: they could not be written before the end")
        }
        if let head { log.notice("audit log `\(name)`: this process ends its chain with \(head.text)") }
    }
}
