import Accounts
import Basics
import ConfigurationLanguage

/// Reads users and permissions that are written as items of the configuration's language.
package enum UserBlocksReader {
    /// Holds what a file says.
    package struct Reading {
        /// The users and their rules.
        package let snapshot: AccountSnapshot
        /// What is doubtful and accepted, one line each with its place.
        package let warnings: [String]
        /// The file and those that it includes.
        package let files: [String]
    }

    /// Reads a file and those that it includes. Blocks for as long as the disk does.
    ///
    /// allowsPlain: whether `{PLAIN}` passwords are accepted. Throws: up to twenty mistakes, each with its place.
    package static func read(
        _ path: String, allowsPlain: Bool, context: ConfigurationContext
    ) throws(ConfigurationError) -> Reading {
        let file = try ItemFile.read(
            path, items: UserBlock.table, askedBy: .moduleOption("cfgauth-file"), context: context)
        // Where the configuration takes an empty text, a pattern would become wider than it was meant.
        let undefined = file.warnings.filter { $0.code == .variable }
        if !undefined.isEmpty { throw ConfigurationError(undefined.map(Self.refused)) }
        var filling = UserFilling(allowsPlain: allowsPlain)
        for block in file.blocks("add-user") { try filling.add(block) }
        let warnings = (file.warnings + filling.warnings).map(\.description)
        return Reading(snapshot: try filling.finish(), warnings: warnings, files: file.files)
    }
}

extension UserBlocksReader {
    /// Makes a mistake of a warning about a variable: `… is not defined: it stands for an empty text`.
    private static func refused(_ warning: ConfigurationProblem) -> ConfigurationProblem {
        let fact = warning.message.split(separator: ":").dropLast().joined(separator: ":")
        return ConfigurationProblem(
            warning.code, at: warning.source, "\(fact), and a file of users takes no empty text for it")
    }
}

/// Fills accounts from blocks.
private struct UserFilling: ~Copyable {
    private var builder: SnapshotBuilder
    private var fileNumbers: [String: Int] = [:]
    private(set) var warnings: [ConfigurationProblem] = []

    init(allowsPlain: Bool) { builder = SnapshotBuilder(allowsPlain: allowsPlain) }

    mutating func add(_ block: ConfigurationBlock) throws(ConfigurationError) {
        let (names, passwords) = (block.list("username"), block.list("password"))
        let key = block.text("sigcheck")
        if key != nil, let password = passwords.first {
            warnings.append(
                ConfigurationProblem(
                    .noEffect, at: password.source, "`password` has no effect beside `sigcheck`: a token alone logs in")
            )
        } else if key == nil, passwords.count != names.count {
            throw ConfigurationError([
                ConfigurationProblem(
                    passwords.isEmpty ? .missing : .badValue, at: passwords.first?.source ?? block.source,
                    "found \(passwords.count) of `password` for \(names.count) of `username`, expected one for each, or "
                        + "`sigcheck`")
            ])
        }
        for (index, name) in names.enumerated() {
            try add(name, password: key == nil ? passwords[index] : nil, key, block)
        }
    }

    consuming func finish() throws(ConfigurationError) -> AccountSnapshot {
        do {
            return try builder.build()
        } catch {
            throw Self.problem(error, .builtIn)
        }
    }

    private typealias Element = (text: String, source: SettingSource)

    private mutating func add(
        _ name: Element, password: Element?, _ key: String?, _ block: ConfigurationBlock
    ) throws(ConfigurationError) {
        let licences = block.integer("licences").flatMap { $0 == 0 ? nil : String($0) }
        let places: [Field: SettingSource?] = [
            .password: password?.source, .keyID: block.settings["sigcheck"]?.source,
            .maxSessions: block.settings["licences"]?.source,
        ]
        try lend(name.source, places, name.text, password?.text, key, licences) {
            builder, texts, place throws(EntryFault) in
            guard let name = texts[0] else { return }
            var entry = UserEntry(name: name)
            (entry.password, entry.keyID, entry.maxSessions) = (texts[1], texts[2], texts[3])
            try builder.beginUser(entry, at: place)
        }
        for permission in UserBlock.permissions {
            for pattern in block.list(permission.item) {
                try lend(pattern.source, [:], permission.action, pattern.text) {
                    builder, texts, place throws(EntryFault) in
                    guard let actions = texts[0], let object = texts[1] else { return }
                    let rule = RuleEntry(isAllow: permission.effect == .allow, actions: actions, object: object)
                    try builder.beginRule(rule, at: place)
                    builder.endRule()
                }
            }
        }
        builder.end()
    }

    /// Hands texts to the builder for the length of one call; what it finds wrong is told with the place: of the part
    /// that is at fault where `places` has it, else `source`.
    private mutating func lend(
        _ source: SettingSource, _ places: [Field: SettingSource?], _ texts: String?...,
        to body: (inout SnapshotBuilder, [LentText?], Place) throws(EntryFault) -> Void
    ) throws(ConfigurationError) {
        let bytes = texts.map { $0.map { Array($0.utf8) } }
        var flat: [UInt8] = []
        for part in bytes { flat += part ?? [] }
        do throws(EntryFault) {
            let place = try place(source)
            try flat.withUnsafeBufferPointer { all throws(EntryFault) in
                var start = 0
                let lent = bytes.map { part -> LentText? in
                    guard let part else { return nil }
                    defer { start += part.count }
                    return LentText(rebasing: all[start..<start + part.count])
                }
                try body(&builder, lent, place)
            }
        } catch {
            throw Self.problem(error, error.field.flatMap { places[$0] ?? nil } ?? source)
        }
    }

    private mutating func place(_ source: SettingSource) throws(EntryFault) -> Place {
        guard case .file(let position) = source else { return Place(line: 0) }
        let number: Int
        if let known = fileNumbers[position.file] {
            number = known
        } else {
            number = try builder.addFile(position.file)
            fileNumbers[position.file] = number
        }
        return Place(file: number, line: position.line, column: position.column)
    }

    private static func problem(_ fault: EntryFault, _ source: SettingSource) -> ConfigurationError {
        ConfigurationError([
            ConfigurationProblem(.init(rawValue: fault.code.rawValue), at: source, fault.message)
        ])
    }
}
