import Basics
import Glibc
import Rules

/// Reads the parts of entries that are names and actions.
enum EntryCheck {
    /// Throws unless `name` may be a user's.
    static func name(_ name: LentText, _ kind: String) throws(EntryFault) {
        let isDots = name.count <= 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
        let hasEdge = name.first == 0x20 || name.last == 0x20
        let hasControl = name.contains(UInt8(ascii: "/")) || hasControlCharacter(name)
        guard (1...255).contains(name.count), !isDots, !hasEdge, !hasControl else {
            throw EntryFault(
                .badValue, .name,
                "\(shown(name)) is no \(kind) name: 1 to 255 bytes without `/`, control characters and "
                    + "outer spaces are accepted, and neither `.` nor `..`")
        }
    }

    /// Throws unless `name` may be a group's or a role's, which stand in lists with spaces between.
    static func listName(_ name: LentText, _ kind: String) throws(EntryFault) {
        try self.name(name, kind)
        guard !name.contains(0x20) else {
            throw EntryFault(.badValue, .name, "the \(kind) name \(shown(name)) holds a space")
        }
    }

    /// Throws unless `id` may be a key's: it stands in lists and messages.
    static func keyID(_ id: LentText) throws(EntryFault) {
        guard 1...255 ~= id.count, !id.contains(0x20), !hasControlCharacter(id) else {
            throw EntryFault(
                .badValue, .keyID,
                "\(shown(id)) is no key id: 1 to 255 bytes without spaces and control characters are accepted")
        }
    }

    /// Throws unless `password` is a stored password that can be verified whole.
    static func password(_ password: LentText, allowsPlain: Bool) throws(EntryFault) {
        switch PasswordHash.scheme(of: password) {
        case .failure(let refusal): throw EntryFault(.badValue, .password, refusal.message)
        case .success(.plain) where !allowsPlain:
            throw EntryFault(
                .badValue, .password,
                "`{PLAIN}` is refused unless the option `allow-plain-passwords` is set")
        case .success: return
        }
    }

    /// Reads a point in time.
    static func time(_ text: LentText, _ field: Field) throws(EntryFault) -> Int64 {
        if let seconds = RFC3339.seconds(text), seconds <= AcceptedTimes.latest { return seconds }
        throw EntryFault(
            .badValue, field, "\(shown(text)) is no time of RFC 3339 with an offset, such as \(RFC3339.form)")
    }

    /// Reads a number of sessions.
    static func sessions(_ text: LentText) throws(EntryFault) -> UInt32 {
        if text.count <= 10, text.allSatisfy(isDigit), let number = UInt32(String(decoding: text, as: UTF8.self)),
            number > 0
        {
            return number
        }
        throw EntryFault(
            .badValue, .maxSessions, "\(shown(text)) is no number of sessions, 1 to 4294967295 are accepted")
    }

    /// Reads a list of actions.
    static func actions(_ text: LentText) throws(EntryFault) -> ObjectActions {
        // Most rules have one.
        if let action = action(text) { return action }
        var set: ObjectActions = []
        var position = 0
        while let start = text[position...].firstIndex(where: { $0 != 0x20 }) {
            position = text[start...].firstIndex(of: 0x20) ?? text.count
            let word = LentText(rebasing: text[start..<position])
            guard let action = action(word) else {
                let found = String(decoding: word, as: UTF8.self)
                let hint = NearestName.hint(found, among: ["read", "write", "create"])
                throw EntryFault(
                    .badValue, .actions, offset: start,
                    "found the action `\(found)`, expected `read`, `write` or `create`\(hint)")
            }
            if !set.isDisjoint(with: action) {
                throw EntryFault(
                    .duplicate, .actions, offset: start,
                    "the action `\(String(decoding: word, as: UTF8.self))` is there twice")
            }
            set.formUnion(action)
        }
        if set.isEmpty {
            throw EntryFault(.missing, .actions, "no action, expected `read`, `write` or `create`")
        }
        return set
    }

    private static func action(_ word: LentText) -> ObjectActions? {
        if word.isEqual(to: "read") { return .read }
        if word.isEqual(to: "write") { return .write }
        return word.isEqual(to: "create") ? .create : nil
    }
}

extension LentText {
    /// Compares with a text of more than one character.
    @inline(__always)
    fileprivate func isEqual(to text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount, let baseAddress else { return false }
        // SAFETY: both have `count` bytes.
        return memcmp(baseAddress, text.utf8Start, count) == 0
    }
}

/// Says whether a text in UTF-8 holds a control character: C0, DEL, or C1 (U+0080 to U+009F), which terminals obey too.
func hasControlCharacter(_ text: LentText) -> Bool {
    var previous: UInt8 = 0
    return text.contains { byte in
        defer { previous = byte }
        return byte < 0x20 || byte == 0x7F || previous == 0xC2 && 0x80...0x9F ~= byte
    }
}

/// Quotes a text for a message; what a reader could not see, or would see the rest wrongly by, is escaped.
func shown(_ text: some Collection<UInt8>) -> String {
    "`" + String(decoding: text.prefix(80), as: UTF8.self).controlsEscaped + "`"
}
