import AuthCore
import Basics
import CFFI
import Glibc
import Synchronization

/// What to load, and how.
public struct LoadRequest: Sendable {
    /// `auth-module`: a name or an absolute path.
    public var module: String
    /// Where it is looked for.
    public var search: ModuleSearch
    /// The users whose files are trusted.
    public var trust: FileTrust
    /// Whether a shared object without a descriptor may be loaded.
    public var allowsBare: Bool
    /// The generation of a shared object without a descriptor, 6 or 7; nil where it is not set.
    public var bareGeneration: UInt32?
    /// The options that were set for it.
    public var settings: [OptionSetting]
    /// How long `auth_init` may take.
    public var initTimeout: Duration
    /// How long the child process that loads it first may take.
    public var trialTimeout: Duration
    /// The digest that its file must have.
    public var pin: ModulePin?
    /// What is mapped instead of the file: the copy that was mapped before.
    public var copy: ModuleCopy?
    /// Whether a host starts with it, so that nothing else opens and closes descriptors meanwhile.
    public var isAtStart = false
    /// The helper processes that it runs in; nil: it runs in this one.
    public var isolation: ModuleIsolation?

    /// Makes a request to load a module.
    public init(
        module: String, search: ModuleSearch, trust: FileTrust = FileTrust(), allowsBare: Bool = false,
        bareGeneration: UInt32? = nil, settings: [OptionSetting] = [], initTimeout: Duration = .seconds(10),
        trialTimeout: Duration = .seconds(60)
    ) {
        self.module = module
        self.search = search
        self.trust = trust
        self.allowsBare = allowsBare
        self.bareGeneration = bareGeneration
        self.settings = settings
        self.initTimeout = initTimeout
        self.trialTimeout = trialTimeout
    }
}

/// Turns the name of a module into a module that can be asked, or says why not.
///
/// The order is: resolve, check owner and permissions, read, inspect without running code, copy, map in a child process, map,
/// read the descriptor, compare it with the note, agree on versions, validate options, and only then `auth_init`.
public struct ModuleLoader: Sendable {
    let request: LoadRequest

    /// Prepares to load what a request names.
    public init(_ request: LoadRequest) { self.request = request }

    /// Loads the module and initialises one instance of it.
    ///
    /// Blocks for at most the time-out of `auth_init`; not to be called on the cooperative pool.
    /// - Throws: ``ModuleError`` with a code for each way of being wrong. Nothing stays behind but, where code of the
    ///   module ran, its mapping.
    public func load(services: any ModuleServices) throws(ModuleError) -> LoadedModule {
        try map().instance(request, services: services)
    }

    /// Checks the module's file and maps it; none of its entry points has run then.
    ///
    /// - Throws: ``ModuleError``, as ``load(services:)`` does.
    public func map() throws(ModuleError) -> MappedModule {
        let image = try read()
        let inspection = try ModuleInspection(image)
        try NeededLibraries(image, inspection, request.trust).check()
        try checkMemory(of: inspection, image)
        let bareGeneration = try checkKind(of: inspection)
        if let isolation = request.isolation {
            return try isolated(image, inspection, isolation, bareGeneration: bareGeneration)
        }
        let (library, copy) = try image.withPrivateCopy(buildID: inspection.buildID) { path throws(ModuleError) in
            try ModuleTrial(request: request, file: image.path).run(path)
            return try DynamicLibrary(path: path, module: request.module)
        }
        let found =
            inspection.hasDescriptor
            ? try described(library, inspection)
            : try bare(library, inspection, path: image.path, generation: bareGeneration)
        return MappedModule(
            identity: found.identity, path: image.path, entries: found.entries, options: found.options, copy: copy)
    }

    /// Finds and reads the module's file, and checks who could have written it.
    public func inspect() throws(ModuleError) -> ModuleInspection { try ModuleInspection(read()) }

    /// The same, with every reason not to load the module that its file tells: what its code answers,
    /// only running it shows.
    public func inspectAndJudge() throws(ModuleError) -> (inspection: ModuleInspection, refusals: [ModuleError]) {
        let image = try read()
        let inspection = try ModuleInspection(image)
        var refusals = Refusals()
        refusals.add { () throws(ModuleError) in
            try NeededLibraries(image, inspection, request.trust).check()
        }
        refusals.add { () throws(ModuleError) in try checkMemory(of: inspection, image) }
        refusals.add { () throws(ModuleError) in _ = try checkKind(of: inspection) }
        inspection.judge(request.module, request.search, &refusals)
        return (inspection, refusals.errors)
    }

    func read() throws(ModuleError) -> ModuleImage {
        let image =
            if let copy = request.copy {
                try copy.image(module: request.module)
            } else {
                try ModuleImage.read(
                    request.module, candidates: request.search.candidates(request.module), trust: request.trust)
            }
        try request.pin?.check(image)
        return image
    }

    private typealias Found = (identity: ModuleIdentity, entries: EntryTable, options: [DeclaredOption])

    private func described(_ library: DynamicLibrary, _ inspection: ModuleInspection) throws(ModuleError) -> Found {
        guard let function = library.function("auth_module") else {
            throw ModuleError(.noDescriptor, request.module, "`auth_module` is not a function it exports")
        }
        let reader = try DescriptorReader(module: request.module, function: function)
        let identity = try reader.identity()
        cffi_add_module(identity.name, inspection.buildID ?? "", function)
        let entries = try reader.entries()
        let options = try reader.options()
        try inspection.compare(identity, options, reader.entryRows(), module: request.module)
        return (identity, entries, options)
    }

    /// Binds the bare functions of a shared object without a descriptor.
    private func bare(
        _ library: DynamicLibrary, _ inspection: ModuleInspection, path: String, generation: UInt32
    ) throws(ModuleError) -> Found {
        let stem = DescriptorReader.stem(of: path)
        var table = EntryTable()
        for name in inspection.bareEntries {
            guard let point = EntryPoint(rawValue: name), let signature = point.signatures[generation],
                let function = library.function(name)
            else { continue }
            table.add(
                point, try EntryBinder(module: request.module, name: stem).bind(name, generation, signature, function).1
            )
        }
        try DeclarationRules(module: request.module).checkEntries(table.points, generation: generation)
        if let address = table[.newUser]?.call.address { cffi_add_module(stem, inspection.buildID ?? "", address) }
        let identity = ModuleIdentity(
            name: stem, version: "-", generation: generation, bare: true,
            ModuleDeclaration(0, generation: generation))
        return (identity, table, [])
    }
}

/// Runs something that may never return.
public enum DeadlineThread {
    private final class Cell<Result: Sendable>: Sendable {
        let result = Mutex<Result?>(nil)
        let done = ThreadSemaphore()
    }

    /// Runs `body` on a thread of its own and waits for its result, or nil when it takes longer than `timeout`: the thread is
    /// then left alone.
    public static func run<Result: Sendable>(
        for timeout: Duration, _ body: @escaping @Sendable () -> Result
    ) -> Result? {
        let cell = Cell<Result>()
        let started = PosixThread.start(name: "auth-module") {
            let result = body()
            cell.result.withLock { $0 = result }
            cell.done.signal()
        }
        guard started, cell.done.wait(for: timeout) else { return nil }
        return cell.result.withLock { $0 }
    }
}
