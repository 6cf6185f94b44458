import AuthCore

/// The lines that the door says.
enum DovecotReply {
    /// What a client is greeted with.
    ///
    /// - Parameters:
    ///   - process: the server's process id.
    ///   - connection: a number of this connection alone.
    ///   - cookie: 128 random bits in hexadecimal digits.
    static func greeting(process: Int32, connection: UInt64, cookie: String) -> String {
        let mechanisms = SASLExchange.mechanisms.map { "MECH\t\($0)\tplaintext\n" }.joined()
        return "VERSION\t\(DovecotCommand.majorVersion)\t\(DovecotCommand.minorVersion)\n\(mechanisms)"
            + "SPID\t\(process)\nCUID\t\(connection)\nCOOKIE\t\(cookie)\nDONE\n"
    }

    static func challenge(_ id: UInt32, _ base64: String) -> [UInt8] { Array("CONT\t\(id)\t\(base64)\n".utf8) }

    /// The last line of a request.
    ///
    /// Mail programs show the reason to people, so wrong credentials have none. A temporary failure is said in the
    /// words of old clients and of new ones.
    ///
    /// - Parameter fields: the attributes that a client is told that is let in.
    static func end(
        _ id: UInt32, _ answer: Answer, user: String?, _ fields: AttributeNames = .none, to out: inout OutgoingBytes
    ) {
        var answer = answer
        let told = fields.values(in: answer.attributes)
        // A part of a user's groups would be taken for the whole.
        if told == nil, answer.verdict == .allow { answer = Answer(.undecided, .brokenAnswer, user: answer.user) }
        out.write(answer.verdict == .allow ? "OK\t" : "FAIL\t")
        out.write(decimal: id)
        if let name = answer.user ?? user {
            out.write("\tuser=")
            DovecotEscape.encode(name, to: &out)
        }
        if !answer.decision.isNone {
            out.write("\tdecision_id=")
            out.write(answer.decision)
        }
        switch answer.verdict {
        case .allow:
            // In visible ASCII there is nothing to escape.
            for (name, value) in told ?? [] {
                out.write("\t")
                out.write(Array("\(name)=\(value)".utf8))
            }
        case .wrongCredentials where answer.decision.isNone: break
        case .wrongCredentials:
            // What a client is told of every log-in that fails in this way, whatever was wrong.
            out.write("\treason=decision ")
            out.write(answer.decision)
        case .deny: refuse(answer, "\tauthz\tcode=authz_fail", to: &out)
        case .overLimit, .ejected: refuse(answer, "\tcode=authz_fail", to: &out)
        case .undecided: refuse(answer, "\ttemp\tcode=temp_fail", to: &out)
        }
        out.write("\n")
    }

    private static func refuse(_ answer: Answer, _ words: StaticString, to out: inout OutgoingBytes) {
        out.write("\treason=")
        let reason = [answer.verdict.rawValue, answer.clientText].compactMap(\.self).joined(separator: ": ")
        let decision = answer.decision.isNone ? "" : " (decision \(answer.decision))"
        DovecotEscape.encode(reason + decision, to: &out)
        out.write(words)
    }
}
