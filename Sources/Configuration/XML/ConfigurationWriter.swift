import Basics

/// Writes statements in either syntax, for `config convert`.
public enum ConfigurationWriter {
    /// Reads a file of either syntax and writes it in the other, what variables stand for in their place.
    ///
    /// Throws: what is wrong with the file; a configuration that would be refused is not converted.
    public static func convert(
        _ file: String, arguments: [String], context: ConfigurationContext
    ) throws(ConfigurationError) -> String {
        _ = try Configuration.load(file: file, arguments: arguments, context: context)
        var loader = ConfigurationLoader(overlay: try CommandLineOverlay(arguments), context: context)
        let read = loader.statements(of: file)
        return read.isXML ? lines(read.statements, depth: 0) : xml(read.statements)
    }

    private static func lines(_ statements: [Statement], depth: Int) -> String {
        let indent = String(repeating: "    ", count: depth)
        return statements.map { statement in
            let head = ([statement.name.text] + statement.values.map { Word.quoted($0.text) }).joined(separator: " ")
            guard let block = statement.block else { return "\(indent)\(head)\n" }
            let end = "end-" + statement.name.text.dropFirst("add-".count)
            return "\(indent)\(head)\n\(lines(block, depth: depth + 1))\(indent)\(end)\n"
        }.joined()
    }

    private static func xml(_ statements: [Statement]) -> String {
        var writer = XMLWriter()
        writer.open("AMPSConfig")
        let modules = statements.filter { $0.name.text == "add-module" }
        let destinations = statements.filter { $0.name.text == "add-destination" }
        let others = statements.filter {
            !["add-module", "add-destination", "add-authenticator", "application-name"].contains($0.name.text)
        }
        for name in statements where name.name.text == "application-name" { writer.leaf("Name", name.values) }
        writer.list("Modules", modules) { writer, module in
            writer.open("Module")
            for line in module.block ?? [] { writer.leaf(line.name.text == "name" ? "Name" : "Library", line.values) }
            writer.close("Module")
        }
        for item in statements where item.name.text == "add-authenticator" { writer.authenticator(item) }
        writer.list("Replication", destinations) { writer, destination in writer.destination(destination) }
        writer.list("AuthHost", others) { writer, other in writer.item(other) }
        writer.close("AMPSConfig")
        return writer.text
    }
}

private struct XMLWriter {
    private(set) var text = ""
    private var depth = 0

    mutating func open(_ name: String) {
        line("<\(name)>")
        depth += 1
    }

    mutating func close(_ name: String) {
        depth -= 1
        line("</\(name)>")
    }

    mutating func leaf(_ name: String, _ values: [Word]) {
        for value in values { line("<\(name)>\(Self.escaped(value.text))</\(name)>") }
    }

    mutating func list(_ name: String, _ statements: [Statement], _ write: (inout XMLWriter, Statement) -> Void) {
        if statements.isEmpty { return }
        open(name)
        for statement in statements { write(&self, statement) }
        close(name)
    }

    mutating func destination(_ statement: Statement) {
        let lines = statement.block ?? []
        open("Destination")
        for line in lines where line.name.text == "name" { leaf("Name", line.values) }
        open("Transport")
        for line in lines {
            switch line.name.text {
            case "type": leaf("Type", line.values)
            case "address": leaf("InetAddr", line.values)
            case "git-host": leaf("git-host", line.values)
            case "add-authenticator": authenticator(line)
            default: continue
            }
        }
        close("Transport")
        close("Destination")
    }

    mutating func authenticator(_ statement: Statement) {
        open("Authenticator")
        leaf("Module", statement.values)
        list("Options", statement.block ?? []) { writer, option in writer.leaf(option.name.text, option.values) }
        close("Authenticator")
    }

    mutating func item(_ statement: Statement) {
        let name = statement.name.text
        guard statement.block != nil || statement.values.count > 1 else {
            if statement.values.isEmpty { return line("<\(name)/>") }
            return leaf(name, statement.values)
        }
        open(name)
        leaf("value", statement.values)
        for line in statement.block ?? [] { item(line) }
        close(name)
    }

    private mutating func line(_ text: String) {
        self.text += String(repeating: "  ", count: depth) + text + "\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacingEach("&", with: "&amp;").replacingEach("<", with: "&lt;").replacingEach(">", with: "&gt;")
    }
}
