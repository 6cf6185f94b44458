import Basics

/// The least client of a door's protocol: one question, and how a client that keeps to the protocol reads the answer.
public struct DoorProbe: Sendable {
    /// What it sends once it is connected.
    package let request: [UInt8]
    /// Whether the client lets its user in by what has come so far; nil while that is no whole answer.
    package let isLetIn: @Sendable ([UInt8]) -> Bool?

    init(request: [UInt8], isLetIn: @escaping @Sendable ([UInt8]) -> Bool?) {
        self.request = request
        self.isLetIn = isLetIn
    }

    /// A probe that sends an HTTP request and lets in by status and content.
    static func http(_ request: String, isLetIn: @escaping @Sendable (_ status: Int, _ content: String) -> Bool)
        -> DoorProbe
    {
        DoorProbe(request: Array(request.utf8)) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.firstPlace(of: "\r\n\r\n") else { return nil }
            let content = text[end.upperBound...]
            let lines = text[..<end.lowerBound].split(separator: "\r\n" as Character)
            let words = lines.first?.split(separator: " ") ?? []
            guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { return false }
            let length = status == 204 ? 0 : contentLength(of: lines)
            guard let length, content.utf8.count >= length else { return nil }
            return isLetIn(status, String(content))
        }
    }

    private static func contentLength(of lines: [Substring]) -> Int? {
        lines.lazy.compactMap { line -> Int? in
            let field = line.split(separator: ":", maxSplits: 1)
            guard field.count == 2, field[0].lowercased() == "content-length" else { return nil }
            return Int(field[1].filter { $0 != " " })
        }.first
    }
}
