import AuthCore
import Testing

@testable import Doors

@Suite struct `Sessions of clients who ask by name` {
    typealias Client = ClientSessions.Client
    private static let kate = Client(user: "Kate", clientID: "")
    private let sessions = ClientSessions(maximum: 10)
    private let session = SessionID(high: 1, low: 1)

    @Test func `are of the very bytes of a name`() {
        _ = sessions.begin(session, of: Self.kate)
        #expect(sessions.standing(of: Self.kate) == .open(session))
        // Equal to Swift, and another user to every module: with the KELVIN SIGN, and with an accent of its own.
        #expect(sessions.standing(of: Client(user: "\u{212A}ate", clientID: "")) == .unknown)
        _ = sessions.begin(session, of: Client(user: "Jos\u{E9}", clientID: "1"))
        #expect(sessions.standing(of: Client(user: "Jose\u{301}", clientID: "1")) == .unknown)
    }

    @Test func `that were ejected are not begun anew under another client id`() {
        _ = sessions.begin(session, of: Self.kate)
        sessions.note(.ejected, of: session, Self.kate)
        let other = Client(user: "Kate", clientID: "second")
        #expect(sessions.standing(of: other) == .ejected)
        _ = sessions.begin(SessionID(high: 1, low: 2), of: other)
        #expect(sessions.standing(of: other) == .open(SessionID(high: 1, low: 2)))
        #expect(sessions.standing(of: Client(user: "Bob", clientID: "")) == .unknown)
    }
}
