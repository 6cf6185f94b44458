import AuthCore
import Basics

/// What became of a completion; the numbers are `AUTH_COMPLETE_*`.
public enum CompletionOutcome: Int32, Sendable {
    case taken = 0
    case unknown = 1
    case twice = 2
    case late = 3
    case refused = 4
}

/// What a module may ask of its host. Any thread, also inside an entry point; no implementation calls a module back.
public protocol ModuleServices: AnyObject, Sendable {
    func log(_ severity: ModuleLogSeverity, _ text: String, module: String)
    /// Nanoseconds since 1970.
    var wallTime: Int64 { get }
    /// Nanoseconds from an unspecified start.
    var monotonicTime: Int64 { get }
    func complete(token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome
    /// Finds the oldest pending question of a generation 6 or 7 module.
    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64?
    /// Ejects sessions, oldest first; a nil criterion matches every session.
    func eject(user: String?, count: Int?, applicationID: String?, machineID: String?) -> Int
    func invalidate(_ scope: InvalidationScope)
    func attribute(_ attribute: SessionAttribute, ofSession handle: UInt64) -> String?
    /// Checks signature, validity, user name and single use of a token, in one call. May block.
    func checkSignature(key: String, token: String, user: String) -> SignatureOutcome
    /// Finds the value of an object's field; nil where none is known.
    func value(of field: String, ofObject name: String) -> String?
    /// Gets what a connection to a destination presents: `secret` and `user` of the answer. May block.
    func credential(for destination: String, challenge: Secret?) -> ModuleAnswer
    /// Learns whether the remote server took the credentials.
    func credentialCompleted(for destination: String, serial: UInt32, accepted: Bool)
    /// Ejects one session; false for one that has ended or never was.
    func eject(sessionHandle handle: UInt64) -> Bool
    /// Says whether files that belong to a user may decide something.
    func trusts(owner: UInt32) -> Bool
    /// Learns how the rules that a module decides by stand to those that they are read from.
    func noteRules(_ state: RulesState, module: String)
    /// Learns the mark that tells the rules of a module from others; "" where the module does not say.
    func noteDigest(_ digest: String, module: String)
    /// Hands out a number for the life of a helper process: no loading of a module and no life has it.
    func nextLife() -> UInt32
    /// Learns that a helper process has ended without being told to: its questions are answered in its place.
    func noteHelperEnd(_ end: HelperEnd, module: String)
}

/// How the rules in force stand to those that they are read from; the reasons are for the log.
public enum RulesState: Sendable, Equatable {
    /// They are the same.
    case current
    /// There are newer ones, which could not be read.
    case unreadable(String)
    /// There are newer ones, which are wrong.
    case wrong(String)
}

extension ModuleServices {
    /// Finds nothing.
    public func value(of field: String, ofObject name: String) -> String? { nil }
    /// Fails: there is no destination.
    public func credential(for destination: String, challenge: Secret?) -> ModuleAnswer {
        var answer = ModuleAnswer(.error)
        answer.logText = "there is no destination `\(destination)`"
        return answer
    }
    /// Does nothing.
    public func credentialCompleted(for destination: String, serial: UInt32, accepted: Bool) {}
    /// Ejects nothing.
    public func eject(sessionHandle handle: UInt64) -> Bool { false }
    /// Trusts root and the running user.
    public func trusts(owner: UInt32) -> Bool { FileTrust().trusts(owner) }
    /// Does nothing.
    public func noteRules(_ state: RulesState, module: String) {}
    /// Does nothing.
    public func noteDigest(_ digest: String, module: String) {}
    /// Hands out 1: a host that answers no session needs no other number.
    public func nextLife() -> UInt32 { 1 }
    /// Logs it.
    public func noteHelperEnd(_ end: HelperEnd, module: String) { log(.crit, end.text, module: module) }
}

/// What became of a signed token; the reasons are for the log alone and never hold the token.
public enum SignatureOutcome: Sendable, Equatable {
    case valid
    case refused(reason: String)
    /// The host cannot say, as without such a key.
    case failed(reason: String)
}

/// Severities of a module's log lines; the numbers are `AUTH_LOG_*`.
public enum ModuleLogSeverity: Int32, Sendable {
    case debug = 0
    case info, notify, warn, error, crit
}

/// What Liberator's event callback completes; the numbers are `THREADS_AUTH_*`.
public enum PendingKind: Int16, Sendable {
    case login = 1
    case map, write
}

/// What an invalidation covers.
public enum InvalidationScope: Sendable, Equatable {
    case all
    case user(String)
    case session(handle: UInt64)
    case object(String)
}

/// What a module can ask of a session; the numbers are `AUTH_SESSION_*`.
public enum SessionAttribute: UInt32, Sendable {
    case user = 1
    case applicationID, machineID, address, door, id
}
