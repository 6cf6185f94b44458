import AuthCore
import Testing

@testable import DoorProtocols

@Suite struct `Sessions of clients who ask by name` {
    typealias Client = SessionsByName.Client
    private static let kate = Client(user: "Kate", clientID: "")
    private let sessions = SessionsByName(maximum: 10, remembersEjections: true)
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

    /// The links that one more of everything touches, in a table of so many clients, every fourth of them ejected.
    private func cost(among clients: Int) -> [Int] {
        let sessions = SessionsByName(maximum: clients, remembersEjections: true)
        func client(_ index: Int) -> Client { Client(user: "user\(index)", clientID: "") }
        func id(_ index: Int) -> SessionID { SessionID(high: 2, low: UInt64(index)) }
        for index in 0..<clients {
            _ = sessions.begin(id(index), of: client(index))
            if index % 4 == 0 { sessions.note(.ejected, of: id(index), client(index)) }
        }
        func touched(_ body: () -> Void) -> Int {
            let before = sessions.touches
            body()
            return sessions.touches - before
        }
        let middle = client(clients / 2 + 1)
        return [
            touched { #expect(sessions.standing(of: client(clients + 1)) == .unknown) },
            touched { #expect(sessions.standing(of: Client(user: "user0", clientID: "new")) == .ejected) },
            touched { #expect(sessions.standing(of: middle) == .open(id(clients / 2 + 1))) },
            // The table is full: the one that was used longest ago makes room.
            touched { #expect(sessions.adopt(id(clients), of: client(clients)).unused == [id(1)]) },
            touched { sessions.note(.expired, of: id(clients / 2 + 1), middle) },
        ]
    }

    @Test func `cost the same among a hundred and among twenty thousand`() {
        let few = cost(among: 100)
        #expect(few.allSatisfy { $0 <= 12 }, "\(few)")
        #expect(cost(among: 20_000) == few)
    }

    @Test func `are forgotten by their last use, those that were ejected last`() {
        func client(_ index: Int) -> Client { Client(user: "u\(index)", clientID: "") }
        func id(_ index: Int) -> SessionID { SessionID(high: 3, low: UInt64(index)) }
        for index in 0..<10 { #expect(sessions.begin(id(index), of: client(index)) == []) }
        sessions.note(.ejected, of: id(0), client(0))
        #expect(sessions.standing(of: client(1)) == .open(id(1)))
        #expect(sessions.begin(id(10), of: client(10)) == [id(2)])
        for index in 11..<19 { #expect(sessions.begin(id(index), of: client(index)).count == 1) }
        // Everybody else has made room by now; the mark of the ejected one has not.
        #expect(sessions.standing(of: client(0)) == .ejected)
        #expect(sessions.count == 10)
        _ = sessions.begin(id(20), of: client(0))
        #expect(sessions.standing(of: client(0)) == .open(id(20)))
        #expect(sessions.standing(of: Client(user: "u0", clientID: "x")) == .unknown)
    }
}
