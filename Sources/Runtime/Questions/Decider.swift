import AuthCore
import ModuleHost

/// Answers the host's questions: a loaded module, or what may stand in its place, such as a chain of modules.
///
/// The host holds one and does not know which. What is true for every decider is written once, around it: the verdict, the
/// client's ticket and the steps of a question. A decider sees to it that each question gets one answer within its deadline.
protocol Decider: DeciderAnswers, DeciderNews, DeciderLifetime {
    /// Which loading of a module it is, from 1: sessions are known by the one that let them in.
    var instance: UInt32 { get }
    /// The number of the one that answers for a session now: an instance, or the life of a helper process.
    func life(of session: UInt64) -> UInt32
    /// Whether sessions may be known by a number here.
    func hasLife(_ life: UInt32) -> Bool
    /// Starts helper processes again that are in quarantine; returns how many there were.
    func release() -> Int
    /// Who this decider is.
    var about: DeciderDescription { get }
    /// Whether it has names of its own for objects, as far as it has said.
    var maps: Bool { get }
    /// Whether it wants to know of the objects that are asked about.
    var tracksObjects: Bool { get }

    /// Asks a question about an object: at once on the calling thread where that is possible.
    ///
    /// - Parameters:
    ///   - question: how far it has come afterwards, where it is answered.
    ///   - now: on the monotonic clock, which the asker has read already; the deadline counts from it.
    func ask(_ question: inout ObjectQuestion, at now: Int64) -> Asked<ObjectQuestion>
    /// Asks a question of one entry point.
    func ask(_ question: inout EntryQuestion, at now: Int64) -> Asked<EntryQuestion>
    /// The entry point that is asked for a check, for people.
    func entry(of action: Check.Action) -> StaticString
    /// Whether many checks may be asked in one call on the calling thread.
    var takesBatches: Bool { get }
    /// Asks up to 1,000 checks in one call, of any sessions, without fields and all with the same attributes; nil where that is
    /// not possible, and they must be asked one by one.
    func batch(_ checks: [BatchedCheck], at now: Int64) -> [ModuleAnswer]?
}

/// The questions that a decider has open: what answers them later.
protocol DeciderAnswers: AnyObject, Sendable {
    /// Takes an answer that comes later. Any thread.
    func complete(_ token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome
    /// Whether a token is, or was, of a question of its own.
    func asks(_ token: UInt64) -> Bool
    /// Finds the oldest open question of a session by what it asks for.
    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64?
    /// Answers a question in its place because no client waits any more.
    func cancel(_ token: UInt64)
    /// Answers in its place what sessions wait for, because the one that was to answer is gone.
    func failQuestions(of sessions: (UInt64) -> Bool)
    /// Answers every question of a session in its place, because the session has ended.
    func cancelQuestions(of session: UInt64)
    /// Runs `body` where it may be asked further, after an answer has arrived on another thread.
    func resume(_ body: @escaping @Sendable () -> Void)
    /// Tells operators of an answer that breaks the contract in what the host alone can see.
    func noteBreach(_ what: String, in entry: StaticString)
}

/// What a decider is told without a question.
protocol DeciderNews: AnyObject, Sendable {
    /// Whether it wants to know of the end of sessions, as far as it has said.
    var learnsEnds: Bool { get }

    /// Tells it that a session has ended, and calls `done` when it has heard of it.
    func tellFree(_ session: ModuleSession, _ reason: SessionEnd, _ done: @escaping @Sendable () -> Void)
    /// Tells it that an object is no longer held for a question of a session.
    func tellRelease(of object: ObjectName, for session: UInt64, reads: Bool)
    /// Tells it of other content, and then completes the reads that waited for it; nil for none.
    func tellChange(
        of object: ObjectName, from old: ObjectContent?, to content: ObjectContent?, waiting: Set<UInt64>)
    /// Tells it what has become of credentials that it gave.
    func tellCompleted(_ destination: Destination, serial: UInt32, accepted: Bool)
    /// Asks it to re-read its rules; `done` is told nil where it has none to re-read.
    func reload(_ done: @escaping @Sendable (Status?) -> Void)
    /// Notes that all its earlier answers may have changed.
    func noteInvalidation()
}

/// How a decider is while it runs, and how it ends.
protocol DeciderLifetime: AnyObject, Sendable {
    /// Whether nothing of it can be asked any more.
    var isHung: Bool { get }
    /// Whether it is to be replaced where the configuration says so: it is hung, or a call is over its deadline on a thread that asks.
    var wantsReplacement: Bool { get }
    /// Whether it is known to keep threads that ask, though it says that it does not.
    var keepsAskers: Bool { get }
    /// What hinders it from being asked, in words; nil for nothing.
    var hindrance: String? { get }
    /// The entry points that have not returned by their deadlines, for people.
    var lateCalls: [String] { get }
    /// Questions without an answer.
    var openQuestions: Int { get }
    /// Questions that it was asked, since it was loaded.
    var askedQuestions: UInt64 { get }

    /// Limits how many questions may wait from now on; those that wait stay.
    func limitQueue(to limit: Int)
    /// Answers every question whose deadline has passed.
    func expireDeadlines()
    /// Looks for calls that have been running for too long. Called every second.
    func noticeLongCalls()
    /// Asks it on threads of its own from now on.
    func spareAskers()
    /// Ends it; returns whether it has ended in time. Blocks for as long at most.
    func stop(within timeout: Duration) -> Bool
}

extension Decider {
    // One without helper processes is known by its own number.
    func life(of session: UInt64) -> UInt32 { instance }
    func hasLife(_ life: UInt32) -> Bool { life == instance }
    func release() -> Int { 0 }
    func entry(of action: Check.Action) -> StaticString { about.entry(of: action) }
    func failQuestions(of sessions: (UInt64) -> Bool) {}
    var wantsReplacement: Bool { isHung }
    var keepsAskers: Bool { false }
    func spareAskers() {}

    /// What the one that answers now is told of a session; nil where it does not know the session.
    func known(_ session: Session) -> ModuleSession? { session.known(to: life(of: session.handle)) }
}

/// Who a decider is. It never changes, and is looked at with every question: handing it on costs one reference count.
public final class DeciderDescription: Sendable {
    /// What the module calls itself.
    public let identity: ModuleIdentity
    /// The file that it was mapped from, symbolic links resolved.
    public let path: String
    /// The entry points that were agreed on.
    public let entryNames: [String]

    init(identity: ModuleIdentity, path: String, entryNames: [String]) {
        self.identity = identity
        self.path = path
        self.entryNames = entryNames
    }

    func hasEntry(_ name: String) -> Bool { entryNames.contains(name) }

    /// The entry point that is asked for a check, by the name that it is exported by; a create without one of its own is a write.
    func entry(of action: Check.Action) -> StaticString {
        switch action {
        case .read: return "auth_check_read"
        case .create where hasEntry("auth_check_create"): return "auth_check_create"
        case .write, .create:
            if hasEntry("auth_check_write_extended") { return "auth_check_write_extended" }
            return hasEntry("checkWrite") ? "checkWrite" : "auth_check_write"
        }
    }

    /// Whether it has an entry point that takes users back in. One that answers AUTH_NO_ENTRY is there: it refuses.
    var resumesUsers: Bool { hasEntry("auth_resume_user") }
}

extension DeciderLifetime {
    /// What hinders it from ending, as the end of a message; "" for nothing that is known.
    var lateCallsText: String {
        lateCalls.isEmpty ? "" : ": not returned have \(lateCalls.joined(separator: ", "))"
    }
}
