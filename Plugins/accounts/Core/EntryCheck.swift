import Rules

/// Reads the parts of entries that are names and actions.
enum EntryCheck {
    /// Throws unless `name` may be a user's.
    static func name(_ name: LentText, _ kind: String) throws(DirectoryFault) {
        let isDots = name.count <= 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
        let hasEdge = name.first == 0x20 || name.last == 0x20
        let hasControl = name.contains { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "/") }
        guard (1...255).contains(name.count), !isDots, !hasEdge, !hasControl else {
            throw DirectoryFault(
                .badValue, .name,
                "\(shown(name)) is no \(kind) name: 1 to 255 bytes without `/`, control characters and "
                    + "outer spaces are accepted, and neither `.` nor `..`")
        }
    }

    /// Throws unless `name` may be a group's or a role's, which stand in lists with spaces between.
    static func listName(_ name: LentText, _ kind: String) throws(DirectoryFault) {
        try self.name(name, kind)
        guard !name.contains(0x20) else {
            throw DirectoryFault(.badValue, .name, "the \(kind) name \(shown(name)) holds a space")
        }
    }

    /// Reads a list of actions.
    static func actions(_ text: LentText) throws(DirectoryFault) -> ObjectActions {
        var set: ObjectActions = []
        for word in text.split(separator: 0x20) {
            let action: ObjectActions
            if word.elementsEqual("read".utf8) {
                action = .read
            } else if word.elementsEqual("write".utf8) {
                action = .write
            } else if word.elementsEqual("create".utf8) {
                action = .create
            } else {
                let found = String(decoding: word, as: UTF8.self)
                let hint = NearestWord.hint(found, among: ["read", "write", "create"])
                throw DirectoryFault(
                    .badValue, .actions, offset: word.startIndex,
                    "found the action `\(found)`, expected `read`, `write` or `create`\(hint)")
            }
            if !set.isDisjoint(with: action) {
                throw DirectoryFault(
                    .duplicate, .actions, offset: word.startIndex,
                    "the action `\(String(decoding: word, as: UTF8.self))` is there twice")
            }
            set.formUnion(action)
        }
        if set.isEmpty {
            throw DirectoryFault(.missing, .actions, "no action, expected `read`, `write` or `create`")
        }
        return set
    }
}

/// Quotes a text for a message; control characters become `?`.
func shown(_ text: some Collection<UInt8>) -> String {
    "`" + String(decoding: text.prefix(80).map { $0 < 0x20 ? 0x3F : $0 }, as: UTF8.self) + "`"
}
