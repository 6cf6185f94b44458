// Items of the module and of the program itself. Names, types and defaults of auth-module, auth-moddir,
// application-root and application-name are Liberator's.
extension ItemDefinition {
    static let authModule = ItemDefinition(
        "auth-module", .text, default: "xmlauth", reloadable: true,
        "the module that answers: a name, a file name or an absolute path")

    static let authModuleDirectory = ItemDefinition(
        "auth-moddir", .path,
        note: "%r/lib; while it is unset, the installation's own modules are found first", percent: .expanded("ra"),
        reloadable: true, atRoot: true, "the directory of modules")

    static let applicationRoot = ItemDefinition(
        "application-root", .path, note: "the working directory", "the directory that `%r` stands for")

    static let applicationName = ItemDefinition(
        "application-name", .text, default: ConfigurationContext.usualApplicationName, "the name that `%a` stands for")

    static let allowBareModules = ItemDefinition(
        "allow-bare-modules", .flag, default: "FALSE", reloadable: true,
        "load a shared object without a descriptor, by its bare function names, as `bare-generation` says")

    static let bareGeneration = ItemDefinition(
        "bare-generation", .choice(["6", "7"]), note: "unset: refused", reloadable: true,
        "the generation, 6 or 7, of a shared object without a descriptor; nothing in its file tells it")

    static let trustedOwner = ItemDefinition(
        "trusted-owner", .list, note: "none",
        "users (names or numbers), besides root and the running user, who may own files that decide")

    static let rulesStale = ItemDefinition(
        "rules-stale", .choice(["deny", "keep"]), default: "deny", reloadable: true,
        "the answers while newer rules cannot be read: `could not decide`, or by the old ones")

    static let rulesStaleTime = ItemDefinition(
        "rules-stale-time", .float(.seconds, limitRange), default: "60.0", reloadable: true,
        "how long the rules in force may be older than those on disk; then authhost is not ready")

    static let moduleQueue = ItemDefinition(
        "module-queue", .integer(.none, 1...1_000_000), default: "1024", reloadable: true,
        "questions that may wait for a serial or blocking module, and as many log-ins; one more is undecided")

    static let moduleThreads = ItemDefinition(
        "module-threads", .integer(.none, 1...256), default: "4",
        "threads that call a blocking module, and an any-thread one that turned out to block")

    static let coreDumps = ItemDefinition(
        "core-dumps", .flag, default: "FALSE",
        "leave a core file behind a crash, as the limit of the process allows; it holds passwords")

    static let moduleOptions = ItemDefinition(
        "add-module-options", .moduleOptions, note: "none", reloadable: true,
        "options of the named module, one a line; the module declares what it takes")

    static let swapSessions = ItemDefinition(
        "swap-sessions", .choice(["next-question", "now"]), default: "next-question", reloadable: true,
        "when a module that takes over is asked about sessions: at the next question of each, or now")

    static let swapUnresumable = ItemDefinition(
        "swap-unresumable", .choice(["end", "keep"]), default: "end", reloadable: true,
        "what becomes of sessions that a module which takes over has no entry to resume")

    static let modulePin = ItemDefinition(
        "module-pin", .row(["module", "digest"]), note: "none", reloadable: true,
        "the digest, `sha256:` and 64 digits, that a module's file must have to be loaded")

    static let modulePinRequired = ItemDefinition(
        "module-pin-required", .flag, default: "FALSE", reloadable: true,
        "load no module without a `module-pin`")

    static let moduleIsolation = ItemDefinition(
        "auth-module-isolation", .list, note: "none", reloadable: true,
        "where the module runs: `none` in this process, `process` or `process N` in one or N helper processes")

    static let helperUser = ItemDefinition(
        "module-helper-user", .text, note: "the user that authhost runs as", reloadable: true,
        "the user, a name or a number, that a helper process becomes where authhost runs as root")

    static let helperMemory = ItemDefinition(
        "module-helper-memory", .integer(.none, 0...1_048_576), default: "0", reloadable: true,
        "MiB of memory of its own that a helper process may have; 0 for no limit")

    static let helperProfile = ItemDefinition(
        "module-helper-profile", .choice(["declared", "none", "network", "pure"]), default: "declared",
        reloadable: true, "the system calls that a helper process may make: what its module declares, all, or fewer")

    static let helperCrashes = ItemDefinition(
        "module-helper-crashes", .integer(.none, 1...1_000_000), default: "5", reloadable: true,
        "ends of a helper process within a minute after which it is not started again")

    static let moduleHangAction = ItemDefinition(
        "module-hang-action", .list, note: "none", reloadable: true,
        "what follows where the module is hung: `none`, `restart` or `swap-to NAME`")

    static let shadowModule = ItemDefinition(
        "auth-module-shadow", .text, note: "none", reloadable: true,
        "a second module that is asked the same questions and decides nothing: `none`, or as `auth-module`")

    static let shadowOptions = ItemDefinition(
        "add-shadow-options", .moduleOptions, note: "those of `add-module-options`", reloadable: true,
        "options of the named module where it is the shadow, in place of those with the same names")

    static let shadowIsolation = ItemDefinition(
        "auth-module-shadow-isolation", .list, note: "process", reloadable: true,
        "where the shadow runs, in the words of `auth-module-isolation`")

    static let shadowQueue = ItemDefinition(
        "auth-module-shadow-queue", .integer(.none, 1...1_000_000), default: "1024", reloadable: true,
        "questions that the shadow may not have been compared in yet; one more is dropped")

    static let moduleTest = ItemDefinition(
        "add-module-test", .block([testUser, testPassword, testApplication, testLogin, testCheck]), note: "none",
        reloadable: true, "what a module must answer about one user before a swap puts it in force")
    static let testUser = ItemDefinition("user", .text, required: true, "who logs in")
    static let testPassword = ItemDefinition("password", .text, note: "none", secret: true, "the user's password")
    static let testApplication = ItemDefinition(
        "application-id", .text, note: "none", "the application id to log in with")
    static let testLogin = ItemDefinition(
        "login", .choice(["allow", "deny"]), default: "allow", "whether the log-in is to be allowed")
    static let testCheck = ItemDefinition(
        "check", .row(["action", "object", "verdict"]), note: "none",
        "a question once the user is in: read, write or create, an object, and allow or deny")

    static let moduleItems = [
        authModule, authModuleDirectory, applicationRoot, applicationName, allowBareModules, bareGeneration,
        modulePin, modulePinRequired, trustedOwner, rulesStale, rulesStaleTime, moduleQueue, moduleThreads, coreDumps,
        moduleOptions, moduleTest, swapSessions, swapUnresumable, moduleIsolation, helperUser, helperMemory,
        helperProfile, helperCrashes, moduleHangAction, shadowModule, shadowOptions, shadowIsolation, shadowQueue,
    ]

    /// Items whose changes a running host takes over by a swap of its module.
    static let swappedItems: Set<String> = [
        authModule.name, authModuleDirectory.name, allowBareModules.name, bareGeneration.name, moduleOptions.name,
        moduleIsolation.name, helperUser.name, helperMemory.name, helperProfile.name, helperCrashes.name,
    ]

    /// Items whose changes begin another shadow.
    static let shadowItems: Set<String> = [
        shadowModule.name, shadowOptions.name, shadowIsolation.name, shadowQueue.name,
    ]
    /// Items of the module that hold for the shadow as well.
    static let sharedShadowItems: Set<String> = [
        authModuleDirectory.name, allowBareModules.name, bareGeneration.name, modulePin.name, modulePinRequired.name,
        helperUser.name, helperMemory.name, helperProfile.name, helperCrashes.name,
    ]
}
