import Glibc

@testable import DoorProtocols

extension ControlAnswering {
    /// Refuses: there is no host to take over.
    func takeOver(
        _ request: ControlRequest, _ connection: Int32, refused: @escaping @Sendable (ControlReply) -> Void
    ) {
        if connection >= 0 { close(connection) }
        refused(.failure("`\(request.action.rawValue)` is not answered here"))
    }
}

/// Gives the credentials of `partner`, and fails for every other destination.
struct FakeDestinations: ControlAnswering {
    func answer(_ request: ControlRequest) -> ControlReply { ControlReply() }

    func credential(_ request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void) {
        guard request.destination == "partner" else { return done(.failure("`/bin/token` ended with 1")) }
        var reply = ControlReply()
        reply.credential = .init(user: "gateway", secret: "s3cret", expires: 1_800_000_000)
        // As from the thread of a command that has ended.
        Task { [reply] in done(reply) }
    }

    var nextEvent: UInt64 { 0 }

    func events(from start: UInt64, limit: Int) -> (lines: [String], next: UInt64, missed: UInt64) { ([], 0, 0) }
}
