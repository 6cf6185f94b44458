import AuthCore

/// What a request is answered with: a text behind its length in two bytes, the greater first.
enum SaslauthdReply {
    /// `OK`, or `NO` with the verdict and, but for wrong credentials, its reason; and which decision it is.
    static func write(_ answer: Answer, to out: inout OutgoingBytes) {
        switch answer.verdict {
        case .allow: write("OK", answer.decision, to: &out)
        case .wrongCredentials: write("NO \(answer.verdict.rawValue)", answer.decision, to: &out)
        case .deny, .overLimit, .ejected, .undecided:
            write("NO \(answer.verdict.rawValue) \(answer.reason.rawValue)", answer.decision, to: &out)
        }
    }

    static func write(_ fault: DoorFault, to out: inout OutgoingBytes) {
        write("NO \(fault.description)", .none, to: &out)
    }

    private static func write(_ text: String, _ decision: DecisionID, to out: inout OutgoingBytes) {
        let word: StaticString = " decision "
        let count = text.utf8.count + (decision.isNone ? 0 : word.utf8CodeUnitCount + DecisionID.digitCount)
        out.write(CollectionOfOne(0))
        out.write(CollectionOfOne(UInt8(count)))
        out.write(text)
        if decision.isNone { return }
        out.write(word)
        out.write(decision)
    }
}
