import AuthCore
import Synchronization

@testable import DoorProtocols

/// A host that answers as its script says, and remembers what it was asked.
final class FakeHost: QuestionAnswering {
    typealias Script = @Sendable (Question) -> Outcome

    private let script: Script
    private let asked = Mutex<[Question]>([])
    let readiness: (ready: Bool, detail: String)
    let readsAttributes: Bool
    let resumesUsers: Bool
    private let sessionAttributes: [Field]

    /// - Parameters:
    ///   - readsAttributes: whether doors are to tell what they know.
    ///   - resumesUsers: whether the module has an entry point for that, whatever the script answers.
    ///   - sessionAttributes: what the log-in of ``session`` was answered with.
    init(
        ready: Bool = true, readsAttributes: Bool = false, resumesUsers: Bool = true, sessionAttributes: [Field] = [],
        _ script: @escaping Script
    ) {
        self.script = script
        self.resumesUsers = resumesUsers
        self.readsAttributes = readsAttributes
        self.sessionAttributes = sessionAttributes
        readiness = (ready, ready ? "every module answers" : "the module hangs")
    }

    var questions: [Question] { asked.withLock { $0 } }

    func ask(_ question: Question) -> Outcome {
        asked.withLock { $0.append(question) }
        return script(question)
    }

    func ask(_ checks: [SessionCheck]) -> [Outcome] {
        sizes.withLock { $0.append(checks.count) }
        return checks.map { ask(.check($0.session, $0.check)) }
    }

    private let sizes = Mutex<[Int]>([])

    /// How many checks were asked in one go, each time that it was so.
    var bursts: [Int] { sizes.withLock { $0 } }

    /// Takes content for objects below `/open`, and none of more than eight bytes.
    func setContent(_ content: ObjectContent?, of name: ObjectName) throws(ObjectRefusal) {
        if !name.text.hasPrefix("/open") { throw .closed }
        if let content, content.size > 8 { throw .tooLarge(limit: 8) }
        if name.text == "/open/full" { throw .tooMany(limit: 1) }
        contents.withLock { $0.append((name.text, content?.fields)) }
    }

    private let contents = Mutex<[(object: String, fields: [Field]?)]>([])

    /// What was said of objects; nil is nothing any more.
    var contentsSet: [(object: String, fields: [Field]?)] { contents.withLock { $0 } }

    /// Knows ``session`` of the user `alice` alone.
    func describe(_ id: SessionID) -> SessionDescription? {
        guard id == Self.session else { return nil }
        return SessionDescription(
            id: id, user: "alice", applicationID: "app", machineID: "box", address: "", door: "native", connected: 0,
            lastUse: 0, attributes: sessionAttributes)
    }

    private struct Watchers {
        var next = 0
        var ends: [SessionID: [Int: @Sendable (SessionEnd) -> Void]] = [:]
        var invalidations: [Int: @Sendable (Invalidation) -> Void] = [:]
    }

    private let watchers = Mutex(Watchers())

    /// How many wait for the end of a session, and for invalidations.
    var watching: (ends: Int, invalidations: Int) {
        watchers.withLock { ($0.ends.values.reduce(0) { $0 + $1.count }, $0.invalidations.count) }
    }

    /// Knows ``session`` alone.
    func whenEnded(_ id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> Bool { add(id, body) != nil }

    func watchEnd(of id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> HostWatch? {
        add(id, body).map { key in
            HostWatch { [weak self] in self?.watchers.withLock { $0.ends[id]?[key] = nil } }
        }
    }

    private func add(_ id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> Int? {
        guard id == Self.session else { return nil }
        return watchers.withLock { watchers in
            watchers.next += 1
            watchers.ends[id, default: [:]][watchers.next] = body
            return watchers.next
        }
    }

    func whenInvalidated(_ body: @escaping @Sendable (Invalidation) -> Void) -> HostWatch {
        let key = watchers.withLock { watchers in
            watchers.next += 1
            watchers.invalidations[watchers.next] = body
            return watchers.next
        }
        return HostWatch { [weak self] in self?.watchers.withLock { $0.invalidations[key] = nil } }
    }

    /// Tells those that watch a session that it has ended.
    func end(_ id: SessionID, _ reason: SessionEnd) {
        for body in watchers.withLock({ $0.ends.removeValue(forKey: id) })?.values.map({ $0 }) ?? [] { body(reason) }
    }

    /// Tells those that watch invalidations.
    func invalidate(_ invalidation: Invalidation) {
        for body in watchers.withLock({ Array($0.invalidations.values) }) { body(invalidation) }
    }

    static let session = SessionID(high: 0x0011_2233_4455_6677, low: 0x8899_aabb_ccdd_eeff)
    static let sessionText = "00112233445566778899aabbccddeeff"

    /// Knows the user `alice` with the password `secret`, who may do everything below `/open` and `/web/open`.
    static let simple: Script = { question in
        switch question {
        case .login(let login), .authenticate(let login), .resume(let login):
            let secret = Array("secret".utf8) + [0]
            guard login.user == "alice", login.password.withTerminatedBytes({ $0.elementsEqual(secret) }) else {
                return .decided(Answer(.wrongCredentials, .invalidPassword))
            }
            return .decided(Answer(.allow, .granted, session: session, user: "alice"))
        case .logout: return .decided(Answer(.allow, .granted))
        case .map(_, let name, _):
            return .decided(Answer(.allow, .granted, mappedName: try? ObjectName("/inside\(name.text)")))
        case .check(let id, let check):
            guard id == session else { return .decided(Answer(.deny, .unknownSession)) }
            let allowed = check.name.text.hasPrefix("/open") || check.name.text.hasPrefix("/web/open")
            return .decided(
                Answer(
                    allowed ? .allow : .deny, allowed ? .granted : .deniedByModule, user: "alice",
                    mappedName: check.name))
        }
    }
}
