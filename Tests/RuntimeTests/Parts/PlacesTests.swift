import AuthCore
import Testing

@testable import Runtime

@Suite struct `The places of a host` {
    private func request(_ handle: UInt64, _ user: String = "alice") -> AdmissionRequest {
        AdmissionRequest(session: handle, user: user, applicationID: "", limits: UserSessionLimits())
    }

    private func reserve(_ places: Places, _ handle: UInt64) -> AdmissionReply? {
        let replies = Seen<AdmissionReply>()
        places.reserve(request(handle)) { replies.add($0) }
        return replies.all.first
    }

    private func take(_ places: Places, _ handle: UInt64) throws -> AdmissionPlace {
        guard case .reserved(let place, _)? = reserve(places, handle) else { throw Full() }
        places.commit(place) { _ in }
        return place
    }

    private struct Full: Error {}

    @Test func `are no more than the limit, from the reservation on`() throws {
        var limits = SessionLimits()
        limits.sessions = 1
        let places = Places(limits)
        guard case .reserved(let place, _)? = reserve(places, 1) else { throw Full() }
        #expect(throws: Full.self) { try take(places, 2) }
        #expect(places.count == 0)
        places.release(place) {}
        _ = try take(places, 2)
        #expect(places.count == 1)
        #expect(places.handles(of: "alice", applicationID: nil) == [2])
    }

    @Test func `are taken from the oldest where a log-in ejects`() throws {
        var limits = SessionLimits()
        limits.sessions = 1
        limits.ejects = true
        let places = Places(limits)
        _ = try take(places, 1)
        guard case .reserved(let place, let ejecting)? = reserve(places, 2) else { throw Full() }
        let ended = Seen<[UInt64]?>()
        places.commit(place) { ended.add($0) }
        #expect(ejecting == 1)
        #expect(ended.all == [[1]])
    }

    @Test func `warn once in the order in which they are taken and given back`() throws {
        let lines = Seen<AdmissionWarning.Event>()
        let places = Places(SessionLimits()) { lines.add($0) }
        var limits = SessionLimits()
        limits.warning = WarningLevels(warn: 2, ok: 2)
        places.setLimits(limits)
        let taken = [try take(places, 1), try take(places, 2), try take(places, 3)]
        for place in taken { places.vacate(place) }
        #expect(lines.all == [.reached(sessions: 2, warn: 2), .over(sessions: 1, ok: 2)])
    }
}
