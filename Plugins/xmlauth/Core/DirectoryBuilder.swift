import Rules

/// Takes the elements of a users file one by one, and makes a directory of them.
struct DirectoryBuilder: ~Copyable {
    typealias Text = UnsafeBufferPointer<UInt8>

    /// What is wrong with an element, and at which attribute; the reader adds the place.
    struct Fault: Error {
        let code: UsersFileError.Code
        let attribute: Attribute?
        /// Offset into the attribute's value.
        var offset = 0
        let message: String
    }

    /// Where a group was first named, for the case that it is declared nowhere.
    private struct GroupUse {
        var line: Int
        var column: Int
        var isDeclared: Bool
    }

    private var rules = RuleSetBuilder()
    private var accounts = Accounts()
    private var mappings = Mappings()
    private var groupNames: [[UInt8]] = []
    private var groupIndex: [[UInt8]: Int] = [:]
    private var groupIDs: [GroupID] = []
    private var groupUses: [GroupUse] = []
    private var groupLists: [[UInt8]: GroupListID] = [:]
    private var hasEverybody = false
    private var subject = RuleSubject.everybody
    private var common = Hasher()
    private var own = Hasher()
    private let allowsPlain: Bool

    init(allowsPlain: Bool) { self.allowsPlain = allowsPlain }

    mutating func beginUser(name: Text, password: Text?, groups: Text?, at place: (Int, Int)) throws(Fault) {
        try Self.checkName(name, "user")
        if let password { try checkPassword(password) }
        let list = groupList(groups, place)
        guard let id = rules.user(name.span, groups: list) else {
            throw Fault(code: .duplicate, attribute: .name, message: "the user \(shown(name)) is declared twice")
        }
        accounts.append(password: password ?? Text(start: nil, count: 0))
        own = Hasher()
        own.combine(bytes: UnsafeRawBufferPointer(password ?? Text(start: nil, count: 0)))
        own.combine(groups?.count ?? -1)
        if let groups { own.combine(bytes: UnsafeRawBufferPointer(groups)) }
        subject = .user(id)
    }

    mutating func beginGroup(name: Text, groups: Text?, at place: (Int, Int)) throws(Fault) {
        try Self.checkName(name, "group")
        guard !name.contains(0x20) else {
            throw Fault(code: .badValue, attribute: .name, message: "the group name \(shown(name)) holds a space")
        }
        let index = groupNumber(Array(name), place)
        if groupUses[index].isDeclared {
            throw Fault(code: .duplicate, attribute: .name, message: "the group \(shown(name)) is declared twice")
        }
        groupUses[index].isDeclared = true
        common.combine(bytes: UnsafeRawBufferPointer(name))
        for word in (groups ?? Text(start: nil, count: 0)).split(separator: 0x20) {
            let parent = groupNumber(Array(word), place)
            rules.nest(groupIDs[index], in: groupIDs[parent])
            common.combine(Array(word))
        }
        subject = .group(groupIDs[index])
    }

    mutating func beginEverybody() throws(Fault) {
        if hasEverybody { throw Fault(code: .duplicate, attribute: nil, message: "`everybody` is there twice") }
        hasEverybody = true
        common.combine("everybody")
        subject = .everybody
    }

    mutating func end() {
        if case .user = subject { accounts.setFingerprint(own.finalize()) }
    }

    mutating func add(_ effect: RuleEffect, actions: Text, object: Text, line: Int) throws(Fault) {
        let set = try Self.actions(actions)
        do {
            try rules.add(effect, set, object.span, to: subject, line: line)
        } catch {
            throw Fault(code: .badValue, attribute: .object, offset: error.offset, message: error.description)
        }
        fingerprint(Int(effect.rawValue) << 8 | Int(set.rawValue), object)
    }

    mutating func add(mapping from: Text, to: Text) throws(Fault) {
        do {
            mappings.append(try ObjectMapping(from: Array(from), to: Array(to)), for: subject)
        } catch {
            throw Fault(
                code: .badValue, attribute: error.isReplacement ? .to : .from, offset: error.error.offset,
                message: error.error.description)
        }
        fingerprint(-1, from)
        fingerprint(-2, to)
    }

    /// Makes the directory. Throws the fault and the place of the first use of a group that is declared nowhere.
    consuming func build() throws(UnknownGroup) -> Directory {
        if let index = groupUses.firstIndex(where: { !$0.isDeclared }) {
            let declared = groupNames.indices.filter { groupUses[$0].isDeclared }
            let names = declared.map { String(decoding: groupNames[$0], as: UTF8.self) }
            let name = String(decoding: groupNames[index], as: UTF8.self)
            throw UnknownGroup(
                line: groupUses[index].line, column: groupUses[index].column,
                message: "the group `\(name)` is declared nowhere\(NearestWord.hint(name, among: names))")
        }
        accounts.finish()
        return Directory(
            rules: rules.build(), accounts: accounts, mappings: mappings, commonFingerprint: common.finalize())
    }

    struct UnknownGroup: Error {
        let line: Int
        let column: Int
        let message: String
    }

    private mutating func fingerprint(_ tag: Int, _ text: Text) {
        if case .user = subject {
            own.combine(tag)
            own.combine(bytes: UnsafeRawBufferPointer(text))
        } else {
            common.combine(tag)
            common.combine(bytes: UnsafeRawBufferPointer(text))
        }
    }

    private mutating func groupList(_ text: Text?, _ place: (Int, Int)) -> GroupListID {
        guard let text, !text.isEmpty else { return .none }
        let key = Array(text)
        if let known = groupLists[key] { return known }
        var members: [GroupID] = []
        for word in key.split(separator: 0x20) { members.append(groupIDs[groupNumber(Array(word), place)]) }
        let list = rules.groupList(members)
        groupLists[key] = list
        return list
    }

    private mutating func groupNumber(_ name: [UInt8], _ place: (Int, Int)) -> Int {
        if let known = groupIndex[name] { return known }
        groupIndex[name] = groupNames.count
        groupNames.append(name)
        groupIDs.append(rules.group(name.span))
        groupUses.append(GroupUse(line: place.0, column: place.1, isDeclared: false))
        return groupNames.count - 1
    }

    private func checkPassword(_ password: Text) throws(Fault) {
        switch PasswordHash.scheme(of: password) {
        case .failure(let refusal): throw Fault(code: .badValue, attribute: .password, message: refusal.message)
        case .success(.plain) where !allowsPlain:
            throw Fault(
                code: .badValue, attribute: .password,
                message: "`{PLAIN}` is refused unless the option `allow-plain-passwords` is set")
        case .success: return
        }
    }

    private static func checkName(_ name: Text, _ kind: String) throws(Fault) {
        let isDots = name.count <= 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
        let hasEdge = name.first == 0x20 || name.last == 0x20
        let hasControl = name.contains { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "/") }
        guard (1...255).contains(name.count), !isDots, !hasEdge, !hasControl else {
            throw Fault(
                code: .badValue, attribute: .name,
                message: "\(shown(name)) is no \(kind) name: 1 to 255 bytes without `/`, control characters and "
                    + "outer spaces are accepted, and neither `.` nor `..`")
        }
    }

    private static func actions(_ text: Text) throws(Fault) -> ObjectActions {
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
                throw Fault(
                    code: .badValue, attribute: .actions, offset: word.startIndex,
                    message: "found the action `\(found)`, expected `read`, `write` or `create`\(hint)")
            }
            if !set.isDisjoint(with: action) {
                throw Fault(
                    code: .duplicate, attribute: .actions, offset: word.startIndex,
                    message: "the action `\(String(decoding: word, as: UTF8.self))` is there twice")
            }
            set.formUnion(action)
        }
        if set.isEmpty {
            throw Fault(
                code: .missing, attribute: .actions, message: "no action, expected `read`, `write` or `create`")
        }
        return set
    }
}

private func shown(_ text: UnsafeBufferPointer<UInt8>) -> String {
    "`" + String(decoding: text.prefix(80).map { $0 < 0x20 ? 0x3F : $0 }, as: UTF8.self) + "`"
}
