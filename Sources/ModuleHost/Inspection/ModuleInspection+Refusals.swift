/// What is found against a module, one thing after the other.
struct Refusals {
    private(set) var errors: [ModuleError] = []

    mutating func add(_ check: () throws(ModuleError) -> Void) {
        do throws(ModuleError) {
            try check()
        } catch {
            errors.append(error)
        }
    }
}

extension ModuleInspection {
    /// Holds the note to the rules that the descriptor is held to when the module is loaded.
    func judge(_ module: String, _ search: ModuleSearch, _ refusals: inout Refusals) {
        let rules = DeclarationRules(module: module)
        guard let note else {
            if hasDescriptor { refusals.add { () throws(ModuleError) in throw withoutNote(module) } }
            return
        }
        refusals.add { () throws(ModuleError) in try rules.checkGeneration(note.generation) }
        refusals.add { () throws(ModuleError) in try rules.checkDraft(note.draft, of: note.generation) }
        refusals.add { () throws(ModuleError) in try rules.checkIdentity(name: note.name, version: note.version) }
        refusals.add { () throws(ModuleError) in
            _ = try rules.checkThreads(note.threads, generation: note.generation)
        }
        var seen = Set<String>()
        var points: [EntryPoint] = []
        for entry in note.entries {
            refusals.add { () throws(ModuleError) in
                try rules.checkRepetition(entry.name, entry.version, in: &seen)
                points.append(try rules.checkEntry(entry.name, entry.version, entry.signature))
                _ = try rules.checkThreads(
                    entry.threads, ofEntry: entry.name, in: note.threads, generation: note.generation)
            }
        }
        refusals.add { () throws(ModuleError) in
            try rules.checkEntries(points.sorted { $0.rawValue < $1.rawValue }, generation: note.generation)
        }
        var names = Set<String>()
        for (index, option) in options.enumerated() {
            // An option without a default must be set, which the note spells as a text of its own.
            let row = DeclarationRules.OptionRow(
                number: index + 1, name: option.name, type: option.kind.rawValue,
                hasDefault: option.defaultValue != nil,
                value: option.defaultValue, help: option.help)
            refusals.add { () throws(ModuleError) in
                try ModuleOptions.checkDefault(of: rules.checkOption(row, in: &names), module, search)
            }
        }
    }
}
