import AuthCore
import CFFI
import Glibc
import Synchronization

/// What to load, and how.
public struct LoadRequest: Sendable {
    /// `auth-module`: a name or an absolute path.
    public var module: String
    public var search: ModuleSearch
    public var trust: FileTrust
    /// Whether a shared object without a descriptor may be loaded, as generation 7.
    public var allowsBare: Bool
    public var settings: [OptionSetting]
    /// How long `auth_init` may take.
    public var initTimeout: Duration

    public init(
        module: String, search: ModuleSearch, trust: FileTrust = FileTrust(), allowsBare: Bool = false,
        settings: [OptionSetting] = [], initTimeout: Duration = .seconds(10)
    ) {
        self.module = module
        self.search = search
        self.trust = trust
        self.allowsBare = allowsBare
        self.settings = settings
        self.initTimeout = initTimeout
    }
}

/// Turns the name of a module into a module that can be asked, or says why not.
///
/// The order is: resolve, check owner and permissions, read, inspect without running code, copy, map, read the descriptor,
/// compare it with the note, agree on versions, validate options, and only then `auth_init`.
public struct ModuleLoader: Sendable {
    let request: LoadRequest

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
        guard inspection.hasDescriptor || !inspection.bareEntries.isEmpty else {
            throw ModuleError(
                .noDescriptor, request.module,
                "`\(image.path)` exports neither the function `auth_module` nor an entry point such as `auth_new_user`")
        }
        guard inspection.hasDescriptor || request.allowsBare else {
            throw ModuleError(
                .bareNotAllowed, request.module,
                "`\(image.path)` has no descriptor, only \(inspection.bareEntries.map { "`\($0)`" }.joined(separator: ", ")); "
                    + "such a module is loaded as generation 7 with `allow-bare-modules TRUE`")
        }
        let library = try image.withPrivateCopy { path throws(ModuleError) in
            try DynamicLibrary(path: path, module: request.module)
        }
        let found =
            inspection.hasDescriptor
            ? try described(library, inspection) : try bare(library, inspection, path: image.path)
        return MappedModule(
            identity: found.identity, path: image.path, entries: found.entries, options: found.options)
    }

    /// Finds and reads the module's file, and checks who could have written it.
    public func inspect() throws(ModuleError) -> ModuleInspection { try ModuleInspection(read()) }

    private func read() throws(ModuleError) -> ModuleImage {
        try ModuleImage.read(
            request.module, candidates: request.search.candidates(request.module), trust: request.trust)
    }

    private typealias Found = (identity: ModuleIdentity, entries: EntryTable, options: [ModuleOption])

    private func described(_ library: DynamicLibrary, _ inspection: ModuleInspection) throws(ModuleError) -> Found {
        guard let function = library.function("auth_module") else {
            throw ModuleError(.noDescriptor, request.module, "`auth_module` is not a function it exports")
        }
        let reader = try DescriptorReader(module: request.module, function: function)
        let identity = try reader.identity()
        let entries = try reader.entries()
        let options = try reader.options()
        try inspection.compare(identity, options, reader.entryRows(), module: request.module)
        return (identity, entries, options)
    }

    /// Binds the bare functions of a shared object without a descriptor, as generation 7.
    private func bare(
        _ library: DynamicLibrary, _ inspection: ModuleInspection, path: String
    ) throws(ModuleError) -> Found {
        var table = EntryTable()
        for name in inspection.bareEntries {
            guard let point = EntryPoint(rawValue: name), let signature = point.signatures[7],
                let function = library.function(name)
            else { continue }
            table.add(
                point, try EntryBinder(module: request.module).bind(name, 7, signature, function).1)
        }
        try table.validate(generation: 7, module: request.module)
        var stem = String(path.split(separator: "/").last ?? "module")
        if stem.hasSuffix(".so") { stem.removeLast(3) }
        if stem.hasPrefix("lib") { stem.removeFirst(3) }
        let identity = ModuleIdentity(name: stem, version: "-", generation: 7, threads: .serial, bare: true)
        return (identity, table, [])
    }
}

/// Runs something that may never return.
public enum DeadlineThread {
    private final class Cell<Result: Sendable>: Sendable {
        let result = Mutex<Result?>(nil)
        let done = Semaphore()
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
