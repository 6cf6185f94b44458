import AuthCore
import Basics
import Glibc
import ModuleHost
import Synchronization
import Testing

/// The compiled modules of `Tests/Fixtures/modules`; `scripts/build-fixtures` makes them.
enum Fixtures {
    static let directory: String = getenv("AUTHHOST_FIXTURES").map { String(cString: $0) } ?? ".build/fixtures"

    /// - Parameter bare: the generation of a module without a descriptor, 0 where it is not said; nil refuses such a module.
    static func request(_ name: String, bare: UInt32? = nil, settings: [OptionSetting] = []) -> LoadRequest {
        let here = String(cString: getcwd(nil, 0))
        let folder = directory.hasPrefix("/") ? directory : "\(here)/\(directory)"
        return LoadRequest(
            module: "\(folder)/\(name).so",
            search: ModuleSearch(applicationRoot: here, applicationName: "tests"), allowsBare: bare != nil,
            bareGeneration: bare, settings: settings,
            // One of them never returns; the others may take what a busy machine needs.
            initTimeout: ["init_hangs", "extends_wrongly_hangs"].contains(name) ? .seconds(1) : .seconds(60))
    }

    static func load(
        _ name: String, bare: UInt32? = nil, settings: [OptionSetting] = [], _ services: RecordingServices
    )
        throws -> LoadedModule
    {
        try ModuleLoader(request(name, bare: bare, settings: settings)).load(services: services)
    }
}

/// Services that write down what a module asks of them.
final class RecordingServices: ModuleServices {
    let lines = Mutex<[String]>([])
    let completions = Mutex<[(token: UInt64, answer: ModuleAnswer)]>([])
    let completed = ThreadSemaphore()
    let ejections = Mutex<[String]>([])
    let invalidations = Mutex<[InvalidationScope]>([])

    var wallTime: Int64 { 1_700_000_000_000_000_000 }
    var monotonicTime: Int64 { 42 }

    /// What the module said, without what the host saw of the whole process: other suites open sockets in it meanwhile.
    var said: [String] { lines.withLock { $0.filter { !$0.hasSuffix("belongs to the whole process") } } }

    func log(_ severity: ModuleLogSeverity, _ text: String, module: String) {
        lines.withLock { $0.append("\(module): \(text)") }
    }

    func complete(token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome {
        completions.withLock { $0.append((token, answer)) }
        completed.signal()
        return .taken
    }

    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? { 7 }

    func eject(user: String?, count: Int?, applicationID: String?, machineID: String?) -> Int {
        ejections.withLock { $0.append(user ?? "*") }
        return 1
    }

    func invalidate(_ scope: InvalidationScope) { invalidations.withLock { $0.append(scope) } }

    func attribute(_ attribute: SessionAttribute, ofSession handle: UInt64) -> String? { "\(attribute)" }

    func checkSignature(key: String, token: String, user: String) -> SignatureOutcome {
        switch (key, token) {
        case ("k", "good"): .valid
        case ("k", _): .refused(reason: "the token of `\(user)` has " + String(repeating: "é", count: token.utf8.count))
        default: .failed(reason: "there is no key `\(key)`")
        }
    }
}

/// Short forms for questions.
enum Ask {
    static let terms = CallTerms(token: 1 << 32 | 1, deadline: .max, wantsReason: true)
    static let session = ModuleSession(handle: 99, user: TerminatedText("alice"))

    static func login(_ user: String = "alice", password: String = "secret") throws -> Login {
        try Login(user: user, password: Secret(password), address: "192.0.2.1", applicationID: "app", door: "test")
    }

    static func name(_ text: String) throws -> ObjectName { try ObjectName(text) }
}

extension LoadedModule {
    /// Asks a batch of one session.
    func checkBatch(
        _ rows: [(check: Check, object: ObjectName)], _ session: ModuleSession, _ terms: CallTerms
    ) -> [ModuleAnswer]? {
        checkBatch(rows.map { BatchedCheck($0.check, about: $0.object, of: session) }, terms)
    }
}
