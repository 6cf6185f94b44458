import AuthCore
import Basics
import CAuthModule
import CFFI
import Glibc
import Synchronization

/// One place for a helper process: starts it, watches it, and starts another one after its end.
///
/// One thread does all that, for the system ends a helper with the thread that has started it.
final class Helper: Sendable {
    /// What hinders it from being asked.
    struct Hindrance {
        let text: String
        let isQuarantined: Bool
    }

    /// A helper process that runs. It is freed with its last user.
    private final class Process: @unchecked Sendable {
        // The C side is made for many threads; it is freed with its last holder.
        let pointer: OpaquePointer
        /// What it knows of sessions is known by this number.
        let life: UInt32

        init(_ pointer: OpaquePointer, _ life: UInt32) {
            self.pointer = pointer
            self.life = life
        }

        deinit { cffi_helper_free(pointer) }
    }

    private struct State {
        /// The process that is asked; nil while none is.
        var process: Process?
        /// When helpers have ended that were not told to, on the monotonic clock.
        var ends: [Int64] = []
        var hindrance: Hindrance?
    }

    /// What the supervising thread needs.
    private struct Work: @unchecked Sendable {
        // The pool outlives its threads by this reference; the table is never freed.
        let pool: HelperPool
        let host: HostTable
        let services: any ModuleServices
        let timeout: Duration
    }

    private static let longestDelay: Int64 = 30_000_000_000
    /// A life that no session belongs to.
    private static let noLife = UInt32.max

    let number: Int
    private let state = Mutex(State())
    private let news = ThreadSemaphore()
    private let hasEnded = ThreadSemaphore()
    private let wasStarted = Atomic<Bool>(false)

    init(_ number: Int) { self.number = number }

    var life: UInt32 { state.withLock { $0.process?.life } ?? Self.noLife }
    var hindrance: Hindrance? { state.withLock { $0.hindrance } }

    /// Calls an entry point.
    ///
    /// - Parameters:
    ///   - due: when the helper is killed where the call has not returned, on the monotonic clock.
    ///   - life: which life of the helper the arguments are of; 0 for any.
    func call(
        _ entry: UInt32, _ shape: inout cffi_shape, _ slots: UnsafePointer<UInt64>, due: Int64, life: UInt32
    ) -> Int64 {
        var result: Int64 = 0
        var outcome = Int32(CFFI_CALL_ENDED)
        if let process = state.withLock({ $0.process }), life == 0 || life == process.life {
            outcome = cffi_helper_call(process.pointer, entry, slots, due, &result)
        }
        if outcome == CFFI_CALL_DONE { return result }
        return cffi_call_failed(&shape, slots, outcome)
    }

    // MARK: starting and ending

    /// Starts the first helper, and waits until it has loaded the module. Returns why it has not, nil where it has.
    func start(
        _ pool: HelperPool, _ host: HostTable, _ services: any ModuleServices, timeout: Duration
    ) -> String? {
        let work = Work(pool: pool, host: host, services: services, timeout: timeout)
        let first = FirstStart()
        wasStarted.store(true, ordering: .releasing)
        guard PosixThread.start(name: "auth-helper", { [self] in supervise(work, first) }) else {
            hasEnded.signal()
            return "no thread could be made for its helper process"
        }
        first.ready.wait()
        return first.failure.withLock { $0 }
    }

    /// What became of the first start.
    private final class FirstStart: Sendable {
        let failure = Mutex<String?>(nil)
        let ready = ThreadSemaphore()
    }

    /// Ends the helper, and waits for that for three seconds at most.
    func stop() {
        guard wasStarted.load(ordering: .acquiring) else { return }
        if let process = state.withLock({ $0.process.take() }) { cffi_helper_close(process.pointer) }
        news.signal()
        _ = hasEnded.wait(for: .seconds(3))
    }

    /// Starts it again where it is in quarantine; returns whether it was.
    func release() -> Bool {
        let wasQuarantined = state.withLock { state in
            guard state.hindrance?.isQuarantined == true else { return false }
            state.ends = []
            state.hindrance = nil
            return true
        }
        if wasQuarantined { news.signal() }
        return wasQuarantined
    }

    private func supervise(_ work: Work, _ first: FirstStart) {
        defer { hasEnded.signal() }
        var isFirst = true
        while !work.pool.hasStopped {
            switch launch(work) {
            case .failure(let failure) where isFirst:
                first.failure.withLock { $0 = failure.text }
                first.ready.signal()
                return
            case .failure(let failure): noteEnd(work, "could not be started: \(failure.text)", signal: 0)
            case .success(let process):
                if isFirst {
                    state.withLock { $0.process = process }
                    first.ready.signal()
                } else {
                    initialise(process, work)
                }
                isFirst = false
                watch(process, work)
            }
            awaitTurn(work)
        }
    }

    private struct LaunchFailure: Error {
        let text: String
    }

    private func launch(_ work: Work) -> Result<Process, LaunchFailure> {
        var why = [CChar](repeating: 0, count: Int(CFFI_HELPER_TEXT))
        let file = work.pool.copy.duplicate()
        defer { if file >= 0 { close(file) } }
        // SAFETY: the record and the table live as long as the pool and the process; `why` is as long as it has to be.
        let pointer = cffi_helper_launch(
            work.pool.isolation.program, file, work.pool.record, work.pool.note, work.host.pointer,
            work.timeout.inNanoseconds, &why)
        guard let pointer else {
            let bytes = why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return .failure(LaunchFailure(text: String(decoding: bytes, as: UTF8.self).controlsEscaped))
        }
        let process = Process(pointer, work.services.nextLife())
        guard PosixThread.start(name: "auth-ring", { cffi_helper_serve(process.pointer) }) else {
            return .failure(LaunchFailure(text: "no thread could be made for its helper process"))
        }
        return .success(process)
    }

    /// Has a helper that follows another one make its instance; it is asked once it has. The thread that watches it goes on.
    private func initialise(_ process: Process, _ work: Work) {
        let started = PosixThread.start(name: "auth-module") { [self] in
            var status = Int64(AUTH_OK)
            if let entry = work.pool.initialiser {
                let slots: [UInt64] = [0, 0]
                let due = SystemTime.monotonic + work.timeout.inNanoseconds
                let outcome = cffi_helper_call(process.pointer, entry, slots, due, &status)
                if outcome != CFFI_CALL_DONE { return }
            }
            guard status == Int64(AUTH_OK) || work.pool.record.pointee.generation < 9 && status == 1 else {
                work.services.log(.error, "`auth_init` returned \(status) in a helper process", module: work.pool.name)
                return cffi_helper_kill(process.pointer)
            }
            let isWanted = state.withLock { state in
                if work.pool.hasStopped { return false }
                state.process = process
                state.hindrance = nil
                return true
            }
            if isWanted {
                work.services.log(.notify, "its helper process is started again", module: work.pool.name)
            } else {
                cffi_helper_close(process.pointer)
            }
        }
        if !started { cffi_helper_kill(process.pointer) }
    }

    /// Waits for the end of a helper, and tells of one that was not asked for.
    private func watch(_ process: Process, _ work: Work) {
        var grace: Int64 = 30
        while !cffi_helper_watch(process.pointer, 100_000_000) {
            guard work.pool.hasStopped else { continue }
            grace -= 1
            if grace == 0 { cffi_helper_kill(process.pointer) }
        }
        state.withLock { $0.process = nil }
        var text = [CChar](repeating: 0, count: Int(CFFI_HELPER_TEXT))
        var signal: Int32 = 0
        cffi_helper_end_text(process.pointer, &text, &signal)
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let what = "\(cffi_helper_process(process.pointer)) " + String(decoding: bytes, as: UTF8.self).controlsEscaped
        guard work.pool.hasStopped else { return noteEnd(work, what, signal: signal) }
        // It was told to end, or killed because it did not. Another signal was its own: such as in `auth_init`, whose failure has
        // ended the pool.
        if signal != 0, signal != SIGKILL {
            work.services.log(.crit, "its helper process \(what)", module: work.pool.name)
        }
    }

    // MARK: what follows an end

    private func noteEnd(_ work: Work, _ what: String, signal: Int32) {
        let isolation = work.pool.isolation
        let now = SystemTime.monotonic
        let (count, isQuarantined) = state.withLock { state in
            state.ends = state.ends.filter { $0 > now - isolation.crashWindow.inNanoseconds } + [now]
            let isOver = state.ends.count >= isolation.crashLimit
            let follows = isOver ? "is in quarantine" : "is being started again"
            state.hindrance = Hindrance(
                text: "\(follows): its helper process \(what)", isQuarantined: isOver)
            return (state.ends.count, isOver)
        }
        let follows =
            isQuarantined
            ? "\(count) ends are as many as `module-helper-crashes` allows: it is not started again before "
                + "`authhost module release`"
            : "it is started again"
        let build = work.pool.copy.buildID.map { ", build \($0)" } ?? ""
        work.services.noteHelperEnd(
            HelperEnd(
                text: "its helper process \(what)\(build); what was in it is `could not decide`; \(follows)",
                signal: signal, isQuarantined: isQuarantined
            ) { [self] in work.pool.holds(self, $0) }, module: work.pool.name)
    }

    /// Waits until another helper may be started: each end within the window doubles the time, and quarantine has no end.
    private func awaitTurn(_ work: Work) {
        let first = work.pool.isolation.firstDelay.inNanoseconds
        while !work.pool.hasStopped {
            let (ends, isQuarantined) = state.withLock { ($0.ends, $0.hindrance?.isQuarantined == true) }
            guard let last = ends.last else { return }
            let delay = min(first << min(ends.count - 1, 20), Self.longestDelay)
            let left = isQuarantined ? .max : last + delay - SystemTime.monotonic
            if left <= 0 { return }
            if isQuarantined { news.wait() } else { _ = news.wait(for: .nanoseconds(left)) }
        }
    }
}
