import Basics
import Rules

/// Numbers the groups, or the roles; each may be named before it is declared, but must be declared.
struct DeclaredNames: ~Copyable {
    private let kind: String
    private var table = NameTable()
    private var firstUses: [Place] = []
    private var isDeclared: [Bool] = []
    private var ids: [GroupID] = []

    /// kind: `group` or `role`, for messages.
    init(kind: String) { self.kind = kind }

    /// Finds what the rules know a name as. make: asks the rules when the name is new.
    mutating func id(_ name: LentText, _ place: Place, make: () -> GroupID) -> GroupID {
        ids[number(name, place, make)]
    }

    /// Declares a name. Throws when it is declared already.
    mutating func declare(_ name: LentText, _ place: Place, make: () -> GroupID) throws(EntryFault) -> GroupID {
        let number = number(name, place, make)
        if isDeclared[number] {
            throw EntryFault(.duplicate, .name, "the \(kind) \(shown(name)) is declared twice")
        }
        isDeclared[number] = true
        return ids[number]
    }

    /// What to throw when a name is declared nowhere.
    func undeclared() -> EntryFault? {
        guard let number = isDeclared.firstIndex(of: false) else { return nil }
        let declared = ids.indices.filter { isDeclared[$0] }.prefix(1_000)
        let names = declared.map { String(decoding: table.name($0), as: UTF8.self) }
        let name = String(decoding: table.name(number), as: UTF8.self)
        return EntryFault(
            kind == "role" ? .unknownRole : .unknownGroup, nil, at: firstUses[number],
            "the \(kind) `\(name)` is declared nowhere\(NearestName.hint(name, among: names))")
    }

    private mutating func number(_ name: LentText, _ place: Place, _ make: () -> GroupID) -> Int {
        let (number, isNew) = table.insert(name.span)
        guard isNew else { return number }
        firstUses.append(place)
        isDeclared.append(false)
        ids.append(make())
        return number
    }
}
