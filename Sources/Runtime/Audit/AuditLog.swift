import AuditTrail
import AuthCore
import Basics
import Logging
import ModuleHost
import Synchronization

/// The audit log: one line for every decision, of any asker, with any answer, in each of its sinks.
///
/// Where it is required, a line is in a sink before the answer goes out, and an answer whose line is in none of them in time
/// becomes "could not decide". Where it is not, lines wait for their sinks, within a bound: the end of the process by KILL loses
/// at most a second, and lines beyond the bound are counted and reported. No asker waits in a write.
public final class AuditLog: Sendable {
    /// How it is written.
    public struct Settings: Sendable {
        /// Whether an answer must wait for its line, in one of the sinks at least.
        public var required = false
        /// Whether lines are JSON objects.
        public var json = false
        /// How long a line may take where it is required, and how long a sink may before it counts as hung.
        public var timeout = Duration.seconds(1)
        /// What makes the chains of the sinks and signs them; nil for lines without a chain.
        package var key: AuditKey?
        /// How many of the latest lines are kept in memory for `explain --decision`.
        public var kept = 10_000

        /// Makes the defaults of the configuration.
        public init() {}
    }

    /// The state of a sink.
    public struct SinkStatus: Sendable {
        /// As the configuration has it.
        public let name: String
        /// Why nothing can be written to it; nil where lines can be, as far as is known.
        public let fault: String?
        /// Lines that wait to be written, and those that were lost since it was last written.
        public let waiting: Int
        /// See ``waiting``.
        public let lost: Int
        /// Where its chain stands, as `NUMBER:VALUE`; nil without one.
        public let head: String?
    }

    private let settings: Settings
    private let sinks: [AuditSink]
    private let hasThreads: Bool
    private let recent: RecentDecisions
    /// Lines that answers wait for, the first one first.
    private let receipts = Mutex<[AuditReceipt]>([])
    private let wake = ThreadSemaphore()
    /// Decisions that were not given because they could not be recorded, since the last one that was recorded.
    private let refused = Atomic<Int>(0)
    /// Whether a line about them is on its way.
    private let isTelling = Atomic<Bool>(false)
    private let isStopped = Atomic<Bool>(false)

    /// Whether an answer must wait for its line.
    public var isRequired: Bool { settings.required }
    var json: Bool { settings.json }

    /// Opens the sinks, and starts their threads.
    ///
    /// - Parameters:
    ///   - places: a file or FIFO, `-` for standard output, `syslog:` or `journal`, and `memory` for no place at all.
    ///   - log: where it is said that a sink cannot be written, once for each time that begins.
    /// - Throws: ``LogFileError`` when a file cannot be opened.
    public convenience init(_ places: [String], _ settings: Settings, log: Logger) throws(LogFileError) {
        var outputs: [(name: String, output: any SinkOutput)] = []
        for place in places where place != AuditPlace.memory {
            outputs.append((place, try AuditPlace.output(of: place)))
        }
        self.init(outputs, settings, log: log, startsWriter: true)
    }

    /// - Parameter startsWriter: false for a test that flushes itself, and whose required lines the asking thread writes.
    init(
        _ outputs: [(name: String, output: any SinkOutput)], _ settings: Settings, log: Logger, startsWriter: Bool
    ) {
        self.settings = settings
        hasThreads = startsWriter
        recent = RecentDecisions(limit: settings.kept)
        sinks = outputs.enumerated().map { index, place in
            let chain = settings.key.map {
                AuditChain($0, sink: index + 1, after: ChainedLine.head(ofTail: place.output.tail) ?? .start)
            }
            return AuditSink(
                place.name, place.output, chain: chain, required: settings.required, json: settings.json,
                patience: settings.timeout, log: log)
        }
        publishMarks()
        guard startsWriter else { return }
        for sink in sinks { sink.start() }
        if settings.required { startExpiring() }
    }

    /// Each sink has the marks of the others, so that a cut end of one is seen in another.
    private func publishMarks() {
        for (index, sink) in sinks.enumerated() where sinks.count > 1 {
            sink.publishes { [weak self] chain in self?.publish(chain, ofSinkAt: index) }
        }
    }

    private func publish(_ chain: AuditChain, ofSinkAt index: Int) {
        let line = AuditLine(facts: chain.mark(.head)).bytes(json: json)
        for (other, sink) in sinks.enumerated() where other != index {
            sink.put(AuditSink.Entry(lines: [line], isMark: true))
        }
    }

    // MARK: recording

    /// Records lines, without line feeds; `body` is called once with whether they may count as written.
    ///
    /// Where they are required, that is on the thread that has written them or on that of the deadlines; else at once.
    func record(_ lines: [[UInt8]], _ decisions: [DecisionID], then body: @escaping @Sendable (Bool) -> Void) {
        recent.add(lines, decisions)
        guard isRequired else {
            for sink in sinks { sink.put(AuditSink.Entry(lines: lines)) }
            return body(true)
        }
        let receipt = AuditReceipt(sinks: sinks.count, due: SystemTime.monotonic + settings.timeout.nanoseconds) {
            [self] isWritten in
            if !isWritten { refused.wrappingAdd(decisions.count, ordering: .relaxed) }
            body(isWritten)
        }
        put(AuditSink.Entry(lines: lines, receipt: receipt), receipt)
    }

    private func put(_ entry: AuditSink.Entry, _ receipt: AuditReceipt) {
        if hasThreads { receipts.withLock { $0.append(receipt) } }
        for sink in sinks { sink.put(entry) }
        if sinks.isEmpty { receipt.expire() }
        if !hasThreads { flush() }
    }

    /// Answers questions whose lines are not written in time.
    private func startExpiring() {
        let wake = wake
        _ = PosixThread.start(name: "auth-audit-due") { [weak self] in
            CallContext.keepThreadFree()
            // Nothing holds the log while it waits.
            while let pause = self?.expire() { _ = wake.wait(for: pause) }
        }
    }

    /// Answers what is due; returns how long to wait before looking again, nil for the end.
    private func expire() -> Duration? {
        if isStopped.load(ordering: .acquiring) { return nil }
        let now = SystemTime.monotonic
        let due = receipts.withLock { receipts -> [AuditReceipt] in
            let count = receipts.firstIndex { $0.due > now && $0.isWaiting } ?? receipts.count
            defer { receipts.removeFirst(count) }
            return receipts[..<count].filter(\.isWaiting)
        }
        for receipt in due { receipt.expire() }
        return min(settings.timeout / 10, .milliseconds(100))
    }

    /// The line of a decision that was made a moment ago; nil where it is not kept.
    public func line(of decision: DecisionID) -> String? { recent.line(of: decision) }

    /// How many decisions are kept at most.
    public var kept: Int { settings.kept }

    // MARK: how it is

    /// Why nothing can be decided; nil where lines can be written, as far as is known, and where they need not be.
    var fault: String? {
        guard isRequired else { return nil }
        let faults = sinks.compactMap { sink in sink.fault.map { "`\(sink.name)`: \($0)" } }
        guard faults.count == sinks.count else { return nil }
        return "the audit log is required and cannot be written: \(faults.joined(separator: ", "))"
    }

    /// The state of each sink.
    public var status: [SinkStatus] {
        sinks.map { sink in
            let backlog = sink.backlog
            return SinkStatus(
                name: sink.name, fault: sink.fault, waiting: backlog.waiting, lost: backlog.lost, head: sink.head?.text)
        }
    }

    /// Finds out whether lines can be written, where they are required, while no question comes: before the first question is
    /// lost, and when it is over. Called each second.
    func probe() {
        for sink in sinks { sink.probe() }
        guard isRequired else { return }
        // A file that has gone is opened again before a line needs it.
        if !hasThreads { flush() }
        let count = refused.load(ordering: .relaxed)
        guard count > 0 || sinks.contains(where: { $0.fault != nil }),
            !isTelling.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        let line = AuditLine(refused: count).bytes(json: json)
        let due = SystemTime.monotonic + settings.timeout.nanoseconds
        let receipt = AuditReceipt(sinks: sinks.count, due: due) { [self] isWritten in
            if isWritten { refused.wrappingSubtract(count, ordering: .relaxed) }
            isTelling.store(false, ordering: .releasing)
        }
        put(AuditSink.Entry(lines: [line], receipt: receipt, isMark: true), receipt)
    }

    /// Writes what waits, on the calling thread; whether nothing is left.
    @discardableResult
    func flush() -> Bool { sinks.map { $0.drain() }.allSatisfy(\.self) }

    // MARK: running

    /// Opens files again under their names, after they were moved away; an old one stays in use when that fails. What was
    /// recorded before goes to the old one, if it can be written.
    ///
    /// - Throws: what hinders the first that cannot be; the others are open again.
    public func reopen() throws(LogFileError) {
        var hindrance: LogFileError?
        for sink in sinks {
            do throws(LogFileError) {
                try sink.reopen(ownThread: hasThreads)
            } catch {
                hindrance = hindrance ?? error
            }
        }
        if let hindrance { throw hindrance }
    }

    /// Writes again after ``stop()``, behind what another process has written since.
    func resume() {
        isStopped.store(false, ordering: .releasing)
        for sink in sinks { sink.resume(ownThread: hasThreads) }
        if hasThreads, isRequired { startExpiring() }
    }

    /// Goes on behind what another process has written since the start.
    func goOn() { for sink in sinks { sink.goOn() } }

    /// Chains with another key from the next line on.
    package func rotate(to key: AuditKey) { for sink in sinks { sink.rotate(to: key) } }

    /// Writes what waits, and ends the writers. What is recorded after it is lost.
    func stop() {
        // First the last mark of each, which the others have as well.
        for sink in sinks { sink.close() }
        let closed = sinks.map { $0.awaitClosing(ownThread: hasThreads) }
        for (sink, isClosed) in zip(sinks, closed) { sink.stop(ownThread: hasThreads, isClosed: isClosed) }
        isStopped.store(true, ordering: .releasing)
        wake.signal()
    }
}

/// What `audit-log` names.
public enum AuditPlace {
    /// No place: lines are kept in memory alone.
    public static let memory = "memory"

    static func output(of place: String) throws(LogFileError) -> any SinkOutput {
        if place == "-" { return PipeOutput() }
        for form in [DatagramOutput.Form.syslog, .journal] {
            if place == "\(form.rawValue):" || place == form.rawValue { return DatagramOutput(form, nil) }
            if place.hasPrefix("\(form.rawValue):") {
                return DatagramOutput(form, String(place.dropFirst(form.rawValue.utf8.count + 1)))
            }
        }
        if LogFile.isFIFO(place) { return PipeOutput(fifo: place) }
        return try FileOutput(place)
    }

    /// Why a place would be refused; nil where it could be written. Writes nothing, and makes no file.
    ///
    /// - Parameter mustBeFree: whether a process that writes it is a fault.
    public static func fault(of place: String, mustBeFree: Bool) -> LogFileError? {
        let isService = ["syslog", "journal"].contains { place == $0 || place.hasPrefix("\($0):") }
        if place == "-" || place == memory || isService || LogFile.isFIFO(place) { return nil }
        return LogFile.fault(at: place, as: "audit log", mustBeFree: mustBeFree)
    }
}
