import AuthCore
import Basics
import Logging
import Metrics
import ModuleHost
import Synchronization

/// The instances of modules in a running host: the one in force, and those before it. Loads them, puts another one in force while
/// questions run, and retires what was replaced once all that it was asked is answered.
public final class Modules: Sendable {
    /// How long an instance that was replaced stays at least: a thread may have looked at it just before, and may still ask it.
    private static let leastStay = Duration.seconds(1)
    /// Instances that are described; older ones are forgotten.
    private static let remembered = 16

    private struct State {
        var instances: [ModuleInstance] = []
    }

    let resumptions: Resumptions
    private let inForce: DeciderInForce
    private let services: HostServices
    private let sessions: Sessions
    private let invalidations: Invalidations
    private let rules: RulesInForce
    private let clock: any HostClock
    private let log: Logger
    private let settings: Mutex<HostConfiguration>
    private let state = Mutex(State())
    /// The last number that an instance, or the life of a helper process, has got.
    private let lastLife = Atomic<UInt32>(0)
    private let isSwapping = Atomic<Bool>(false)
    private let moves = MovedSessions()
    private let makeDecider: @Sendable (LoadedModule, UInt32, HostConfiguration) -> any Decider

    init(
        _ settings: HostConfiguration, inForce: DeciderInForce, services: HostServices, _ sessions: Sessions,
        _ invalidations: Invalidations, _ rules: RulesInForce, _ deadlines: LiveDeadlines, clock: any HostClock,
        log: Logger,
        makeDecider: @escaping @Sendable (LoadedModule, UInt32, HostConfiguration) -> any Decider
    ) {
        self.settings = Mutex(settings)
        self.inForce = inForce
        self.services = services
        self.sessions = sessions
        self.invalidations = invalidations
        self.rules = rules
        self.clock = clock
        self.log = log
        self.makeDecider = makeDecider
        resumptions = Resumptions(sessions, inForce, deadlines, settings.swap) { [moves] in moves.add($1, of: $0) }
    }

    /// Takes over what holds for swaps from now on.
    func apply(_ settings: HostConfiguration) {
        self.settings.withLock { $0 = settings }
        resumptions.apply(settings.swap)
    }

    /// The instance in force, and those before it that are remembered, the newest first.
    public var all: [ModuleInstance.Description] {
        state.withLock { $0.instances }.reversed().map { $0.description }
    }

    /// What the module in force was mapped from.
    var copyInForce: ModuleCopy? { state.withLock { $0.instances.last }?.copy }

    // MARK: loading

    /// Loads the first module. Blocks until `auth_init` has returned.
    func load(_ request: LoadRequest) throws(ModuleError) -> ModuleInstance {
        let instance = try make(request, stage: .inForce)
        instance.note(.inForce)
        inForce.set(instance.decider)
        state.withLock { $0.instances.append(instance) }
        return instance
    }

    /// Asks the module in force what a module must answer before it is put in force by a swap, while no client asks.
    ///
    /// - Throws: ``SwapFailure`` for the first answer that differs.
    public func testInForce() throws(SwapFailure) {
        guard let instance = state.withLock({ $0.instances.last }) else { return }
        try test(instance, settings.withLock { $0 })
    }

    /// Asks about every session at once, where that is what a swap does.
    func askIfAtOnce() {
        guard settings.withLock({ $0.swap.asksAtOnce }), let number = inForce.value?.instance else { return }
        askAboutAll(number)
    }

    private func nextLife() -> UInt32 { lastLife.wrappingAdd(1, ordering: .relaxed).newValue }

    /// Starts helper processes again that had ended too often. Returns how many there were.
    public func release() -> Int { inForce.all.reduce(0) { $0 + $1.release() } }

    private func make(_ request: LoadRequest, stage: InstanceServices.Stage) throws(ModuleError) -> ModuleInstance {
        let number = nextLife()
        let services = InstanceServices(services, stage) { [weak self] in self?.nextLife() ?? .max }
        let module = try ModuleLoader(request).load(services: services)
        let decider = makeDecider(module, number, settings.withLock { $0 })
        services.decider.set(decider)
        return ModuleInstance(number, module, request, decider, services, loaded: clock.wall / 1_000_000_000)
    }

    // MARK: swapping

    /// Loads a module beside the one in force, tries it, and puts it in force in one step. Sessions stay; what was kept of the
    /// old module's decisions is not handed out any more. Blocks for as long as loading and the tests take.
    ///
    /// - Throws: ``SwapFailure``; nothing has changed then.
    public func swap(to request: LoadRequest) throws(SwapFailure) -> ModuleSwap {
        guard !isSwapping.exchange(true, ordering: .acquiringAndReleasing) else {
            throw fail("a module is being swapped already; try again when it is done", request.module, mayPass: true)
        }
        defer { isSwapping.store(false, ordering: .releasing) }
        let settings = settings.withLock { $0 }
        let instance: ModuleInstance
        do {
            instance = try make(request, stage: .trial)
        } catch {
            throw fail("\(error)", request.module)
        }
        do throws(SwapFailure) {
            try test(instance, settings)
        } catch {
            discard(instance)
            throw error
        }
        return try putInForce(instance, settings)
    }

    /// Puts the previous module in force again, from the very bytes that ran then.
    ///
    /// - Parameter pin: returns the digest that the file of a module must have now; nil for any.
    /// - Throws: ``SwapFailure``; nothing has changed then.
    public func rollBack(pinned pin: (_ module: String) throws(SwapFailure) -> ModulePin? = { _ in nil })
        throws(SwapFailure) -> ModuleSwap
    {
        guard let before = state.withLock({ $0.instances.dropLast().last }) else {
            throw fail("no module was in force before this one", "rollback")
        }
        var request = before.request
        request.copy = before.copy
        request.pin = try pin(request.module)
        return try swap(to: request)
    }

    private func test(_ instance: ModuleInstance, _ settings: HostConfiguration) throws(SwapFailure) {
        let host = Host(settings.aside, log: log, clock: clock)
        instance.services.tries(in: host.services)
        host.tries(instance.decider)
        let faults = settings.moduleTests.flatMap { $0.faults(of: host) }
        if let first = faults.first {
            let more = faults.count > 1 ? ", and \(faults.count - 1) more" : ""
            for fault in faults { log.error("module test: \(fault)") }
            throw fail("its tests failed: \(first)\(more)", instance.request.module)
        }
        switch instance.services.rulesInTrial {
        case nil, .current?: return
        case .unreadable(let why)?, .wrong(let why)?:
            throw fail("its rules are not those on disk: \(why)", instance.request.module)
        }
    }

    private func putInForce(
        _ instance: ModuleInstance, _ settings: HostConfiguration
    ) throws(SwapFailure) -> ModuleSwap {
        guard !sessions.isClosed else {
            discard(instance)
            throw fail("the host stops", instance.request.module)
        }
        let old = state.withLock { state -> ModuleInstance? in
            let old = state.instances.last
            state.instances.append(instance)
            // An instance older than the one that `rollBack` may need is not loaded again: its copy goes.
            if state.instances.count > 2 { state.instances[state.instances.count - 3].copy = nil }
            if state.instances.count > Self.remembered { state.instances.removeFirst() }
            return old
        }
        // The same file blocks as it did.
        if let old, old.decider.keepsAskers, old.hasFile(of: instance) { instance.decider.spareAskers() }
        inForce.set(instance.decider)
        if let old {
            old.services.advance(to: .leaving, module: old.name)
            rules.note(.current, ofModule: old.name)
            old.note(.leaving)
            retire(old, settings)
        }
        instance.services.advance(to: .inForce, module: instance.name)
        instance.note(.inForce)
        invalidations.askAnew()
        resumptions.askAnew()
        let swap = ModuleSwap(from: old?.label ?? "none", to: instance.label, sessions: sessions.count)
        log.notice("Swapped auth module \(swap.from) for \(swap.to) from \(instance.path)")
        Self.count("done")
        if settings.swap.asksAtOnce { askAboutAll(instance.number) }
        return swap
    }

    private func fail(_ why: String, _ module: String, mayPass: Bool = false) -> SwapFailure {
        let failure = SwapFailure(module: module, description: why, mayPass: mayPass)
        log.error("The swap to module `\(module)` has failed, and nothing has changed: \(why)")
        Self.count("failed")
        return failure
    }

    private static func count(_ outcome: String) {
        Counter(label: "authhost_module_swaps_total", dimensions: [("outcome", outcome)]).increment()
    }

    /// Ends an instance that was never in force.
    private func discard(_ instance: ModuleInstance) {
        if !instance.decider.stop(within: settings.withLock { $0.exitTimeout }) {
            log.error("module \(instance.label) has not ended; it is left behind\(instance.decider.lateCallsText)")
        }
    }

    /// Asks the module in force about every session that another instance has let in, some at a time.
    private func askAboutAll(_ number: UInt32) {
        _ = PosixThread.start(name: "auth-resume") { [self] in
            let places = ThreadSemaphore()
            for _ in 0..<64 { places.signal() }
            for session in sessions.sessions(of: nil) where inForce.value?.known(session) == nil {
                places.wait()
                if sessions.isClosed || inForce.value?.instance != number { return }
                switch resumptions.resume(session, { .decided(Answer(.allow, .granted)) }) {
                case .decided: places.signal()
                case .delayed(let ticket): ticket.whenDecided { _ in places.signal() }
                }
            }
        }
    }

    // MARK: retiring

    /// Waits for the instances that were replaced, for as long at most; for a host that stops.
    func awaitRetirement(within timeout: Duration) {
        let (pause, begin) = (ThreadSemaphore(), SystemTime.monotonic)
        while inForce.hasLeaving, SystemTime.monotonic < begin + timeout.nanoseconds {
            _ = pause.wait(for: .milliseconds(20))
        }
    }

    /// Ends an instance that was replaced, once every question that it was asked is answered; one whose entries do not return is
    /// left behind after their deadlines and the time that an exit may take.
    private func retire(_ old: ModuleInstance, _ settings: HostConfiguration) {
        let timeout = settings.exitTimeout
        _ = PosixThread.start(name: "auth-retire") { [self] in
            let (pause, begin) = (ThreadSemaphore(), SystemTime.monotonic)
            let least = begin + Self.leastStay.nanoseconds
            let most = least + settings.deadlines.longest.nanoseconds + timeout.nanoseconds
            // Between two of its steps a question is nowhere for a moment.
            var quiet = 0
            while case let now = SystemTime.monotonic, now < least || now < most && quiet < 10 {
                quiet = old.decider.openQuestions == 0 ? quiet + 1 : 0
                _ = pause.wait(for: .milliseconds(20))
            }
            for session in sessions.sessions(of: nil) where old.decider.hasLife(session.instance) {
                sessions.letGo(session, of: session.instance)
            }
            for known in moves.take(where: { old.decider.hasLife($0) }) { old.decider.tellFree(known, .swapped) {} }
            let hasEnded = old.decider.stop(within: timeout)
            inForce.retire(old.number)
            if !hasEnded {
                let late = old.decider.lateCallsText
                log.error("module \(old.label) has not ended after \(timeout); it is left behind\(late)")
            }
            old.note(hasEnded ? .retired : .leftBehind)
            if hasEnded { log.notice("Auth module \(old.label) is retired") }
        }
    }
}

/// What a swap has done.
public struct ModuleSwap: Sendable {
    /// The module that was in force: its name and version, and which instance it was.
    public let from: String
    /// The module in force now.
    public let to: String
    /// How many sessions there were.
    public let sessions: Int
}

/// Why a swap has changed nothing.
public struct SwapFailure: Error, Sendable, CustomStringConvertible {
    /// The module as it was asked for.
    public let module: String
    /// What was tried and found.
    public let description: String
    /// Whether trying again may help: another swap is under way, or the swap cannot be recorded now.
    public let mayPass: Bool

    /// Says why.
    public init(module: String, description: String, mayPass: Bool = false) {
        self.module = module
        self.description = description
        self.mayPass = mayPass
    }
}

/// What instances that were replaced are to be told: sessions that have moved away from them.
private final class MovedSessions: Sendable {
    private let sessions = Mutex<[UInt32: [ModuleSession]]>([:])

    func add(_ known: ModuleSession, of instance: UInt32) {
        sessions.withLock { $0[instance, default: []].append(known) }
    }

    func take(where isOf: (UInt32) -> Bool) -> [ModuleSession] {
        sessions.withLock { sessions in
            sessions.keys.filter(isOf).flatMap { sessions.removeValue(forKey: $0) ?? [] }
        }
    }
}
