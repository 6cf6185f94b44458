import AuthCore

/// A name and a password that a program wants to know about, and nothing else.
struct PasswordLogin {
    let user: String
    let password: Secret
    /// What the user logs in to, as the program calls itself, such as `imap`.
    let service: String
    /// Where the program knows of users in more than one; often empty.
    var realm = ""
    /// Of the client as text; empty where the program does not tell.
    let address: String
    /// What the program tells besides, for modules that read it.
    var attributes: [Field] = []
}

/// Asks for doors that serve log-ins alone: may this client have a session, and may that read the object of the
/// service?
///
/// Log-ins with equal credentials share a session for as long as the host keeps credentials, since such programs tell
/// of no end.
struct PasswordQuestions: Sendable {
    static let defaultTemplate = "/login/%s"

    let host: any QuestionAnswering
    let door: String
    private let applicationID: String?
    private let template: TextTemplate
    private let saysUser: Bool

    /// - Parameter saysUser: whether the program is told who has logged in; else a log-in that stands for another user is denied.
    init(
        _ settings: DoorSettings, host: any QuestionAnswering, letters: String, saysUser: Bool
    ) throws(DoorProblem) {
        self.host = host
        self.saysUser = saysUser
        door = settings.name
        applicationID = settings.applicationID
        template = try TextTemplate(settings.object ?? Self.defaultTemplate, letters: letters)
    }

    /// Begins to ask; the answer is there at once, or with the last event of the question.
    func ask(_ login: PasswordLogin) -> PasswordQuestion {
        var checked: Login
        do throws(LoginError) {
            checked = try Login(
                user: login.user, password: login.password, address: login.address,
                applicationID: applicationID ?? login.service, door: door)
        } catch {
            return PasswordQuestion(answered: Answer(.deny, .invalidRequest, clientText: error.description))
        }
        checked.attributes = login.attributes
        guard let object = object(login) else {
            return PasswordQuestion(answered: Answer(.deny, .invalidName))
        }
        // A session that is shared with other services may be in use.
        return PasswordQuestion(
            checked, reading: object, host, endsRefused: applicationID == nil, saysUser: saysUser)
    }

    /// The object of a service; nil where its name would not be valid.
    private func object(_ login: PasswordLogin) -> ObjectName? {
        try? template.name { part, bytes in
            ObjectSegment.write((part == "r" ? login.realm : login.service).utf8, to: &bytes)
        }
    }
}

/// One question about a password: is it the user's, and may they read the object of the service?
struct PasswordQuestion {
    private enum Stage {
        case authenticating
        case checking(SessionID, isOneUse: Bool, user: String, attributes: [Field])
        case answered(Answer)
    }

    /// How far it is.
    enum Progress {
        case waiting(Ticket)
        case answered(Answer)
    }

    /// What it is about; apart, so that the question is cheap to hand on.
    private final class Subject: Sendable {
        let user: String
        /// What the door knows of the client.
        let attributes: [Field]
        let object: ObjectName
        let host: any QuestionAnswering
        /// Whether a session without the permission holds no place any longer.
        let endsRefused: Bool
        /// Whether the program is told who has logged in.
        let saysUser: Bool

        init(
            _ login: Login, _ object: ObjectName, _ host: any QuestionAnswering, endsRefused: Bool, saysUser: Bool
        ) {
            (user, attributes) = (login.user, login.attributes)
            self.object = object
            self.host = host
            self.endsRefused = endsRefused
            self.saysUser = saysUser
        }
    }

    private let asked: Subject?
    private var stage: Stage
    private var ticket: Ticket?
    private var isAbandoned = false

    fileprivate init(answered answer: Answer) {
        asked = nil
        stage = .answered(answer)
    }

    /// - Parameter endsRefused: whether a session without the permission holds no place any longer.
    fileprivate init(
        _ login: Login, reading object: ObjectName, _ host: any QuestionAnswering, endsRefused: Bool, saysUser: Bool
    ) {
        asked = Subject(login, object, host, endsRefused: endsRefused, saysUser: saysUser)
        stage = .authenticating
        proceed(host.ask(.authenticate(login)))
    }

    /// What it waits for, or its answer.
    var progress: Progress {
        if case .answered(let answer) = stage { return .answered(answer) }
        return ticket.map(Progress.waiting) ?? .answered(Answer(.undecided, .brokenAnswer))
    }

    /// Takes the answer that it waited for.
    mutating func take(_ answer: Answer) {
        ticket = nil
        proceed(.decided(answer))
    }

    /// Says that no client waits for the answer any more. The answer that is awaited must be given to ``take(_:)`` all the same.
    mutating func abandon() {
        isAbandoned = true
        ticket?.abandon()
    }

    private mutating func proceed(_ outcome: Outcome) {
        var outcome = outcome
        while true {
            switch outcome {
            case .delayed(let ticket):
                self.ticket = ticket
                return
            case .decided(let answer):
                guard let next = next(answer) else { return }
                outcome = next
            }
        }
    }

    /// What is asked behind an answer; nil when that was the last.
    private mutating func next(_ answer: Answer) -> Outcome? {
        guard let asked else { return nil }
        switch stage {
        case .answered: return nil
        case .authenticating:
            guard answer.verdict == .allow else {
                stage = .answered(answer)
                return nil
            }
            guard let session = answer.session else {
                stage = .answered(Answer(.undecided, .brokenAnswer))
                return nil
            }
            if !asked.saysUser, answer.isAbout(otherThan: asked.user) {
                end(session, if: true)
                stage = .answered(answer.refusedAsOther(than: asked.user))
                return nil
            }
            // A client that has gone needs no answer, but a session that is this question's alone has to end.
            if isAbandoned {
                stage = .answered(answer)
                end(session, if: answer.isOneUse)
                return nil
            }
            stage = .checking(
                session, isOneUse: answer.isOneUse, user: answer.user ?? asked.user, attributes: answer.attributes)
            var check = Check(.read, asked.object)
            check.attributes = asked.attributes
            return asked.host.ask(.check(session, check))
        case .checking(let session, let isOneUse, let user, let attributes):
            end(session, if: isOneUse || (asked.endsRefused && answer.verdict == .deny))
            var answer = answer
            answer.user = user
            if !attributes.isEmpty {
                answer.attributes = answer.attributes.isEmpty ? attributes : answer.attributes + attributes
            }
            stage = .answered(answer)
            return nil
        }
    }

    private func end(_ session: SessionID, if isUseless: Bool) {
        if isUseless { _ = asked?.host.ask(.logout(session)) }
    }
}

/// The password questions of one conversation that wait for answers, by numbers of its own.
struct OpenPasswordQuestions {
    /// An answer to the question of a number.
    struct Event: Sendable {
        let number: UInt64
        let answer: Answer
    }

    private var open: [UInt64: PasswordQuestion] = [:]
    private var last: UInt64 = 0

    var isEmpty: Bool { open.isEmpty }

    /// Asks; returns the answer, or the number under which it will come.
    mutating func ask(
        _ login: PasswordLogin, of questions: PasswordQuestions, by mailbox: DoorMailbox<Event>
    ) -> (number: UInt64, answer: Answer?) {
        last += 1
        return (last, keep(questions.ask(login), last, mailbox))
    }

    /// Takes an event; returns the answer of its question where that is the last.
    mutating func take(_ event: Event, by mailbox: DoorMailbox<Event>) -> Answer? {
        guard var question = open.removeValue(forKey: event.number) else { return nil }
        question.take(event.answer)
        return keep(question, event.number, mailbox)
    }

    /// Says that no client waits for an answer any more; it is still wound up when it comes.
    mutating func abandon(_ number: UInt64) { open[number]?.abandon() }

    mutating func abandonAll() { for number in open.keys { abandon(number) } }

    private mutating func keep(
        _ question: PasswordQuestion, _ number: UInt64, _ mailbox: DoorMailbox<Event>
    ) -> Answer? {
        switch question.progress {
        case .answered(let answer): return answer
        case .waiting(let ticket):
            open[number] = question
            mailbox.await(ticket) { Event(number: number, answer: $0) }
            return nil
        }
    }
}
