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
    /// - Parameter fields: the attributes that a client who is let in is told.
    static func end(_ id: UInt32, _ answer: Answer, user: String?, _ fields: AttributeNames = .none) -> [UInt8] {
        var answer = answer
        let told = fields.values(in: answer.attributes)
        // A part of somebody's groups would be taken for the whole.
        if told == nil, answer.verdict == .allow { answer = Answer(.undecided, .brokenAnswer, user: answer.user) }
        let name = (answer.user ?? user).map { Array("\tuser=".utf8) + DovecotEscape.encoded($0) } ?? []
        let words: String
        switch answer.verdict {
        case .allow:
            // In visible ASCII there is nothing to escape.
            let more = (told ?? []).map { "\t\($0.name)=\($0.value)" }.joined()
            return Array("OK\t\(id)".utf8) + name + Array("\(more)\n".utf8)
        case .wrongCredentials: return Array("FAIL\t\(id)".utf8) + name + [UInt8(ascii: "\n")]
        case .deny: words = "\tauthz\tcode=authz_fail"
        case .overLimit, .ejected: words = "\tcode=authz_fail"
        case .undecided: words = "\ttemp\tcode=temp_fail"
        }
        let reason = [answer.verdict.rawValue, answer.clientText].compactMap(\.self).joined(separator: ": ")
        return Array("FAIL\t\(id)".utf8) + name + Array("\treason=".utf8) + DovecotEscape.encoded(reason)
            + Array("\(words)\n".utf8)
    }
}
