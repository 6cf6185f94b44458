import CAuthModule

/// What every module of the kit has, whether it answers questions or gives credentials.
///
/// Which threads call, and whether several at once, is what the module's C line declares. A function must not trap: a
/// trap ends the host.
public protocol HostedModule: AnyObject, Sendable {
    /// Makes an instance. May block for at most `auth-init-timeout`.
    ///
    /// **Throws:** whatever says why the module cannot work; it is logged, and the host refuses the module. Never throw
    /// a secret.
    init(host: HostInterface) throws

    /// Learns that the answer to the question is no longer wanted. Does nothing by default. Called on any thread, and may
    /// cross the answer.
    func cancel(_ token: QuestionToken)

    /// Reads again what the instance was configured from. Does nothing by default.
    ///
    /// **Throws:** why it kept what it had; it is logged.
    func reload() throws

    /// Gives an ability of the module by its id, such as ``ModuleExtension/aboutID``; nil for one that it does not have, as all are by
    /// default. The host asks once for each id that it knows, after `init`.
    func `extension`(_ id: String) -> ModuleExtension?

    /// Ends the instance: nothing is asked after it. Does nothing by default. May block for `auth-init-timeout`.
    func exit()
}

extension HostedModule {
    /// Does nothing.
    public func cancel(_ token: QuestionToken) {}
    /// Does nothing.
    public func reload() throws {}
    /// Has none.
    public func `extension`(_ id: String) -> ModuleExtension? { nil }
    /// Does nothing.
    public func exit() {}
}

/// Answers who may log in, what a name is called, and who may read and write it.
///
/// To write a module: declare a `final class`, implement what differs from the defaults, and export the type with one
/// line
///
///     @c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(MyModule.self) }
///
/// beside a C target that holds `AUTH_SWIFT_MODULE(…)`. Nothing is allowed by default: log-ins and reads must be decided, and
/// everything else is denied. Where every user may read everything, the class conforms to ``OpenReads`` too, and the C line says
/// `AUTH_OPEN_READS`.
///
/// To the host's promise: a question is lent. Its bytes are readable until the function returns, which the compiler
/// checks; copy what must live longer. What cannot be decided is `Answer.failed`.
public protocol AuthModule: HostedModule {
    /// Decides whether a user may log in.
    func newUser(_ login: borrowing LoginQuestion) -> Answer

    /// Decides whether a user that a trusted program has authenticated may have a session. By default the host is told that
    /// the module has no such entry, and denies.
    func resumeUser(_ login: borrowing LoginQuestion) -> Answer

    /// Learns that a session that was allowed has ended. By default the host is told that the module has no such entry.
    func freeUser(_ ended: EndedSession)

    /// Maps a name. Leaves it as it is by default.
    func mapObject(_ mapping: borrowing MapQuestion) -> MapAnswer

    /// Decides whether the session may read the object. ``OpenReads`` allows.
    func checkRead(_ check: borrowing CheckQuestion) -> Answer

    /// Decides whether the session may write the object. Denies by default.
    func checkWrite(_ check: borrowing CheckQuestion) -> Answer

    /// Decides whether the session may create the object. Asks ``checkWrite(_:)`` by default.
    func checkCreate(_ check: borrowing CheckQuestion) -> Answer

    /// Decides many checks in one call. Asks the function of each check's action by default.
    ///
    /// Checks that clients ask at once come so, whichever sessions they are for. Implement it to take a lock or a snapshot once
    /// for all of them. A check that cannot be answered at once is answered `.askAlone`.
    func checkBatch(_ batch: borrowing CheckBatch)

    /// Says why a check is answered as it is, for an operator who asks; it grants nothing.
    ///
    /// By default the host is told that the module has no such entry, asks the check, and tells the operator so.
    func explain(_ check: borrowing CheckQuestion) -> Explanation

    /// Decides whether a user may fetch a path from a HTTP realm. Denies by default.
    func httpRequest(_ request: borrowing HTTPQuestion) -> Answer
}

extension AuthModule {
    /// Is not there: a module must say that it takes users whose password it has not seen.
    public func resumeUser(_ login: borrowing LoginQuestion) -> Answer { Answer(.noEntry) }
    /// Is not there: the host need not say it again.
    public func freeUser(_ ended: EndedSession) { ended.markUnheard() }
    /// Maps nothing.
    public func mapObject(_ mapping: borrowing MapQuestion) -> MapAnswer { .mapsNothing }
    /// Denies every write.
    public func checkWrite(_ check: borrowing CheckQuestion) -> Answer { .deny }
    /// Asks ``checkWrite(_:)``, as the host does for a module without an entry for creations.
    public func checkCreate(_ check: borrowing CheckQuestion) -> Answer { checkWrite(check) }
    /// Asks the function of each check's action.
    public func checkBatch(_ batch: borrowing CheckBatch) { batch.answerEach { answer($0) } }
    /// Is not there: the host asks the check.
    public func explain(_ check: borrowing CheckQuestion) -> Explanation { Explanation(Answer(.noEntry)) }
    /// Denies every request: a module must say that it takes them.
    public func httpRequest(_ request: borrowing HTTPQuestion) -> Answer {
        .deny("the module does not decide requests for HTTP realms")
    }

    /// Asks the function of the check's action.
    private func answer(_ check: borrowing CheckQuestion) -> Answer {
        switch check.action {
        case .read: checkRead(check)
        case .write: checkWrite(check)
        case .create: checkCreate(check)
        }
    }
}

/// A module that leaves reads open: every user may read every object.
///
/// Its C line declares the same, so that an operator sees it in `authhost module inspect`: `AUTH_ANY_THREAD | AUTH_OPEN_READS`. Where
/// class and line differ, the module is refused.
public protocol OpenReads: AuthModule {}

extension OpenReads {
    /// Allows every read.
    public func checkRead(_ check: borrowing CheckQuestion) -> Answer { .ok }
}

/// Makes a module's type known to the kit; the value of the one line that exports it.
public func exported<Module: AuthModule>(_ type: Module.Type) -> UnsafeMutableRawPointer? {
    ModuleFactory(opensReads: Module.self is any OpenReads.Type) { host throws in .answers(try Module(host: host)) }
        .retained
}

/// Makes the type of an authenticator known to the kit; the value of the one line that exports it.
public func exported<Module: Authenticator>(_ type: Module.Type) -> UnsafeMutableRawPointer? {
    ModuleFactory { host throws in .authenticates(try Module(host: host)) }.retained
}

/// Makes instances of the exported type.
final class ModuleFactory {
    /// What an instance is asked for.
    enum Made {
        case answers(any AuthModule)
        case authenticates(any Authenticator)
    }

    let make: (HostInterface) throws -> Made
    private let opensReads: Bool

    init(opensReads: Bool = false, _ make: @escaping (HostInterface) throws -> Made) {
        (self.opensReads, self.make) = (opensReads, make)
    }

    /// Compares the type with the module's C line, which is all that an operator sees without running it.
    ///
    /// **Throws:** ``SetupError`` where one of them leaves reads open and the other does not.
    func checkDeclaration() throws {
        // SAFETY: the descriptor is the module's own constant.
        guard let line = authkit_own_module()?.pointee, opensReads != (line.threads & AUTH_OPEN_READS != 0) else {
            return
        }
        throw SetupError(
            opensReads
                ? "the class is `OpenReads`, which its C line does not say: `AUTH_ANY_THREAD | AUTH_OPEN_READS` does"
                : "the C line declares AUTH_OPEN_READS, and the class decides reads: it is not `OpenReads`")
    }

    /// One reference, for the owner that takes it over.
    var retained: UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }
}
