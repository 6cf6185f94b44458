import AuthCore

/// A module that was checked, mapped and initialised: what the rest of authhost asks. No C type appears here.
///
/// No function here waits for anything but the module itself. A serial module must be asked by one thread at a time;
/// the caller sees to that.
public final class LoadedModule: Sendable {
    public let identity: ModuleIdentity
    /// The file it was mapped from, symbolic links resolved.
    public let path: String
    /// The entry points that were agreed on.
    public let entryNames: [String]
    public let options: [ModuleOption]
    private let generation: any Generation

    init(
        identity: ModuleIdentity, path: String, entryNames: [String], options: [ModuleOption],
        generation: any Generation
    ) {
        self.identity = identity
        self.path = path
        self.entryNames = entryNames
        self.options = options
        self.generation = generation
    }

    /// Whether names are mapped at all.
    public var maps: Bool { generation.maps }

    /// Asks `auth_new_user`, or `auth_resume_user`; nil where the module has no such entry.
    public func newUser(
        _ login: Login, resuming: Bool = false, session: UInt64, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        generation.newUser(login, resuming: resuming, session: session, ticket)
    }

    /// Tells that a session has ended; nil where the module does not want to know.
    public func freeUser(session: UInt64, _ reason: SessionEnd) -> Status? {
        generation.freeUser(session: session, reason)
    }

    /// Asks `auth_map_object`; nil where the module has no such entry.
    public func map(
        _ name: ObjectName, requested: ObjectName, _ session: ModuleSession, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        generation.map(name, requested: requested, session, ticket)
    }

    /// Asks for a read, write or create. A module without the entry allows reads and denies the others, as the reference's
    /// adaptor does.
    public func check(
        _ check: Check, object: ObjectName, _ session: ModuleSession, _ ticket: QuestionTicket
    ) -> ModuleAnswer {
        generation.check(check, object: object, session, ticket)
            ?? ModuleAnswer(check.action == .read ? .ok : .deny)
    }

    /// Asks why a check is answered as it is; nil where the module has no such entry.
    public func explain(
        _ check: Check, object: ObjectName, _ session: ModuleSession, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        generation.explain(check, object: object, session, ticket)
    }

    /// Asks up to 1,000 checks in one call; nil where the module has no such entry.
    ///
    /// - Parameter ticket: of the whole batch; its token answers nothing, since no row may be delayed.
    public func checkBatch(
        _ batch: [(check: Check, object: ObjectName)], _ session: ModuleSession, _ ticket: QuestionTicket
    ) -> [ModuleAnswer]? {
        generation.checkBatch(batch, session, ticket)
    }

    /// Whether an entry point was agreed on.
    public func hasEntry(_ name: String) -> Bool { entryNames.contains(name) }

    /// Asks `auth_http_request`; nil where the module has no such entry. It cannot be delayed.
    public func httpRequest(_ request: DirectoryRequest, _ ticket: QuestionTicket) -> ModuleAnswer? {
        generation.httpRequest(request, ticket)
    }

    /// Asks `authenticate`, or `retry` where the remote server has sent a challenge; nil where the module has no such entry.
    ///
    /// - Parameter challenge: what the server sent, and which challenge of its connection it is, from 1.
    public func credential(
        _ destination: Destination, challenge: (text: Secret, round: UInt32)?, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        generation.credential(destination, challenge: challenge, ticket)
    }

    /// Tells an authenticator what became of its credentials.
    public func completed(_ destination: Destination, accepted: Bool) {
        generation.completed(destination, accepted: accepted)
    }

    /// Tells that nobody waits for a token any more.
    public func cancel(_ token: UInt64) { generation.cancel(token) }

    /// Asks the module to re-read its own configuration; nil where it cannot.
    public func reload() -> Status? { generation.reload() }

    /// Ends the instance. May not return; run it on a thread that can be written off.
    public func exit() { generation.exit() }
}
