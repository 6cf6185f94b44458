import AuthCore
import ModuleHost
import Synchronization

/// One loading of a module.
public final class ModuleInstance: Sendable {
    /// Where it is in its life.
    public enum Stage: String, Sendable {
        /// It was loaded, and is tried.
        case trial
        /// Questions are put to it.
        case inForce = "in force"
        /// It was replaced, and has questions yet.
        case leaving
        /// It has ended.
        case retired
        /// It was replaced, and does not end.
        case leftBehind = "left behind"
    }

    /// What operators are told of an instance.
    public struct Description: Sendable {
        /// Which loading it is, from 1.
        public let number: UInt32
        /// Where it is in its life.
        public let stage: Stage
        /// What the module calls itself.
        public let name: String
        /// The module's version.
        public let version: String
        /// The file that it was mapped from.
        public let path: String
        /// The SHA-256 of what runs, in 64 digits; nil for one whose copy is gone.
        public let digest: String?
        /// The build id of what runs; nil for a file without one.
        public let buildID: String?
        /// When it was loaded, in seconds since 1970.
        public let loaded: Int64
        /// How many questions it was asked.
        public let calls: UInt64
        /// Questions that it has not answered yet.
        public let pending: Int
        /// Bytes of its file that are in memory; nil where the system does not say.
        public let resident: Int?
    }

    let number: UInt32
    let name: String
    let request: LoadRequest
    let decider: any Decider
    let services: InstanceServices
    let path: String
    let version: String
    private let buildID: String?
    /// Of the file in memory that is mapped.
    private let copyNumber: UInt64
    private let loaded: Int64
    private let stage = Mutex(Stage.trial)
    private let kept: Mutex<ModuleCopy?>
    private let digest: Mutex<String?> = Mutex(nil)

    init(
        _ number: UInt32, _ module: LoadedModule, _ request: LoadRequest, _ decider: any Decider,
        _ services: InstanceServices, loaded: Int64
    ) {
        self.number = number
        self.request = request
        self.decider = decider
        self.services = services
        self.loaded = loaded
        name = module.identity.name
        version = module.identity.version
        path = module.path
        let copy = module.takeCopy()
        buildID = copy?.buildID
        copyNumber = copy?.number ?? 0
        kept = Mutex(copy)
    }

    /// What it was mapped from, for as long as it may be loaded again.
    var copy: ModuleCopy? {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }

    /// Whether it was mapped from the very bytes that another one was.
    func hasFile(of other: ModuleInstance) -> Bool {
        guard let digest = description.digest else { return false }
        return digest == other.description.digest
    }

    /// As messages have it.
    var label: String { "<\(name)> \(version) (instance \(number))" }

    func note(_ stage: Stage) { self.stage.withLock { $0 = stage } }

    /// Describes it. Reads its file in memory the first time.
    var description: Description {
        let copy = copy
        let known = digest.withLock { digest in
            if digest == nil { digest = try? copy?.digest() }
            return digest
        }
        return Description(
            number: number, stage: stage.withLock { $0 }, name: name, version: version, path: path, digest: known,
            buildID: buildID, loaded: loaded, calls: decider.askedQuestions, pending: decider.openQuestions,
            resident: ModuleCopy.residentBytes(ofNumber: copyNumber))
    }
}
