import AuthCore

/// What a request is answered with: a text behind its length in two bytes, the greater first.
enum SaslauthdReply {
    /// `OK`, or `NO` with the verdict and, but for wrong credentials, its reason; and which decision it is.
    static func bytes(_ answer: Answer) -> [UInt8] {
        let decision = answer.decision.isNone ? "" : " decision \(answer.decision)"
        return switch answer.verdict {
        case .allow: counted("OK\(decision)")
        case .wrongCredentials: counted("NO \(answer.verdict.rawValue)\(decision)")
        case .deny, .overLimit, .ejected, .undecided:
            counted("NO \(answer.verdict.rawValue) \(answer.reason.rawValue)\(decision)")
        }
    }

    static func bytes(_ fault: DoorFault) -> [UInt8] { counted("NO \(fault.description)") }

    private static func counted(_ text: String) -> [UInt8] { [0, UInt8(text.utf8.count)] + Array(text.utf8) }
}
