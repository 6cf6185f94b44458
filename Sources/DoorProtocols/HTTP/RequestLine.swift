/// Takes a request line apart (RFC 9112, section 3).
enum RequestLine {
    static func read(
        _ bytes: Span<UInt8>, _ line: Range<Int>, into head: inout RequestHead, targets: TargetGrammar = .uri
    ) throws(RequestRefusal) {
        let afterMethod = word(bytes, line)
        let afterTarget = word(bytes, min(afterMethod + 1, line.upperBound)..<line.upperBound)
        guard afterMethod < line.upperBound, afterTarget < line.upperBound else {
            throw .bad("the request line is not a method, a target and a version")
        }
        head.isHTTP11 = try version(bytes, afterTarget + 1..<line.upperBound)
        head.method = try method(bytes, line.lowerBound..<afterMethod)
        try target(bytes, afterMethod + 1..<afterTarget, targets, into: &head)
    }

    /// The end of the word at the start of the range: a space, or the range's end.
    private static func word(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var end = range.lowerBound
        while end < range.upperBound, bytes[end] != RequestGrammar.space { end += 1 }
        return end
    }

    private static func version(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestRefusal) -> Bool {
        if equals(bytes, range, "HTTP/1.1") { return true }
        if equals(bytes, range, "HTTP/1.0") { return false }
        let digits = range.count == 8 && equals(bytes, range.lowerBound..<range.lowerBound + 5, "HTTP/")
        throw digits
            ? RequestRefusal(505, "the version is not HTTP/1.1 or HTTP/1.0")
            : .bad("the request line does not end with a version")
    }

    private static func method(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestRefusal) -> RequestMethod {
        for method in RequestMethod.allCases where equals(bytes, range, method.rawValue) { return method }
        let tokens = RequestGrammar.isToken
        for index in range where !tokens[Int(bytes[index])] { throw .bad("the method is not a token") }
        if range.isEmpty { throw .bad("there is no method") }
        throw RequestRefusal(501, "the method is not known")
    }

    private static func target(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ targets: TargetGrammar, into head: inout RequestHead
    ) throws(RequestRefusal) {
        guard !range.isEmpty, bytes[range.lowerBound] == UInt8(ascii: "/") else {
            throw .bad("the target does not start with a slash")
        }
        let allowed = targets == .uri ? RequestGrammar.isTarget : RequestGrammar.isVisible
        var question: Int?
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), targets == .uri {
                guard index + 2 < range.upperBound, RequestGrammar.hexadecimalValue(bytes[index + 1]) != nil,
                    RequestGrammar.hexadecimalValue(bytes[index + 2]) != nil
                else { throw .bad("the target holds a `%` without two hexadecimal digits") }
                index += 3
                continue
            }
            guard allowed[Int(byte)] else { throw .bad("the target holds a byte that must be percent-encoded") }
            if byte == UInt8(ascii: "?"), question == nil { question = index }
            index += 1
        }
        head.path = range.lowerBound..<(question ?? range.upperBound)
        head.query = question.map { $0 + 1..<range.upperBound } ?? range.upperBound..<range.upperBound
    }

    static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: String) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var text = text
        return text.withUTF8 { text in
            for place in text.indices where bytes[range.lowerBound + place] != text[place] { return false }
            return true
        }
    }
}
