import AuthCore
import NIOCore

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

    init(_ settings: DoorSettings, host: any QuestionAnswering, letters: String) throws(DoorProblem) {
        self.host = host
        door = settings.name
        applicationID = settings.applicationID
        template = try TextTemplate(settings.object ?? Self.defaultTemplate, letters: letters)
    }

    /// Begins to ask, on the event loop where `body` gets the answer: within the call, or later unless the question is
    /// abandoned.
    func ask(
        _ login: PasswordLogin, on loop: any EventLoop, then body: @escaping (Answer) -> Void
    ) -> PasswordQuestion {
        // A session that is shared with other services may be in use.
        let question = PasswordQuestion(host, loop, endsRefused: applicationID == nil, body)
        do throws(LoginError) {
            let checked = try Login(
                user: login.user, password: login.password, address: login.address,
                applicationID: applicationID ?? login.service, door: door)
            question.begin(checked, reading: object(login))
        } catch {
            question.finish(Answer(.deny, .invalidRequest, clientText: error.description))
        }
        return question
    }

    /// The object of a service; nil where its name would be none.
    private func object(_ login: PasswordLogin) -> ObjectName? {
        try? template.name { letter in
            ObjectSegment.encoded(Array((letter == "r" ? login.realm : login.service).utf8)[...])[...]
        }
    }
}

/// One question about a password, on its event loop.
final class PasswordQuestion {
    private let host: any QuestionAnswering
    private let loop: any EventLoop
    private let endsRefused: Bool
    private var body: ((Answer) -> Void)?
    private var ticket: Ticket?

    /// - Parameter endsRefused: whether a session without the permission holds no place any longer.
    fileprivate init(
        _ host: any QuestionAnswering, _ loop: any EventLoop, endsRefused: Bool, _ body: @escaping (Answer) -> Void
    ) {
        self.host = host
        self.loop = loop
        self.endsRefused = endsRefused
        self.body = body
    }

    /// Says that nobody waits for the answer any more.
    func abandon() {
        body = nil
        ticket?.abandon()
    }

    fileprivate func begin(_ login: Login, reading object: ObjectName?) {
        guard let object else { return finish(Answer(.deny, .invalidName)) }
        settle(host.ask(.authenticate(login))) { [self] answer in
            guard answer.verdict == .allow else { return finish(answer) }
            guard let session = answer.session else { return finish(Answer(.undecided, .brokenAnswer)) }
            // A client that has gone needs no answer, but a session that is this question's alone has to end.
            guard body != nil else { return end(session, if: answer.isOneUse) }
            settle(host.ask(.check(session, Check(.read, object)))) { [self] permission in
                end(session, if: answer.isOneUse || (endsRefused && permission.verdict == .deny))
                var permission = permission
                permission.user = answer.user ?? login.user
                finish(permission)
            }
        }
    }

    fileprivate func finish(_ answer: Answer) {
        ticket = nil
        body?(answer)
        body = nil
    }

    private func end(_ session: SessionID, if isUseless: Bool) {
        if isUseless { _ = host.ask(.logout(session)) }
    }

    private func settle(_ outcome: Outcome, _ next: @escaping (Answer) -> Void) {
        switch outcome {
        case .decided(let answer): next(answer)
        case .delayed(let ticket):
            self.ticket = ticket
            let next = NIOLoopBound(next, eventLoop: loop)
            let loop = loop
            ticket.whenDecided { answer in loop.execute { next.value(answer) } }
        }
    }
}
