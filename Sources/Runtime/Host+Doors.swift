import AuthCore
import ModuleHost

/// What doors and the usage statistics see beside the questions.
extension Host {
    /// The number of open sessions.
    public var sessionCount: Int { sessions.count }

    /// Questions that are with the module.
    public var openQuestions: Int {
        decider.all.reduce(logins.penalties?.waiting ?? 0) { $0 + $1.openQuestions }
    }

    /// What may be told about an open session. Telling it does not count as a use of the session.
    public func describe(_ id: SessionID) -> SessionDescription? { sessions.describe(id) }

    /// Calls `body` with the user and the application id ("" for none) of every open session.
    public func forEachSession(_ body: (_ user: String, _ application: String) -> Void) {
        for session in sessions.sessions(of: nil) { body(session.user, session.applicationID) }
    }

    /// Calls `body` once when an open session ends, with the reason, on the thread that ends it; for doors that push.
    ///
    /// `body` must not block. It may ask the host, but not wait for an answer.
    ///
    /// - Returns: false, and `body` is never called, when there is no such session (any more).
    public func whenEnded(_ id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> Bool {
        sessions.whenEnded(id, body) != nil
    }

    /// As ``whenEnded(_:_:)``, for as long as what is returned is held; nil where there is no such session (any more).
    public func watchEnd(of id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> HostWatch? {
        sessions.watchEnd(of: id, body)
    }

    /// Calls `body` with every invalidation, until what is returned goes away; for doors that push. It must not block.
    public func whenInvalidated(_ body: @escaping @Sendable (Invalidation) -> Void) -> HostWatch {
        invalidations.watch(body)
    }

    /// Replaces what is known of an object; nil for nothing any more. Reads that wait for it are asked again, and nothing
    /// that was kept of decisions about it is used after the return.
    ///
    /// - Throws: ``ObjectRefusal``; nothing has changed then.
    public func setContent(_ content: ObjectContent?, of name: ObjectName) throws(ObjectRefusal) {
        try objects.setContent(content, of: name)
        shadowing.value?.setContent(content, of: name)
    }

    /// Keeps the calling thread free of module code: what it asks is put to a module on threads of the module's own.
    public func keepThreadFree() { CallContext.keepThreadFree() }
}
