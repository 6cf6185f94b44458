import AuthCore
import Basics
import ModuleHost

/// A question about an object: what its name is called inside, first by the configuration and then by the module; and for a
/// check, whether the session may do it. Where the module maps at once, it is asked both in one pass.
struct ObjectQuestion: ModuleQuestion {
    private enum Stage {
        case mapping, checking
    }

    let objects: Objects
    let decider: any Decider
    let asking: Session
    /// What the decider is told of the session, whatever another one sets meanwhile.
    let known: ModuleSession
    /// The name as the client asked for it.
    let requested: ObjectName
    /// What the session wants to do; nil where only the name is asked for.
    let check: Check?
    /// What the door knows of a question for a name; that of a check stands in the check.
    private let ofName: [Field]
    private var stage = Stage.mapping
    var returned: Int64 = 0
    /// The name as far as it is known.
    private var object: ObjectName
    /// When the answer to a check is due that is asked again; 0 for one that is asked for the first time.
    private var checkDue: Int64 = 0
    /// Whether the decider is told of the object that is asked about.
    private let isTracked: Bool
    /// Whether AUTH_AGAIN makes the check wait: only where content can come.
    private let mayWait: Bool

    /// Asks what a name is called inside.
    init(
        _ objects: Objects, _ decider: any Decider, _ session: Session, _ known: ModuleSession, _ name: ObjectName,
        attributes: [Field]
    ) {
        (self.objects, self.decider, asking, requested, object, check) = (objects, decider, session, name, name, nil)
        self.known = known
        ofName = attributes
        (isTracked, mayWait) = (false, false)
    }

    /// Asks whether a session may do something.
    init(_ objects: Objects, _ decider: any Decider, _ session: Session, _ known: ModuleSession, _ check: Check) {
        (self.objects, self.decider, asking, self.known) = (objects, decider, session, known)
        (requested, object, self.check) = (check.name, check.name, check)
        ofName = []
        (isTracked, mayWait) = (decider.tracksObjects, check.action == .read && objects.store.limits.isOpen)
    }

    // The question changes in place on its way: a copy costs a reference count for each of its parts.
    //
    // `now` is the moment at which the session was used, on the monotonic clock: one look at it serves both.
    mutating func ask(at now: Int64) -> Outcome {
        if objects.mappings.isInUse {
            switch objects.mappings.map(requested, user: asking.user) {
            case .refused(let answer): return .decided(answer)
            case .name(let name): object = name
            }
        }
        if decider.maps { return put(at: now) }
        guard check != nil else { return .decided(mapped()) }
        return beginCheck() ? put(at: now) : .decided(refused(.objectLimit))
    }

    /// Puts the question to the module.
    private mutating func put(at now: Int64) -> Outcome {
        // A module is not asked about a session that ended while its question waited.
        if checkDue != 0, case .ended(let end) = asking.state { return .decided(end.answer) }
        switch decider.ask(&self, at: now) {
        case .open(let open): return decider.outcome(of: open, for: asking) { $1.step(after: $0, open.token) }
        case .answered(let said):
            switch step(after: said, nil) {
            case .answer(let answer): return .decided(answer)
            case .ask(let further): return further()
            }
        }
    }

    /// - Parameter token: of a question that was left open.
    private func step(after said: ModuleAnswer, _ token: UInt64?) -> NextStep {
        switch stage {
        case .mapping:
            let mapped = name(said)
            if mapped.reason == .mappedNameInvalid {
                decider.noteBreach(mapped.logText ?? "an invalid mapped name", in: "auth_map_object")
            }
            guard check != nil, mapped.verdict == .allow, let object = mapped.mappedName else { return .answer(mapped) }
            var next = self
            next.object = object
            guard next.beginCheck() else { return .answer(next.refused(.objectLimit)) }
            return .ask { [next] in next.putLater() }
        case .checking:
            endCheck(token)
            guard waitsForContent, said.status == .again else { return .answer(verdict(said)) }
            // The content that the module waited for has come.
            var again = self
            guard again.beginCheck() else { return .answer(refused(.objectLimit)) }
            return .ask { [again] in again.putLater() }
        }
    }

    /// Puts it to the module further, on another thread than the one that asked first.
    private func putLater() -> Outcome {
        var question = self
        return question.put(at: objects.clock.monotonic)
    }

    // MARK: what the decider asks

    var entry: StaticString {
        guard stage == .checking, let action = check?.action else { return "auth_map_object" }
        return action == .read ? "auth_check_read" : decider.entry(of: action)
    }

    var kind: QuestionKind? { stage == .mapping ? .map : check?.kind }

    var session: UInt64 { asking.handle }

    var isAboutObject: Bool { true }
    var asker: WorkLane.Asker? { WorkLane.Asker(user: asking.user, session: asking.handle) }

    func due(at now: Int64, _ deadlines: LiveDeadlines) -> Int64 {
        guard stage == .checking, let kind = check?.kind else { return now + deadlines.nanoseconds(of: .map) }
        // A question that is asked again has what is left of its time, and a moment at least.
        return checkDue == 0 ? now + deadlines.nanoseconds(of: kind) : max(checkDue, now + 1)
    }

    var subject: PendingSubject? {
        let kind: PendingKind? = stage == .mapping ? .map : check?.action == .read ? nil : .write
        let contribution = stage == .mapping ? nil : check?.contributionID
        return PendingSubject(kind, name: object, contributionID: contribution)
    }

    var row: BatchedCheck? {
        // A row has room neither for content nor for a wait for it.
        guard stage == .checking, let check, check.isBare, !isHeld, !objects.store.limits.isOpen else { return nil }
        return BatchedCheck(check, about: object, of: known)
    }

    func call(_ entries: some Entries, _ terms: CallTerms) -> ModuleAnswer? {
        guard stage == .checking, let check else {
            return entries.map(object, requested: requested, attributes: check?.attributes ?? ofName, known, terms)
                ?? ModuleAnswer(.notMapped)
        }
        return ask(check, entries, terms)
    }

    mutating func goesOn(after answer: ModuleAnswer) -> Bool {
        guard stage == .mapping, check != nil else { return false }
        let mapped = name(answer)
        guard mapped.verdict == .allow, let object = mapped.mappedName else { return false }
        let before = self.object
        self.object = object
        if beginCheck() { return true }
        self.object = before
        return false
    }

    mutating func goBack() {
        if isHeld { objects.store.giveBack(of: session) }
        stage = .mapping
    }

    // MARK: answers

    /// The answer to a mapping. A mapped name is validated like a client's: a module that maps to something else denies.
    private func name(_ said: ModuleAnswer) -> Answer {
        if case .ended(let end) = asking.state { return end.answer }
        let answer = said.verdict(for: .map)
        guard answer.verdict == .allow else { return answer }
        guard said.status == .ok else { return mapped() }
        guard let bytes = said.mapped else {
            return Answer(.undecided, .mappedNameInvalid, logText: "the module said mapped, and gave no name")
        }
        do {
            return Answer(.allow, .granted, user: asking.user, mappedName: try ObjectName(bytes))
        } catch {
            return Answer(.undecided, .mappedNameInvalid, logText: "the mapped name: \(error)")
        }
    }

    private func mapped() -> Answer { Answer(.allow, .granted, user: asking.user, mappedName: object) }

    private func refused(_ reason: Reason) -> Answer {
        Answer(.undecided, reason, user: asking.user, mappedName: object)
    }

    private func verdict(_ said: ModuleAnswer) -> Answer {
        check.map { asking.answer(to: $0.kind, said, about: object) } ?? refused(.moduleError)
    }
}

// The objects around a check: what a module is told of before and after, the content that is known, and the wait for content
// that is not.
extension ObjectQuestion {
    var waitsForContent: Bool { stage == .checking && mayWait }

    /// Whether the check takes a place among the session's objects.
    private var isHeld: Bool { isTracked || mayWait }

    /// Moves on to the check, which takes a place among the session's objects where there is something to be kept; false, and
    /// nothing has changed, when it has none left.
    private mutating func beginCheck() -> Bool {
        let before = stage
        stage = .checking
        guard !isHeld || objects.store.take(for: session) else {
            stage = before
            return false
        }
        if checkDue == 0, waitsForContent, let kind = check?.kind {
            checkDue = objects.clock.monotonic + objects.deadlines.nanoseconds(of: kind)
        }
        return true
    }

    /// Ends what was around the call, once its answer is there.
    ///
    /// - Parameter token: of a question that was left open, which may wait for content.
    private func endCheck(_ token: UInt64?) {
        guard isHeld else { return }
        if waitsForContent, let token { objects.store.forget(token, of: object) }
        if isTracked {
            let reads = check?.action == .read
            decider.tellRelease(of: object, for: session, reads: reads)
        }
        objects.store.giveBack(of: session)
    }

    private func ask(_ check: Check, _ entries: some Entries, _ terms: CallTerms) -> ModuleAnswer {
        guard isHeld else {
            return entries.check(
                check, object: object, content: objects.store.content(of: object), known, terms)
        }
        let seen = objects.store.look(at: object)
        let reads = check.action == .read
        if isTracked { entries.hold(object, for: session, reads: reads, content: seen.content) }
        let answer = entries.check(check, object: object, content: seen.content, known, terms)
        guard answer.status == .again, waitsForContent else { return answer }
        switch objects.store.wait(terms.token, for: object, since: seen.version) {
        case true?: return answer
        case false?: return .refused(.objectLimit)
        case nil: return .contentCame
        }
    }
}
