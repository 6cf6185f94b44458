import AuthCore
import ModuleHost
import Synchronization

/// One call of a check, with what is around it: the object that a module is told of before and after, the content that is
/// known of it, and the wait for content that is not.
final class ObjectCall: Sendable {
    private let host: Host
    private let decider: ModuleDecider
    private let session: Session
    private let check: Check
    private let object: ObjectName

    init(_ host: Host, _ decider: ModuleDecider, _ session: Session, _ check: Check, _ object: ObjectName) {
        self.host = host
        self.decider = decider
        self.session = session
        self.check = check
        self.object = object
    }

    /// Whether AUTH_AGAIN makes the question wait: only where content can come.
    var waitsForContent: Bool { check.action == .read && host.objects.limits.isOpen }

    /// Whether anything at all is around the call.
    private var isHeld: Bool { decider.module.tracksObjects || waitsForContent }

    /// Takes a place of the session; false when it has none left.
    func begin() -> Bool { !isHeld || host.objects.take(for: session.handle) }

    /// Asks the module, on the thread where it may be called.
    func ask(_ module: LoadedModule, _ ticket: QuestionTicket) -> ModuleAnswer {
        guard isHeld else {
            return module.check(
                check, object: object, content: host.objects.content(of: object), session.moduleSession, ticket)
        }
        let seen = host.objects.look(at: object)
        let reads = check.action == .read
        if module.tracksObjects { module.hold(object, for: session.handle, reads: reads, content: seen.content) }
        let answer = module.check(check, object: object, content: seen.content, session.moduleSession, ticket)
        guard answer.status == .again, waitsForContent else { return answer }
        switch host.objects.wait(ticket.token, for: object, since: seen.version) {
        case true?: return answer
        case false?: return .refused(.objectLimit)
        case nil: return .changedMeanwhile
        }
    }

    /// Ends what was around the call, once its answer is there.
    ///
    /// - Parameter token: of a call that was delayed, which may wait for content.
    func end(_ token: UInt64?) {
        guard isHeld else { return }
        if waitsForContent, let token { host.objects.forget(token, of: object) }
        if decider.module.tracksObjects {
            let reads = check.action == .read
            decider.tell("auth_discard_object") { [session, object] in
                $0.release(object, for: session.handle, reads: reads)
            }
        }
        host.objects.giveBack(of: session.handle)
    }

    /// Whether the module is to be asked again, with the content that has come.
    func mustAskAgain(_ answer: ModuleAnswer) -> Bool {
        waitsForContent && answer.status == .again
    }
}

extension ModuleAnswer {
    /// What the host says for a module.
    fileprivate static func refused(_ reason: Reason) -> ModuleAnswer {
        var answer = ModuleAnswer(.error)
        answer.refusal = reason
        return answer
    }

    /// The content changed while the module was asked: ask again at once. The refusal keeps the question from waiting.
    fileprivate static var changedMeanwhile: ModuleAnswer {
        var answer = ModuleAnswer(.again)
        answer.refusal = .contentUnknown
        return answer
    }

    /// The content that a question waited for has come.
    static var contentCame: ModuleAnswer { changedMeanwhile }
}
