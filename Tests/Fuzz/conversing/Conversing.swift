import AuthCore

@testable import DoorProtocols

/// Answers every question in one way.
private struct OneAnswer: QuestionAnswering {
    let verdict: Verdict

    var readiness: (ready: Bool, detail: String) { (true, "") }

    func ask(_ question: Question) -> Outcome {
        switch verdict {
        case .allow:
            .decided(Answer(.allow, .granted, session: SessionID(high: 1, low: 2), user: "alice"))
        default: .decided(Answer(verdict, .deniedByModule))
        }
    }

    func ask(_ checks: [SessionCheck]) -> [Outcome] { checks.map { ask(.check($0.session, $0.check)) } }
    func setContent(_ content: ObjectContent?, of name: ObjectName) throws(ObjectRefusal) { throw .closed }
    func describe(_ id: SessionID) -> SessionDescription? { nil }
    func whenEnded(_ id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> Bool { false }
    func watchEnd(of id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> HostWatch? { HostWatch {} }
    func whenInvalidated(_ body: @escaping @Sendable (Invalidation) -> Void) -> HostWatch { HostWatch {} }
}

/// Sends one input to a door of a type, at once and in two pieces, over a host that allows and over one that denies.
///
/// - Parameter lets: whether what the door says lets a client in, where no request but one that the host allows does.
package func converse(_ type: any DoorType.Type, _ bytes: [UInt8], lets: (([UInt8]) -> Bool)? = nil) {
    let settings = DoorSettings(type: type.name, name: type.name)
    for verdict in [Verdict.allow, .deny] {
        for cut in [bytes.count, bytes.count / 2] {
            guard let door = try? DoorTypes.make(settings, host: OneAnswer(verdict: verdict)) else {
                preconditionFailure("a door as it is without a word")
            }
            let client = door.rehearse(settings)
            client.send(Array(bytes[..<cut]))
            client.run()
            client.send(Array(bytes[cut...]))
            client.run()
            client.endInput()
            client.advance(by: .seconds(3600))
            precondition(!client.isOpen, "a connection that nothing ends")
            if verdict == .deny, let lets { precondition(!lets(client.take()), "a yes that the host has not said") }
        }
    }
}

/// Sends one input to a door whose least client reads what it says.
package func converseWithProbe(_ type: any DoorType.Type, _ bytes: [UInt8]) {
    let probe = type.probe(DoorSettings(type: type.name, name: type.name))
    converse(type, bytes) { said in probe?.isLetIn(said) == true }
}
