import AuthCore

/// Which session of a shadow stands for which session of a client. Used by the shadow's own thread alone.
struct ShadowSessions {
    private enum Standing {
        /// The shadow is asked whether it lets the session in; what comes meanwhile waits.
        case opening
        case open(ShadowSession)
        /// The shadow does not let it in.
        case refused
        /// The shadow knows it no more, or could not say: it is asked at the next question.
        case lost
    }

    private let shadow: Shadow
    private var standings: [SessionID: Standing] = [:]
    /// Tell of the ends of clients' sessions.
    private var watches: [SessionID: HostWatch] = [:]
    /// What waits for sessions that are opening.
    private var waiting: [SessionID: [ShadowQueue.Item]] = [:]

    init(_ shadow: Shadow) { self.shadow = shadow }

    mutating func take(_ item: ShadowQueue.Item) {
        switch item {
        case .asked(let question):
            guard shadow.isInTime(question) else { return shadow.note(question, .dropped) }
            if let login = question.asked.login {
                logIn(login, question)
            } else if let id = question.asked.session {
                ask(question, of: id)
            }
        case .opened(let id, let own, let again): open(id, as: own, again: again)
        case .ended(let id): end(id)
        case .lost(let id, let own):
            if case .open(let session) = standings[id], session.id == own { standings[id] = .lost }
        }
    }

    private mutating func logIn(_ login: Login, _ question: ShadowQuestion) {
        let id = question.answer.session
        // A kept log-in: no module was asked.
        if let id, standings[id] != nil { return shadow.forget(question) }
        if let id {
            standings[id] = .opening
            watches[id] = shadow.watchEnd(of: id)
        }
        shadow.logIn(question, for: id)
    }

    private mutating func ask(_ question: ShadowQuestion, of id: SessionID) {
        switch standings[id] {
        case .open(let own): shadow.ask(question, in: own)
        case .refused: shadow.note(question, .unasked)
        case .opening: waiting[id, default: []].append(.asked(question))
        case .lost, nil:
            guard let session = shadow.session(id), let login = Self.login(of: session) else {
                return shadow.note(question, .unasked)
            }
            if standings[id] == nil { watches[id] = shadow.watchEnd(of: id) }
            standings[id] = .opening
            waiting[id] = [.asked(question)]
            shadow.resume(session, login)
        }
    }

    private mutating func open(_ id: SessionID, as own: SessionID?, again: Bool) {
        guard case .opening = standings[id] else {
            if let own { shadow.logOut(own) }
            return
        }
        standings[id] = own.map { .open(ShadowSession($0)) } ?? (again ? .lost : .refused)
        for item in waiting.removeValue(forKey: id) ?? [] {
            // One question at a time asks for a session that is lost.
            if case .lost = standings[id], case .asked(let question) = item {
                shadow.note(question, .unasked)
            } else {
                take(item)
            }
        }
    }

    private mutating func end(_ id: SessionID) {
        switch standings[id] {
        case .opening: waiting[id, default: []].append(.ended(id))
        case .open(let own):
            forget(id)
            if own.end() { shadow.logOut(own.id) }
        case .refused, .lost, nil: forget(id)
        }
    }

    private mutating func forget(_ id: SessionID) {
        standings[id] = nil
        watches[id] = nil
    }

    private static func login(of session: Session) -> Login? {
        try? Login(
            user: session.user, password: Secret(""), address: session.address, applicationID: session.applicationID,
            machineID: session.machineID, door: session.door)
    }
}
