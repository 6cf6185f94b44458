import AuthCore
import CAuthModule

/// A module that was checked and mapped, and whose descriptor is agreed on; what instances are made of.
public struct MappedModule: Sendable {
    /// What the module calls itself.
    public let identity: ModuleIdentity
    /// The file it was mapped from, symbolic links resolved.
    public let path: String
    let entries: EntryTable
    let options: [DeclaredOption]
    let copy: ModuleCopy
    /// Where it runs, if not in this process.
    var helpers: HelperPool?

    /// Whether the module gives credentials.
    public var isAuthenticator: Bool { entries.isAuthenticator }

    /// Makes an instance.
    ///
    /// Blocks for at most the time-out of `auth_init`.
    /// - Parameter authenticates: whether the instance is to give credentials, and not to answer questions.
    /// - Throws: ``ModuleError`` for a module that cannot do what is wanted, for options that it does not take, and for an
    ///   `auth_init` that fails or does not return.
    public func instance(
        _ request: LoadRequest, authenticates: Bool = false, services: any ModuleServices
    ) throws(ModuleError) -> LoadedModule {
        if authenticates, !isAuthenticator {
            throw ModuleError(
                .missingEntry, request.module,
                "it lacks `auth_authenticate`, so it gives no credentials; it exports "
                    + entries.names.map { "`\($0)`" }.joined(separator: ", "))
        }
        if !authenticates, entries[.newUser] == nil {
            throw ModuleError(
                .missingEntry, request.module,
                "it lacks `auth_new_user`: it gives credentials for outgoing connections, and is named by an "
                    + "`add-authenticator` block and not by auth-module")
        }
        let generation: any Generation =
            identity.generation == 9
            ? Generation9(entries, readsAttributes: identity.readsAttributes) : Generation6And7(entries)
        try initialise(generation, request, services)
        return LoadedModule(
            identity: identity, path: path, entries: entries, options: options, generation: generation, copy: copy,
            helpers: helpers)
    }

    /// Runs `auth_init` on a thread that can be written off.
    private func initialise(
        _ generation: any Generation, _ request: LoadRequest, _ services: any ModuleServices
    ) throws(ModuleError) {
        let options = try ModuleOptions(
            module: request.module, declared: options, settings: request.settings, search: request.search)
        let host = HostTable.make(
            module: identity.name, generation: identity.generation, options: options, services: services)
        if let helpers {
            try helpers.start(host, services, timeout: request.trialTimeout)
        }
        do throws(ModuleError) {
            try initialise(generation, host, request, services)
        } catch {
            helpers?.stop()
            throw error
        }
    }

    private func initialise(
        _ generation: any Generation, _ host: HostTable, _ request: LoadRequest, _ services: any ModuleServices
    ) throws(ModuleError) {
        let run = DeadlineThread.run(for: request.initTimeout) {
            let before = ProcessState()
            let status = generation.initialise(host)
            let after = ProcessState()
            let uncaught = ProcessState.catchCrashesAgain().map {
                "set \($0) to its default, or to be ignored, so that a crash would leave no line; the handler is put back,"
            }
            return (
                status: status, changes: after.changes(since: before) + uncaught, takings: after.takings(since: before)
            )
        }
        guard let (status, changes, takings) = run else {
            throw ModuleError(
                .initHung, request.module,
                "`auth_init` has not returned after \(request.initTimeout) (auth-init-timeout); its thread is written off"
            )
        }
        // What this process has changed meanwhile is the host's doing where the module runs in another.
        for change in changes where helpers == nil {
            services.log(.warn, "`auth_init` \(change), which belongs to the whole process", module: identity.name)
        }
        guard takings.isEmpty || !request.isAtStart || helpers != nil else {
            throw ModuleError(
                .initFailed, request.module,
                "`auth_init` \(takings.joined(separator: ", ")), which the host holds; a module closes what it has opened"
            )
        }
        guard status == .ok else {
            throw ModuleError(
                .initFailed, request.module,
                "`auth_init` returned \(status.shown); AUTH_OK "
                    + "(\(identity.generation == 9 ? "0x59455321" : "1")) is accepted, and log lines of its own may say why"
            )
        }
        try tellAbout(generation, request, services)
    }

    /// Has the module say in the event log what it is about, where it has such an ability.
    private func tellAbout(
        _ generation: any Generation, _ request: LoadRequest, _ services: any ModuleServices
    ) throws(ModuleError) {
        let asked = DeadlineThread.run(for: request.initTimeout) { generation.extensionRecord(AUTH_EXTENSION_ABOUT) }
        guard let asked else {
            throw ModuleError(
                .initHung, request.module,
                "`auth_get_extension` has not returned after \(request.initTimeout) (auth-init-timeout); its thread is "
                    + "written off")
        }
        if let about = try ModuleAbout(asked, request.module)?.text {
            services.log(.info, "is \(about)", module: identity.name)
        }
    }
}
