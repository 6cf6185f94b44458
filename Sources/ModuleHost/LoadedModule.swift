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
    public let options: [DeclaredOption]
    /// What it was mapped from, until it is taken out.
    private let copy: Mutex<ModuleCopy?>
    private let generation: any Generation
    /// The helper processes that it runs in; nil for one that runs in this process.
    public let helpers: HelperPool?
    /// Where the entries are called that are not called as their module is.
    private let threadsOfEntries: [String: ModuleIdentity.Threads]
    /// The entries that a check may take.
    static let checkEntries: [EntryPoint] = [
        .mapObject, .checkRead, .checkWrite, .checkWriteJava, .checkCreate, .checkBatch,
    ]
    /// Whether names and checks are asked on the thread that asks.
    public let checksRunAnywhere: Bool
    /// A ``ModuleLifecycle/State``; instances come here once they serve.
    private let state = Atomic(ModuleLifecycle.State.serving.rawValue)

    init(
        identity: ModuleIdentity, path: String, entries: EntryTable, options: [DeclaredOption],
        generation: any Generation,
        copy: ModuleCopy, helpers: HelperPool? = nil
    ) {
        self.identity = identity
        self.path = path
        self.helpers = helpers
        let entryNames = entries.names
        self.entryNames = entryNames
        let threadsOfEntries = entries.threads
        self.threadsOfEntries = threadsOfEntries
        checksRunAnywhere = Self.checkEntries.filter { entryNames.contains($0.rawValue) }.allSatisfy {
            (threadsOfEntries[$0.rawValue] ?? identity.threads) == .any
        }
        self.options = options
        self.generation = generation
        self.copy = Mutex(copy)
        hasMappings = generation.maps
        takesBatches = entryNames.contains(EntryPoint.checkBatch.rawValue)
        takesRounds = takesBatches && helpers?.checksReturnAtOnce ?? false
        let writes = [EntryPoint.checkWrite, .checkWriteJava].contains { entryNames.contains($0.rawValue) }
        decidesAlone = Set(
            Check.Action.allCases.filter { action in
                switch action {
                case .read: entryNames.contains(EntryPoint.checkRead.rawValue)
                case .write: writes
                case .create: writes || entryNames.contains(EntryPoint.checkCreate.rawValue)
                }
            })
        leavesReadsOpen = identity.opensReads && !entryNames.contains(EntryPoint.checkRead.rawValue)
        hearsEnds = Atomic(entryNames.contains(EntryPoint.freeUser.rawValue))
    }

    /// Takes what it was mapped from, to be called once: a descriptor, which the mapping does not need.
    public func takeCopy() -> ModuleCopy? { copy.withLock { $0.take() } }

    /// Where an entry point is called.
    public func threads(of entry: StaticString) -> ModuleIdentity.Threads {
        // Nearly every module says it of all of its entry points at once.
        threadsOfEntries.isEmpty ? identity.threads : threadsOfEntries[entry.description] ?? identity.threads
    }

    /// Whether some entry is called on the thread that asks.
    public var runsOnAskers: Bool { threadsOfEntries.values.contains(.any) || identity.threads == .any }

    /// Whether names are mapped, as far as the module has said: one that has answered AUTH_NO_ENTRY maps nothing until
    /// ``noteInvalidation()``.
    public var maps: Bool { hasMappings && mapping.load(ordering: .acquiring) & 1 == 0 }

    private let hasMappings: Bool
    /// Twice the number of invalidations, and 1 more while the module maps nothing.
    private let mapping = Atomic<UInt64>(0)

    /// Notes that all earlier answers of the module may have changed: names are put to it again.
    public func noteInvalidation() {
        var before = mapping.load(ordering: .relaxed)
        while true {
            let (exchanged, original) = mapping.compareExchange(
                expected: before, desired: (before | 1) &+ 1, ordering: .acquiringAndReleasing)
            if exchanged { return }
            before = original
        }
    }

    /// Asks `auth_new_user`, or `auth_resume_user`; nil where the module has no such entry.
    public func newUser(
        _ login: Login, resuming: Bool = false, session: UInt64, _ terms: CallTerms
    ) -> ModuleAnswer? {
        guard allows(.login) else { return .ended }
        return CallContext.loggingIn(session) {
            generation.newUser(login, resuming: resuming, session: session, terms)
        }
    }

    /// Whether everybody may read everything: where an entry is exported, what it does not decide is never open.
    private let leavesReadsOpen: Bool

    /// Whether the module wants to know of the end of sessions: not one that has answered AUTH_NO_ENTRY once.
    public var learnsEnds: Bool { hearsEnds.load(ordering: .relaxed) }

    private let hearsEnds: Atomic<Bool>

    /// Tells that a session has ended; nil where the module does not want to know.
    public func freeUser(_ session: ModuleSession, _ reason: SessionEnd) -> Status? {
        guard allows(.logout) else { return nil }
        // A helper that has begun a new life knows nothing of it.
        if let helpers, session.life != 0, helpers.life(of: session.handle) != session.life { return .ok }
        let status = about(session) { generation.freeUser(session, reason) }
        if status == nil { hearsEnds.store(false, ordering: .relaxed) }
        return status
    }

    /// Asks `auth_map_object`; nil where the module has no such entry, or says so.
    ///
    /// - Parameter attributes: of the question that the name is mapped for.
    public func map(
        _ name: ObjectName, requested: ObjectName, attributes: [Field] = [], _ session: ModuleSession,
        _ terms: CallTerms
    ) -> ModuleAnswer? {
        guard allows(.question) else { return .ended }
        let before = mapping.load(ordering: .acquiring)
        if let answer = about(
            session, { generation.map(name, requested: requested, attributes: attributes, session, terms) })
        {
            return answer
        }
        // Not where the module has invalidated meanwhile: it may have begun to map.
        _ = mapping.compareExchange(expected: before, desired: before | 1, ordering: .acquiringAndReleasing)
        return nil
    }

    /// Asks for a read, write or create. A module without the entry denies; reads are allowed of one of generation 6 or 7, as
    /// Liberator's adaptor does, and of one that declares so.
    ///
    /// - Parameter content: what is known of the object, nil for nothing.
    public func check(
        _ check: Check, object: ObjectName, content: ObjectContent? = nil, _ session: ModuleSession,
        _ terms: CallTerms
    ) -> ModuleAnswer {
        guard allows(.question) else { return .ended }
        return about(session) { generation.check(check, object: object, content: content, session, terms) }
            ?? (check.action == .read && leavesReadsOpen ? ModuleAnswer(.ok) : .refused(.noEntry))
    }

    /// Asks why a check is answered as it is; nil where the module has no such entry.
    public func explain(
        _ check: Check, object: ObjectName, content: ObjectContent? = nil, _ session: ModuleSession,
        _ terms: CallTerms
    ) -> ModuleAnswer? {
        guard allows(.question) else { return .ended }
        return about(session) { generation.explain(check, object: object, content: content, session, terms) }
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

    /// Tells that the content of an object has changed; nil for none any more.
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
    /// - Parameters:
    ///   - batch: of any sessions, of one where the module runs in helper processes, each of which knows its own; without fields and
    ///     contribution ids, and all with the same attributes.
    ///   - terms: of the whole batch; its token answers nothing, since no row may be delayed.
    public func checkBatch(_ batch: [BatchedCheck], _ terms: CallTerms) -> [ModuleAnswer]? {
        guard allows(.question), let first = batch.first else { return nil }
        if decidesAlone.count == Check.Action.allCases.count {
            return about(first.session) { generation.checkBatch(batch, terms) }
        }
        let rows = batch.filter { decidesAlone.contains($0.check.action) }
        if rows.isEmpty { return batch.map { _ in ModuleAnswer(.askAlone) } }
        guard let said = about(first.session, { generation.checkBatch(rows, terms) }) else { return nil }
        var answers = said.makeIterator()
        return batch.map { row in
            decidesAlone.contains(row.check.action)
                ? answers.next() ?? ModuleAnswer(.askAlone) : ModuleAnswer(.askAlone)
        }
    }

    /// The actions that have an entry of their own. A batch decides no other: the check is asked alone, as if there were no batch.
    private let decidesAlone: Set<Check.Action>

    /// Whether it can be asked many checks in one call.
    public let takesBatches: Bool

    /// Whether checks that wait for its threads may be asked in one call: of a module in a helper process that has promised that a
    /// check returns at once. One that may block takes each on a thread of its own, or all of them would be as late as the last.
    public let takesRounds: Bool

    /// Whether an entry point was agreed on.
    public func hasEntry(_ name: String) -> Bool { entryNames.contains(name) }

    /// Asks `auth_http_request`; nil where the module has no such entry. Generations 6 and 7 cannot delay it.
    public func httpRequest(
        _ request: RealmRequest, _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer? {
        allows(.question) ? about(session) { generation.httpRequest(request, session, terms) } : .ended
    }

    /// Asks `auth_authenticate`, or `auth_retry` where the remote server has sent a challenge; nil where the module has no such entry.
    ///
    /// - Parameters:
    ///   - challenge: what the server sent, and which challenge of its connection it is, from 1.
    ///   - serial: the number that the credentials will have; 0 for none.
    public func credential(
        _ destination: Destination, challenge: (text: Secret, round: UInt32)?, serial: UInt32 = 0,
        _ terms: CallTerms
    ) -> ModuleAnswer? {
        allows(.credential)
            ? generation.credential(destination, challenge: challenge, serial: serial, terms) : .ended
    }

    /// Tells an authenticator what became of its credentials with a serial number; 0 where that is not known.
    public func completed(_ destination: Destination, serial: UInt32, accepted: Bool) {
        if allows(.credential) { generation.completed(destination, serial: serial, accepted: accepted) }
    }

    /// Tells that no client waits for a token any more.
    public func cancel(_ token: UInt64) { if allows(.cancel) { generation.cancel(token) } }

    /// Asks the module to re-read its own configuration; nil where it cannot.
    public func reload() -> Status? { allows(.reload) ? generation.reload() : nil }

    /// Ends the instance. May not return; run it on a thread that can be written off.
    public func exit() {
        guard allows(.exit), let next = ModuleLifecycle.state(afterBeginning: .exit) else { return }
        state.store(next.rawValue, ordering: .releasing)
        generation.exit()
        helpers?.stop()
    }

    /// Asks about a session: a helper process only while it is the one that knows the session.
    private func about<Answer>(_ session: ModuleSession, _ body: () -> Answer) -> Answer {
        guard helpers != nil else { return body() }
        let context = CallContext.current()
        let outer = context.life
        context.life = session.life
        defer { context.life = outer }
        return body()
    }

    /// The one place where the table of calls and states is looked at.
    private func allows(_ call: ModuleLifecycle.Call) -> Bool {
        // What is stored is a state's own number.
        guard let state = ModuleLifecycle.State(rawValue: state.load(ordering: .relaxed)) else { return false }
        return ModuleLifecycle.allows(call, in: state)
    }
}
