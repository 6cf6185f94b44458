import Basics

/// A page for man(1), written with the macros of man(7).
struct ManualPage {
    let name: String
    let section: Int
    private var lines: [String]

    /// Begins a page.
    ///
    /// - Parameters:
    ///   - name: what `man` is asked for.
    ///   - summary: one line, as whatis(1) shows it.
    init(_ name: String, section: Int, summary: String) {
        self.name = name
        self.section = section
        lines = [
            ".\\\" Written by `authhost manual`: changes here are lost.",
            ".TH \(Self.quoted(name.uppercased())) \(section) \"\" \(Self.quoted("authhost \(Version.number)")) \"authhost\"",
        ]
        heading("NAME")
        lines.append("\(Self.escaped(name)) \\- \(Self.escaped(summary))")
    }

    /// The file's name below `man1` and its like.
    var file: String { "man\(section)/\(name).\(section)" }

    var text: String { lines.joined(separator: "\n") + "\n" }

    mutating func heading(_ title: String) { lines.append(".SH \(Self.quoted(title))") }

    mutating func subheading(_ title: String) { lines.append(".SS \(Self.quoted(title))") }

    /// Adds paragraphs, with blank lines between them; indented lines are shown as they are.
    mutating func text(_ text: String) {
        for paragraph in text.replacingEach("\n\n", with: "\u{0}").split(separator: "\u{0}") {
            if paragraph.hasPrefix("  ") {
                lines += [".PP", ".in +4n", ".EX"]
                lines += paragraph.split(separator: "\n").map { Self.line(String($0)) }
                lines += [".EE", ".in"]
            } else {
                lines.append(".PP")
                lines += paragraph.split(separator: "\n").map { Self.line(String($0)) }
            }
        }
    }

    /// Adds a term with what it means.
    mutating func entry(_ term: String, _ rest: String = "", _ text: String) {
        lines.append(".TP")
        lines.append("\\fB\(Self.escaped(term))\\fR\(rest.isEmpty ? "" : " \\fI\(Self.escaped(rest))\\fR")")
        lines.append(Self.line(text.isEmpty ? "-" : text))
    }

    /// Adds a line of names of other pages: `authhost(1)`.
    mutating func seeAlso(_ pages: [String]) {
        heading("SEE ALSO")
        lines.append(".PP")
        for (index, page) in pages.enumerated() {
            let parts = page.split(separator: "(")
            let comma = index + 1 < pages.count ? "," : ""
            lines.append(".BR \(Self.escaped(String(parts[0]))) (\(parts.dropFirst().first ?? "1)")\(comma)")
        }
    }

    /// A line of text that no formatter takes for a request.
    private static func line(_ text: String) -> String {
        let escaped = escaped(text)
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }

    private static func quoted(_ text: String) -> String {
        "\"" + escaped(text).replacingEach("\"", with: "\\(dq") + "\""
    }

    /// A dash of an option is a minus, which can be copied; backquotes mark what is typed.
    private static func escaped(_ text: String) -> String {
        var result = ""
        var isBold = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "`":
                isBold.toggle()
                result += isBold ? "\\fB" : "\\fR"
            case "'": result += "\\(aq"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case "…": result += "..."
            case _ where !scalar.isASCII: result += "\\[u\(scalar.value.padded(to: 4, radix: 16).uppercased())]"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return isBold ? result + "\\fR" : result
    }
}
