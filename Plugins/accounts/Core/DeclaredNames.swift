import Rules

/// Numbers the groups, or the roles, of a directory; each may be named before it is declared, but must be declared.
struct DeclaredNames: ~Copyable {
    private let kind: String
    private var table = NameTable()
    private var firstUses: [Place] = []
    private var isDeclared: [Bool] = []
    /// By number, what the rules know each as.
    private(set) var ids: [GroupID] = []

    /// kind: `group` or `role`, for messages.
    init(kind: String) { self.kind = kind }

    func find(_ name: LentText) -> Int? { table.find(name.span) }

    /// Adds a name that is not there yet, and returns its number.
    mutating func add(_ name: LentText, id: GroupID, _ place: Place) -> Int {
        firstUses.append(place)
        isDeclared.append(false)
        ids.append(id)
        return table.insert(name.span).index
    }

    /// False when it is declared already.
    mutating func declare(_ number: Int) -> Bool {
        if isDeclared[number] { return false }
        isDeclared[number] = true
        return true
    }

    /// What to throw when a name is declared nowhere.
    func undeclared() -> DirectoryFault? {
        guard let number = isDeclared.firstIndex(of: false) else { return nil }
        let names = ids.indices.filter { isDeclared[$0] }.map { String(decoding: table.name($0), as: UTF8.self) }
        let name = String(decoding: table.name(number), as: UTF8.self)
        return DirectoryFault(
            kind == "role" ? .unknownRole : .unknownGroup, nil, at: firstUses[number],
            "the \(kind) `\(name)` is declared nowhere\(NearestWord.hint(name, among: names))")
    }
}
