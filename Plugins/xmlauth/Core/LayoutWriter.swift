import Accounts
import CLibXML2

/// Writes what a parser reports, one node a line, and blank lines where the source has some.
struct LayoutWriter {
    var context: xmlParserCtxtPtr?
    private var output = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)
    private var depth = 0
    /// Whether the last tag is a start tag whose `>` is not written yet.
    private var isTagOpen = false
    /// The line of the source in which the last node ended; 0 before the first.
    private var lastLine = 0

    private static let width = 120

    mutating func begin(_ name: UnsafePointer<xmlChar>, _ attributes: AttributeList) {
        startLine(tagLine)
        var column = indent.count + append("<\(String(cString: name))")
        for (index, word) in Self.words(attributes).enumerated() {
            // At least `>` follows, at most `/>`; a tag's first attribute stays beside its name.
            if index > 0, column + 1 + word.unicodeScalars.count + 2 > Self.width {
                append("\n" + indent)
                column = indent.count + append("    " + word)
            } else {
                column += append(" " + word)
            }
        }
        isTagOpen = true
        depth += 1
        lastLine = currentLine
    }

    mutating func end(_ name: UnsafePointer<xmlChar>) {
        depth -= 1
        if isTagOpen {
            append("/>")
            isTagOpen = false
        } else {
            startLine(tagLine)
            append("</\(String(cString: name))>")
        }
        lastLine = currentLine
    }

    mutating func comment(_ value: UnsafePointer<xmlChar>) { aside("<!--\(String(cString: value))-->") }

    mutating func instruction(_ target: UnsafePointer<xmlChar>, _ value: UnsafePointer<xmlChar>?) {
        aside("<?\(String(cString: target))\(value.map { " " + String(cString: $0) } ?? "")?>")
    }

    mutating func finish() -> [UInt8] {
        append("\n")
        return output
    }

    /// Writes a comment or an instruction: behind what stands before it in its line, else on a line of its own.
    private mutating func aside(_ text: String) {
        let start = currentLine - text.utf8.count { $0 == 0x0A }
        if start == lastLine && lastLine > 0 {
            closeTag()
            append(" ")
        } else {
            startLine(start)
        }
        append(text)
        lastLine = currentLine
    }

    /// Begins a line, after a blank one if the source has that before `source`, the line in which the node begins.
    private mutating func startLine(_ source: Int) {
        closeTag()
        if lastLine > 0 { append(source > lastLine + 1 ? "\n\n" : "\n") }
        append(indent)
    }

    private mutating func closeTag() {
        if isTagOpen { append(">") }
        isTagOpen = false
    }

    /// Returns how many columns the text takes.
    @discardableResult
    private mutating func append(_ text: String) -> Int {
        output.append(contentsOf: text.utf8)
        return text.unicodeScalars.count
    }

    private var indent: String { String(repeating: "  ", count: depth) }

    // MARK: Source

    private var currentLine: Int { context?.pointee.input.map { Int($0.pointee.line) } ?? 0 }

    /// The line of the `<` of the tag that the parser has just read.
    private var tagLine: Int { context?.pointee.input.map { ParserPlace($0).find(nil, newlines: 0).line } ?? 0 }

    // MARK: Attributes

    /// Attributes as they are written, in the order of the format.
    private static func words(_ list: AttributeList) -> [String] {
        let order = Attribute.allCases.map(\.text)
        return (0..<list.count).map { index -> (Int, String) in
            let name = list.name(index).map { String(cString: $0) } ?? ""
            return (order.firstIndex(of: name) ?? order.count, "\(name)=\"\(escaped(list.value(index)))\"")
        }
        .sorted { $0.0 < $1.0 }.map(\.1)
    }

    private static func escaped(_ value: LentText) -> String {
        var bytes: [UInt8] = []
        for byte in value {
            switch byte {
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case 0x09, 0x0A, 0x0D: bytes += "&#\(byte);".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
