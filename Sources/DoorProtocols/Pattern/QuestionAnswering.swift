import AuthCore

/// The running host as a door sees it.
///
/// Doors ask on the threads of their event loops, never on Swift's cooperative pool.
public protocol QuestionAnswering: Sendable {
    /// Asks one question. The answer comes at once, or later through the ticket, exactly once.
    func ask(_ question: Question) -> Outcome

    /// Asks checks that came at once in one go; the outcomes are in the order of the checks.
    func ask(_ checks: [SessionCheck]) -> [Outcome]

    /// Replaces what is known of an object, by its name after mapping; nil for nothing any more.
    ///
    /// Throws: ``ObjectRefusal``; nothing has changed then.
    func setContent(_ content: ObjectContent?, of name: ObjectName) throws(ObjectRefusal)

    /// Calls `body` once when an open session ends, with the reason, on the thread that ends it; it must not block.
    ///
    /// - Returns: false, and `body` is never called, when there is no such session (any more).
    func whenEnded(_ id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> Bool

    /// As ``whenEnded(_:_:)``, for as long as what is returned is held; nil where there is no such session (any more).
    func watchEnd(of id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> HostWatch?

    /// Calls `body` with every invalidation, until what is returned goes away; on the thread that invalidates, before
    /// that is told so. It must not block.
    func whenInvalidated(_ body: @escaping @Sendable (Invalidation) -> Void) -> HostWatch

    /// Tells about a session, nil where there is none of that name.
    func describe(_ id: SessionID) -> SessionDescription?

    /// Keeps the calling thread free of module code from now on: what it asks is put to a module on other threads.
    ///
    /// A host that runs no module code on the threads that ask has nothing to do.
    func keepThreadFree()

    /// Whether a module reads the attributes of log-ins and checks: without one they are not made.
    var readsAttributes: Bool { get }

    /// Whether the module has an entry point that takes users back in without a password, whatever it answers.
    var resumesUsers: Bool { get }

    /// Whether questions can be decided now, and in words why or why not.
    var readiness: (ready: Bool, detail: String) { get }
}

extension QuestionAnswering {
    /// Asks many checks of one session in one go; the outcomes are in the order of the checks.
    public func ask(_ checks: [Check], session: SessionID) -> [Outcome] {
        ask(checks.map { SessionCheck(session, $0) })
    }

    /// Another party is asked: nothing is allowed for want of an entry point.
    public var resumesUsers: Bool { true }

    /// No module reads them.
    public var readsAttributes: Bool { false }

    /// Does nothing: no module is called on this thread.
    public func keepThreadFree() {}
}
