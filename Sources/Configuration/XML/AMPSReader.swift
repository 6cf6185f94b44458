/// Turns a configuration of 60East AMPS, an `AMPSConfig` in XML, into the statements of the line syntax.
///
/// Modules, outgoing connections and their authenticators are read; an element `AuthHost` holds every other item by its name,
/// with `value` elements where a line has several values. What is AMPS's and not authhost's is named in a warning.
struct AMPSReader {
    private let variables: [String: String]
    private(set) var statements: [Statement] = []
    private(set) var warnings: [ConfigurationProblem] = []
    var problems = ProblemList()
    /// The elements whose flaw is among the problems.
    private var told: Set<ObjectIdentifier> = []

    /// - Parameter variables: what `${NAME}` stands for.
    init(variables: [String: String]) { self.variables = variables }

    /// Whether a file is one of XML: the first character that is no space is `<`.
    static func reads(_ bytes: [UInt8]) -> Bool {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        return start.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "<")
    }

    mutating func read(_ bytes: [UInt8], file: String) {
        problems.enter(file: file)
        do throws(ConfigurationError) {
            let root = try XMLFileReader.read(bytes, file: file)
            guard root.name == "AMPSConfig" else {
                problems.add(
                    .unknownItem, at: root.source,
                    "the outermost element is `\(root.name.clipped)`: `AMPSConfig` is accepted")
                return
            }
            require(root)
            readRoot(root)
        } catch {
            for problem in error.problems { problems.add(problem) }
        }
    }

    private mutating func readRoot(_ root: XMLElement) {
        once(["Name", "Replication", "Modules", "Authenticator"], in: root)
        for element in known(["Name", "Modules", "Replication", "Authenticator", "AuthHost"], in: root) {
            switch element.name {
            case "Name": add("application-name", element)
            case "Modules": for module in known(["Module"], in: element) { readModule(module) }
            case "Replication": for destination in known(["Destination"], in: element) { readDestination(destination) }
            case "Authenticator": if let statement = authenticator(element) { statements.append(statement) }
            default: statements += element.children.compactMap { item($0) }
            }
        }
    }

    private mutating func readModule(_ element: XMLElement) {
        once(["Name", "Library", "Options"], in: element)
        var lines: [Statement] = []
        for child in known(["Name", "Library", "Options"], in: element) {
            if child.name == "Options" {
                warnings.append(
                    ConfigurationProblem(
                        .noEffect, at: child.source,
                        "options where a module is loaded are ignored: they are given where it is used"))
            } else {
                lines.append(statement(child.name == "Name" ? "name" : "library", child))
            }
        }
        statements.append(block("add-module", element, lines))
    }

    private mutating func readDestination(_ element: XMLElement) {
        once(["Name", "Transport"], in: element)
        var lines: [Statement] = []
        var hasName = false
        for child in known(["Name", "Transport"], in: element) {
            if child.name == "Name" {
                hasName = true
                lines.append(statement("name", child))
            } else {
                lines += transport(child)
            }
        }
        if !hasName, let address = lines.first(where: { $0.name.text == "address" }), let first = address.values.first {
            // AMPS does not name destinations: one without a name is called as its first server.
            lines.insert(Statement(name: Word("name", at: element.source), values: [first]), at: 0)
        }
        statements.append(block("add-destination", element, lines))
    }

    private mutating func transport(_ element: XMLElement) -> [Statement] {
        once(["Type", "Authenticator"], in: element)
        var lines: [Statement] = []
        for child in known(["Type", "InetAddr", "git-host", "Authenticator"], in: element) {
            switch child.name {
            case "Type": lines.append(statement("type", child))
            case "InetAddr": lines.append(statement("address", child))
            case "git-host": lines.append(statement("git-host", child))
            default: if let statement = authenticator(child) { lines.append(statement) }
            }
        }
        return lines
    }

    private mutating func authenticator(_ element: XMLElement) -> Statement? {
        once(["Module", "Options"], in: element)
        var module: Word?
        var lines: [Statement] = []
        for child in known(["Module", "Options"], in: element) {
            if child.name == "Module" {
                module = word(child)
            } else {
                lines += child.children.map { statement($0.name, $0) }
            }
        }
        guard let module else {
            problems.add(.missing, at: element.source, "`Authenticator` lacks `Module`, which names its module")
            return nil
        }
        return Statement(name: Word("add-authenticator", at: element.source), values: [module], block: lines)
    }

    /// An item of authhost's own, as it would stand on a line.
    private mutating func item(_ element: XMLElement) -> Statement? {
        require(element)
        let name = Word(element.name, at: element.source)
        let values = element.children("value").map { word($0) }
        if element.name.hasPrefix("add-") {
            let lines = element.children.filter { $0.name != "value" }.compactMap { item($0) }
            return Statement(name: name, values: values, block: lines)
        }
        if element.children.isEmpty {
            return Statement(name: name, values: element.text.isEmpty ? [] : [word(element)])
        }
        for child in element.children where child.name != "value" {
            problems.add(
                .unknownItem, at: child.source,
                "`\(child.name.clipped)` in `\(element.name.clipped)`: an item's values are elements called `value`")
        }
        return Statement(name: name, values: values)
    }

    private mutating func add(_ name: String, _ element: XMLElement) { statements.append(statement(name, element)) }

    private mutating func statement(_ name: String, _ element: XMLElement) -> Statement {
        Statement(name: Word(name, at: element.source), values: [word(element)])
    }

    private func block(_ name: String, _ element: XMLElement, _ lines: [Statement]) -> Statement {
        Statement(name: Word(name, at: element.source), values: [], block: lines)
    }

    /// The text of an element, its variables replaced; the end of a line is a space, as between words of a command.
    private mutating func word(_ element: XMLElement) -> Word {
        require(element)
        for child in element.children.prefix(1) {
            problems.add(.badValue, at: child.source, "`\(element.name.clipped)` takes text, not elements")
        }
        var text = ""
        var rest = element.text[...]
        while let start = rest.range(ofText: "${") {
            text += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else {
                problems.add(.variable, at: element.source, "`${` is not closed in `\(element.name.clipped)`")
                break
            }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            if let value = variables[name] {
                text += value
            } else {
                problems.add(
                    .variable, at: element.source,
                    "`${\(name.clipped)}` is not defined: set it in the environment or with `-D\(name.clipped)=VALUE`")
            }
        }
        text += rest
        let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
        if line.unicodeScalars.contains(where: \.isRefusedControl) {
            problems.add(.badValue, at: element.source, "`\(element.name.clipped)` holds a control character")
            return Word("", at: element.source)
        }
        return Word(line, at: element.source)
    }

    /// The children that are authhost's; the others are named in warnings, whatever they hold.
    private mutating func known(_ names: [String], in element: XMLElement) -> [XMLElement] {
        for child in element.children where !names.contains(child.name) { warn(child) }
        let found = element.children.filter { names.contains($0.name) }
        for child in found { require(child) }
        return found
    }

    /// Tells what an element of authhost's must not have, once.
    private mutating func require(_ element: XMLElement) {
        if let flaw = element.flaw, told.insert(ObjectIdentifier(element)).inserted { problems.add(flaw) }
    }

    private mutating func warn(_ element: XMLElement) {
        guard warnings.count < VariableExpander.warningLimit else { return }
        let message =
            element.name == "Include"
            ? "`Include` has no effect: the file that it names is not read"
            : "`\(element.name.clipped)` is not one of authhost's elements: it has no effect"
        warnings.append(ConfigurationProblem(.noEffect, at: element.source, message))
    }

    private mutating func once(_ names: [String], in element: XMLElement) {
        for name in names {
            guard let second = element.children(name).dropFirst().first else { continue }
            problems.add(
                .duplicate, at: second.source, "a second `\(name)` in `\(element.name.clipped)`: one is accepted")
        }
    }
}

extension Substring {
    /// Where a text stands first.
    fileprivate func range(ofText text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
