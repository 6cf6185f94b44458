import AuthCore
import Basics
import CAuthModule
import CFFI
import Synchronization

/// The helper processes of one loaded module. Its entry points are called here as they would be in process; a session's
/// questions all go to the same helper.
public final class HelperPool: @unchecked Sendable {
    // The record is written before it is handed over, and only read since.
    let record: UnsafePointer<cffi_helper_start>
    /// What the module's note says of options.
    let note: [CChar]
    let isolation: ModuleIsolation
    /// The module as it was asked for, and what it calls itself.
    let module, name: String
    let copy: ModuleCopy
    /// The place of `auth_init` among the entries; nil where there is none.
    let initialiser: UInt32?
    /// Whether the module has promised that a check returns at once.
    let checksReturnAtOnce: Bool
    private let helpers: [Helper]
    private let isStopped = Atomic<Bool>(false)

    /// - Parameters:
    ///   - record: what every helper is told to be.
    ///   - note: what the module's note says of options.
    ///   - copy: the module's sealed file.
    init(
        _ record: cffi_helper_start, note: [CChar], _ isolation: ModuleIsolation, module: String, name: String,
        copy: ModuleCopy, initialiser: UInt32?, checksReturnAtOnce: Bool
    ) {
        let place = UnsafeMutablePointer<cffi_helper_start>.allocate(capacity: 1)
        place.initialize(to: record)
        self.record = UnsafePointer(place)
        self.note = note
        self.isolation = isolation
        self.module = module
        self.name = name
        self.copy = copy
        self.initialiser = initialiser
        self.checksReturnAtOnce = checksReturnAtOnce
        helpers = (0..<max(isolation.count, 1)).map { Helper($0) }
    }

    deinit { record.deallocate() }

    /// Starts the helpers and waits until each has loaded the module.
    ///
    /// - Throws: ``ModuleError``; no helper is left then.
    func start(_ host: HostTable, _ services: any ModuleServices, timeout: Duration) throws(ModuleError) {
        for helper in helpers {
            if let why = helper.start(self, host, services, timeout: timeout) {
                stop()
                throw ModuleError(.helperFailed, module, why)
            }
        }
    }

    /// Ends the helpers; nothing is called any more. Blocks for three seconds at most for each.
    func stop() {
        guard !isStopped.exchange(true, ordering: .sequentiallyConsistent) else { return }
        for helper in helpers { helper.stop() }
    }

    var hasStopped: Bool { isStopped.load(ordering: .sequentiallyConsistent) }

    /// What hinders the module from being asked, in words; nil for nothing.
    public var hindrance: String? {
        let states = helpers.map(\.hindrance)
        if let quarantined = states.compactMap({ $0 }).first(where: \.isQuarantined) { return quarantined.text }
        return states.allSatisfy { $0 != nil } ? states.first??.text : nil
    }

    /// Starts helpers again that are in quarantine. Returns how many there were.
    public func release() -> Int { helpers.count { $0.release() } }

    /// Which life of a helper answers for a session now. What it knows of the session ends with it.
    public func life(of session: UInt64) -> UInt32 { helper(of: session).life }

    /// Whether a helper of that life runs.
    public func hasLife(_ life: UInt32) -> Bool { helpers.contains { $0.life == life } }

    private func helper(of session: UInt64) -> Helper {
        // Handles are random in their lower half, and in the upper.
        helpers.count == 1 ? helpers[0] : helpers[Int((session ^ session >> 32) % UInt64(helpers.count))]
    }

    func holds(_ helper: Helper, _ session: UInt64) -> Bool { self.helper(of: session) === helper }

    /// Calls an entry point: in the helper of the session that it is about, else in each of them.
    ///
    /// - Returns: what it has returned, of several the first failure; AUTH_ERROR where a helper has not answered.
    func call(_ entry: UInt32, _ shape: cffi_shape, _ slots: UnsafePointer<UInt64>) -> Int64 {
        var shape = shape
        let context = CallContext.current()
        var due = cffi_call_deadline(&shape, slots)
        if due == 0 { due = context.question?.deadline ?? SystemTime.monotonic + isolation.callTimeout.inNanoseconds }
        let session = cffi_call_session(&shape, slots)
        if session != 0 || helpers.count == 1 {
            return helper(of: session).call(entry, &shape, slots, due: due, life: context.life)
        }
        let answers = helpers.map { $0.call(entry, &shape, slots, due: due, life: 0) }
        let success = Int64(record.pointee.generation == 9 ? AUTH_OK : Status.ok.rawValue)
        return answers.first { $0 != success } ?? success
    }
}
