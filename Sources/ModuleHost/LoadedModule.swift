import AuthCore
import Synchronization

/// A module that was checked, mapped and initialised: what the rest of authhost asks. No C type appears here.
///
/// No function here waits for anything but the module itself. A serial module must be asked by one thread at a time;
/// the caller sees to that.
public final class LoadedModule: Sendable {
    /// What the module calls itself.
    public let identity: ModuleIdentity
    /// The file it was mapped from, symbolic links resolved.
    public let path: String
    /// The entry points that were agreed on.
    public let entryNames: [String]
    /// The options that it declares.
    public let options: [ModuleOption]
    private let generation: any Generation
    /// A ``ModuleLifecycle/State``; instances come here once they serve.
    private let state = Atomic(ModuleLifecycle.State.serving.rawValue)

    init(
        identity: ModuleIdentity, path: String, entryNames: [String], options: [ModuleOption],
        generation: any Generation
    ) {
        self.identity = identity
        self.path = path
        self.entryNames = entryNames
        self.options = options
        self.generation = generation
        learnsEnds = entryNames.contains(EntryPoint.freeUser.rawValue)
    }

    /// Whether names are mapped at all.
    public var maps: Bool { generation.maps }

    /// Asks `auth_new_user`, or `auth_resume_user`; nil where the module has no such entry.
    public func newUser(
        _ login: Login, resuming: Bool = false, session: UInt64, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        allows(.login) ? generation.newUser(login, resuming: resuming, session: session, ticket) : .ended
    }

    /// Whether the module wants to know of the end of sessions.
    public let learnsEnds: Bool

    /// Tells that a session has ended; nil where the module does not want to know.
    public func freeUser(session: UInt64, _ reason: SessionEnd) -> Status? {
        allows(.logout) ? generation.freeUser(session: session, reason) : nil
    }

    /// Asks `auth_map_object`; nil where the module has no such entry.
    public func map(
        _ name: ObjectName, requested: ObjectName, _ session: ModuleSession, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        allows(.question) ? generation.map(name, requested: requested, session, ticket) : .ended
    }

    /// Asks for a read, write or create. A module without the entry allows reads and denies the others, as Liberator's
    /// adaptor does.
    ///
    /// - Parameter content: what is known of the object, nil for nothing.
    public func check(
        _ check: Check, object: ObjectName, content: ObjectContent? = nil, _ session: ModuleSession,
        _ ticket: QuestionTicket
    ) -> ModuleAnswer {
        guard allows(.question) else { return .ended }
        return generation.check(check, object: object, content: content, session, ticket)
            ?? ModuleAnswer(check.action == .read ? .ok : .deny)
    }

    /// Asks why a check is answered as it is; nil where the module has no such entry.
    public func explain(
        _ check: Check, object: ObjectName, content: ObjectContent? = nil, _ session: ModuleSession,
        _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        allows(.question) ? generation.explain(check, object: object, content: content, session, ticket) : .ended
    }

    /// Whether the module wants to know of objects, so that ``hold(_:for:reads:content:)`` has an effect.
    public var tracksObjects: Bool { generation.objects != nil }

    /// Holds an object for a question of a session: whatever the module is to be told of it before the question.
    public func hold(_ object: ObjectName, for session: UInt64, reads: Bool, content: ObjectContent?) {
        if allows(.object) { generation.objects?.hold(object, for: session, reads: reads, content: content) }
    }

    /// Lets go of an object that was held for a question.
    public func release(_ object: ObjectName, for session: UInt64, reads: Bool) {
        if allows(.object) { generation.objects?.release(object, for: session, reads: reads) }
    }

    /// Tells that the content of an object has changed; nil is none.
    ///
    /// - Parameter text: the new content as a module is shown it.
    /// - Returns: the sessions whose reads are about the object and which may not have the update.
    public func change(
        _ object: ObjectName, from old: ObjectContent?, to content: ObjectContent?, text: String
    ) -> [UInt64: Status] {
        guard allows(.update) else { return [:] }
        return generation.objects?.change(object, from: old, to: content, text: text) ?? [:]
    }

    /// Asks up to 1,000 checks in one call; nil where the module has no such entry.
    ///
    /// - Parameter ticket: of the whole batch; its token answers nothing, since no row may be delayed.
    public func checkBatch(
        _ batch: [(check: Check, object: ObjectName)], _ session: ModuleSession, _ ticket: QuestionTicket
    ) -> [ModuleAnswer]? {
        allows(.question) ? generation.checkBatch(batch, session, ticket) : nil
    }

    /// Whether an entry point was agreed on.
    public func hasEntry(_ name: String) -> Bool { entryNames.contains(name) }

    /// Asks `auth_http_request`; nil where the module has no such entry. It cannot be delayed.
    public func httpRequest(_ request: DirectoryRequest, _ ticket: QuestionTicket) -> ModuleAnswer? {
        allows(.question) ? generation.httpRequest(request, ticket) : .ended
    }

    /// Asks `authenticate`, or `retry` where the remote server has sent a challenge; nil where the module has no such entry.
    ///
    /// - Parameter challenge: what the server sent, and which challenge of its connection it is, from 1.
    public func credential(
        _ destination: Destination, challenge: (text: Secret, round: UInt32)?, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        allows(.credential) ? generation.credential(destination, challenge: challenge, ticket) : .ended
    }

    /// Tells an authenticator what became of its credentials.
    public func completed(_ destination: Destination, accepted: Bool) {
        if allows(.credential) { generation.completed(destination, accepted: accepted) }
    }

    /// Tells that nobody waits for a token any more.
    public func cancel(_ token: UInt64) { if allows(.cancel) { generation.cancel(token) } }

    /// Asks the module to re-read its own configuration; nil where it cannot.
    public func reload() -> Status? { allows(.reload) ? generation.reload() : nil }

    /// Ends the instance. May not return; run it on a thread that can be written off.
    public func exit() {
        guard allows(.exit), let next = ModuleLifecycle.state(afterBeginning: .exit) else { return }
        state.store(next.rawValue, ordering: .releasing)
        generation.exit()
    }

    /// The one place where the table of calls and states is looked at.
    private func allows(_ call: ModuleLifecycle.Call) -> Bool {
        // What is stored is a state's own number.
        guard let state = ModuleLifecycle.State(rawValue: state.load(ordering: .relaxed)) else { return false }
        return ModuleLifecycle.allows(call, in: state)
    }
}
