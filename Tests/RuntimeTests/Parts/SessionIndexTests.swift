import AuthCore
import Testing

@testable import Runtime

@Suite struct `An index of sessions` {
    private func session(_ id: SessionID) throws -> Session {
        Session(
            id: id, handle: 1, user: "alice", login: try Login(user: "alice", password: Secret("x"), door: "test"),
            origin: SessionOrigin(applicationID: "", door: "test", idleLimit: 0, fence: nil), machineID: "",
            now: SessionTime(wall: 0, monotonic: 0))
    }

    @Test func `knows what a dictionary knows, whatever comes and goes`() throws {
        var generator = SystemRandomNumberGenerator()
        var index = SessionIndex()
        var dictionary: [SessionID: Session] = [:]
        for _ in 0..<20_000 {
            // Few homes, so that runs are long, wrap around and break in the middle.
            let low = UInt64.random(in: 0..<64, using: &generator) << SessionIndex.shardBits
            let id = SessionID(high: UInt64.random(in: 0..<8, using: &generator), low: low)
            if let known = dictionary[id] {
                #expect(index[id] === known)
                index.remove(id)
                dictionary[id] = nil
            } else if dictionary.count < 200 {
                let new = try session(id)
                index.insert(new)
                dictionary[id] = new
            }
            #expect(index.count == dictionary.count)
        }
        for high in UInt64(0)..<8 {
            for low in UInt64(0)..<64 {
                let id = SessionID(high: high, low: low << SessionIndex.shardBits)
                #expect(index[id] === dictionary[id])
            }
        }
    }

    @Test func `tells ids apart that differ in the high word alone`() throws {
        var index = SessionIndex()
        let id = SessionID(high: 1, low: 5)
        index.insert(try session(id))
        #expect(index[SessionID(high: 2, low: 5)] == nil)
        index.remove(SessionID(high: 2, low: 5))
        #expect(index[id] != nil)
    }
}
