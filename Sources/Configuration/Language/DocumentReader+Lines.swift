extension DocumentReader {
    /// Takes one line with at least one word.
    mutating func process(_ words: [RawWord], in file: inout OpenFile) {
        let source = SettingSource.file(words[0].position)
        switch words[0].literal {
        case "if": beginIf(words, in: &file)
        case "else": turnToElse(words, in: &file)
        case "endif": endIf(words, in: &file)
        case _ where !file.conditionals.isLive: return
        case "define": define(words, in: file)
        case "undefine": undefine(words, in: file)
        case "include-file": include(words, in: file)
        case "defmacro":
            problems.add(.syntax, at: source, "`defmacro` is not supported: use `define` or `include-file`")
        default: statement(expand(words, in: file), in: file)
        }
    }

    private mutating func expand(_ words: some Sequence<RawWord>, in file: OpenFile) -> [Word] {
        words.map { word in
            let (expanded, problem) = expander.expand(word, directory: file.directory)
            if let problem { problems.add(problem) }
            return expanded
        }
    }

    private mutating func statement(_ words: [Word], in file: OpenFile) {
        let name = words[0]
        let values = Array(words.dropFirst())
        if name.text.hasPrefix("add-") {
            if let problem = blocks.open(name, values) { problems.add(problem) }
        } else if name.text.hasPrefix("end-") {
            if let extra = values.first {
                problems.add(.block, at: extra.source, "`\(name.text)` takes no value, but `\(extra.text)` is given")
            }
            report(blocks.close(name, floor: file.floor))
        } else {
            blocks.add(Statement(name: name, values: values))
            noteApplicationName(name, values)
        }
    }

    /// Keeps `${APP_NAME}` up to date: from the line that sets it, it is what the configuration says.
    private mutating func noteApplicationName(_ name: Word, _ values: [Word]) {
        guard name.text == "application-name", values.count == 1, blocks.depth == 0, !isApplicationNameFixed else {
            return
        }
        _ = expander.variables.define("APP_NAME", as: values[0].text)
    }

    private mutating func include(_ words: [RawWord], in file: OpenFile) {
        let values = expand(words.dropFirst(), in: file)
        guard values.count == 1, !values[0].text.isEmpty else {
            let source = SettingSource.file(words[0].position)
            problems.add(.syntax, at: source, "`include-file` takes one path, but \(values.count.counted) given")
            return
        }
        read(Paths.join(file.directory, values[0].text), at: values[0].source)
    }
}

// MARK: - Variables

extension DocumentReader {
    private mutating func define(_ words: [RawWord], in file: OpenFile) {
        let values = expand(words.dropFirst(), in: file)
        let source = SettingSource.file(words[0].position)
        guard values.count == 2 else {
            let hint = values.count > 2 ? " (a value with spaces needs double quotes)" : ""
            problems.add(
                .variable, at: source, "`define` takes a name and a value, but \(values.count.counted) given\(hint)")
            return
        }
        guard isDefinable(values[0]) else { return }
        if expander.variables.define(values[0].text, as: values[1].text) != nil {
            expander.warn(values[0].source, "`\(values[0].text)` is defined again: the new value holds from here on")
        }
    }

    private mutating func undefine(_ words: [RawWord], in file: OpenFile) {
        let values = expand(words.dropFirst(), in: file)
        guard values.count == 1 else {
            let source = SettingSource.file(words[0].position)
            problems.add(.variable, at: source, "`undefine` takes one name, but \(values.count.counted) given")
            return
        }
        guard isDefinable(values[0]) else { return }
        if expander.variables.undefine(values[0].text) == nil {
            expander.warn(values[0].source, "`\(values[0].text)` is not defined: `undefine` changes nothing")
        }
    }

    private mutating func isDefinable(_ name: Word) -> Bool {
        if name.text.hasPrefix("ENV:") || name.text == "ccd" {
            problems.add(.variable, at: name.source, "`\(name.text)` can be read and not set")
            return false
        }
        guard Variables.isName(name.text) else {
            problems.add(
                .variable, at: name.source,
                "`\(name.text)` is not a variable name: letters, digits, `_` and `.` are accepted")
            return false
        }
        return true
    }
}

// MARK: - Conditionals

extension DocumentReader {
    private mutating func beginIf(_ words: [RawWord], in file: inout OpenFile) {
        let condition = file.conditionals.isLive ? condition(words, in: file) : false
        guard
            file.conditionals.begin(at: words[0].position, blockDepth: blocks.depth, condition: condition)
        else {
            problems.add(
                .limit, at: .file(words[0].position),
                "`if` is nested too deep: at most \(Conditionals.depthLimit) levels")
            return
        }
    }

    private mutating func condition(_ words: [RawWord], in file: OpenFile) -> Bool {
        let values = expand(words.dropFirst(), in: file)
        guard values.count == 3, ["==", "!="].contains(values[1].text) else {
            problems.add(
                .condition, at: .file(words[0].position),
                "`if` takes a text, `==` or `!=`, and a text, such as `if \"${NAME}\" == \"value\"`")
            return false
        }
        return (values[0].text == values[2].text) == (values[1].text == "==")
    }

    private mutating func turnToElse(_ words: [RawWord], in file: inout OpenFile) {
        refuseValues(words)
        closeBranch("`else` at \(words[0].position)", in: file)
        if let reason = file.conditionals.turn(at: words[0].position) {
            problems.add(.condition, at: .file(words[0].position), reason)
        }
    }

    private mutating func endIf(_ words: [RawWord], in file: inout OpenFile) {
        refuseValues(words)
        closeBranch("`endif` at \(words[0].position)", in: file)
        if !file.conditionals.end() {
            problems.add(.condition, at: .file(words[0].position), "`endif` stands outside of any `if`")
        }
    }

    /// A branch closes the blocks it opens.
    private mutating func closeBranch(_ what: String, in file: OpenFile) {
        guard let depth = file.conditionals.blockDepth else { return }
        report(blocks.unwind(to: depth, before: what))
    }

    private mutating func refuseValues(_ words: [RawWord]) {
        guard words.count > 1 else { return }
        let keyword = words[0].literal ?? ""
        problems.add(.condition, at: .file(words[1].position), "`\(keyword)` takes no value")
    }
}

extension Int {
    /// Counts values in a message: `0 values are`, `1 value is`, `2 values are`.
    var counted: String { self == 1 ? "1 value is" : "\(self) values are" }
}
