import Rules

/// Compares one field of a contribution.
struct FieldCondition: Sendable {
    private enum Comparison: Sendable {
        case equals([UInt8])
        case oneOf(Set<[UInt8]>)
        case range(minimum: DecimalNumber?, maximum: DecimalNumber?)
        case matches(RegularExpression, pattern: [UInt8])
    }

    let field: [UInt8]
    private let comparison: Comparison

    /// Throws at which part, and why, the condition cannot be read.
    init(_ entry: ConditionEntry) throws(EntryFault) {
        guard 1...255 ~= entry.field.count else {
            throw EntryFault(.badValue, .field, "a field name of \(entry.field.count) bytes, 1 to 255 are accepted")
        }
        field = Array(entry.field)
        let hasRange = entry.minimum != nil || entry.maximum != nil
        let kinds = [entry.equals != nil, entry.oneOf != nil, hasRange, entry.matches != nil].count { $0 }
        guard kinds == 1 else {
            let kindsAccepted = "`equals`, `one-of`, `min` and `max`, `matches`"
            throw EntryFault(
                kinds == 0 ? .missing : .badValue, nil,
                "\(kinds == 0 ? "no comparison" : "more than one kind of comparison"), expected one of \(kindsAccepted)"
            )
        }
        if let value = entry.equals {
            comparison = .equals(Array(value))
        } else if let list = entry.oneOf {
            comparison = .oneOf(try Self.values(list))
        } else if let pattern = entry.matches {
            comparison = .matches(try Self.expression(pattern), pattern: Array(pattern))
        } else {
            comparison = try Self.range(entry.minimum, entry.maximum)
        }
    }

    /// What a value is to a comparison.
    enum Verdict: Sendable, Hashable {
        case holds
        case fails
        /// The value is too long, or no number, or takes too many steps to compare.
        case unreadable
    }

    /// work: what is left for the check that asks.
    func verdict(_ value: Span<UInt8>, _ work: inout ConditionWork) -> Verdict {
        guard work.take(1, bytes: value.count) else { return .unreadable }
        switch comparison {
        case .equals(let wanted): return value.withUnsafeBufferPointer { $0.elementsEqual(wanted) } ? .holds : .fails
        case .oneOf(let wanted):
            return wanted.contains(value.withUnsafeBufferPointer { Array($0) }) ? .holds : .fails
        case .range(let minimum, let maximum):
            guard let number = value.withUnsafeBufferPointer({ DecimalNumber($0) }) else { return .unreadable }
            if let minimum, number < minimum { return .fails }
            if let maximum, number > maximum { return .fails }
            return .holds
        case .matches(let expression, _):
            if value.count > RegularExpression.longestValue { return .unreadable }
            switch expression.match(value, &work) {
            case .matches: return .holds
            case .differs: return .fails
            case .undecided: return .unreadable
            }
        }
    }

    /// What is wanted of a value, in words.
    var wanted: String {
        func text(_ bytes: [UInt8]) -> String { bytes.withUnsafeBufferPointer { shown($0) } }
        switch comparison {
        case .equals(let value): return "\(text(value))"
        case .oneOf(let values):
            return "one of " + values.map(text).sorted().prefix(20).joined(separator: ", ")
        case .range(let minimum, let maximum):
            let bounds = [minimum.map { "at least \($0)" }, maximum.map { "at most \($0)" }]
            return bounds.compactMap(\.self).joined(separator: " and ")
        case .matches(_, let pattern): return "what matches \(text(pattern))"
        }
    }

    private static func values(_ list: LentText) throws(EntryFault) -> Set<[UInt8]> {
        let values = Set(list.split(separator: 0x20).map { Array($0) })
        if values.isEmpty {
            throw EntryFault(.badValue, .oneOf, "no value, expected values with spaces between")
        }
        return values
    }

    private static func expression(_ pattern: LentText) throws(EntryFault) -> RegularExpression {
        do {
            return try RegularExpression(pattern)
        } catch {
            throw EntryFault(
                .badValue, .matches, offset: error.offset,
                "the regular expression \(shown(pattern)) is refused: \(error.message)")
        }
    }

    private static func range(_ minimum: LentText?, _ maximum: LentText?) throws(EntryFault) -> Comparison {
        let low = try number(minimum, .minimum)
        let high = try number(maximum, .maximum)
        if let low, let high, low > high {
            throw EntryFault(.badValue, .minimum, "the least accepted number is above the greatest")
        }
        return .range(minimum: low, maximum: high)
    }

    private static func number(_ text: LentText?, _ field: Field) throws(EntryFault) -> DecimalNumber? {
        guard let text else { return nil }
        guard let number = DecimalNumber(text) else {
            throw EntryFault(.badValue, field, "\(shown(text)) is no decimal number such as `-12.50`")
        }
        return number
    }
}

/// Keeps the conditions of the rules; equal ones once.
struct ConditionTable: ~Copyable, Sendable {
    private var texts = NameTable()
    private var conditions: [FieldCondition] = []
    private var scratch: [UInt8] = []
    /// For each ``ConditionID``, what must hold all together, and whether the rule denies.
    private var sets: [ConditionSet] = []
    private var setNumbers: [ConditionSet: UInt32] = [:]

    private struct ConditionSet: Sendable, Hashable {
        let isDeny: Bool
        let members: [UInt32]
    }

    /// Lends contributed fields: calls its argument with name and value of each.
    typealias Fields = ((_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) -> Void

    /// How many distinct conditions there are, and how many distinct sets of them.
    var counts: [Int] { [conditions.count, sets.count] }

    /// Numbers a condition.
    mutating func add(_ entry: ConditionEntry) throws(EntryFault) -> UInt32 {
        var key: [UInt8] = []
        swap(&key, &scratch)
        defer { swap(&key, &scratch) }
        key.removeAll(keepingCapacity: true)
        for text in [entry.field, entry.equals, entry.oneOf, entry.minimum, entry.maximum, entry.matches] {
            key.append(text == nil ? 0 : 1)
            guard let text else { continue }
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: text.count)) { key.append(contentsOf: $0) }
            key.append(contentsOf: text)
        }
        if let known = texts.find(key.span) { return UInt32(known) }
        conditions.append(try FieldCondition(entry))
        return UInt32(texts.insert(key.span).index)
    }

    /// Numbers what must hold all together for a rule to apply.
    mutating func addSet(_ members: [UInt32], isDeny: Bool) -> ConditionID {
        let set = ConditionSet(isDeny: isDeny, members: members)
        if let known = setNumbers[set] { return ConditionID(rawValue: known) }
        let number = UInt32(sets.count)
        sets.append(set)
        setNumbers[set] = number
        return ConditionID(rawValue: number)
    }

    /// Says whether a rule's conditions hold for contributed fields.
    ///
    /// In doubt the stricter: a field that is not there fails. Of one that is there twice, all values must hold for an
    /// allow, and one is enough for a deny; a value that cannot be compared holds for a deny alone, and is counted.
    func truth(_ id: ConditionID, _ fields: Fields, _ work: inout ConditionWork) -> ConditionTruth {
        let set = sets[Int(id.rawValue)]
        for number in set.members
        where !holds(conditions[Int(number)], isDeny: set.isDeny, fields, &work) {
            return .fails
        }
        return .holds
    }

    /// What must hold, as it was written: equal for equal conditions of any table.
    func key(of id: ConditionID) -> String {
        sets[Int(id.rawValue)].members.map { String(decoding: texts.name(Int($0)), as: UTF8.self) }.joined(
            separator: "&")
    }

    /// Says which of a rule's conditions fails first, and with which value, in words; nil where all hold.
    func failure(of id: ConditionID, _ fields: Fields) -> String? {
        let set = sets[Int(id.rawValue)]
        var work = ConditionWork()
        let failing = set.members.first { !holds(conditions[Int($0)], isDeny: set.isDeny, fields, &work) }
        guard let condition = failing.map({ conditions[Int($0)] }) else { return nil }
        var values: [String] = []
        fields { name, value in
            guard name.withUnsafeBufferPointer({ $0.elementsEqual(condition.field) }) else { return }
            values.append(value.withUnsafeBufferPointer { shown($0) })
        }
        let field = condition.field.withUnsafeBufferPointer { shown($0) }
        let found = values.isEmpty ? "is not given" : "is \(values.prefix(5).joined(separator: ", "))"
        return "\(field) \(found), and the condition takes \(condition.wanted)"
    }

    private func holds(
        _ condition: FieldCondition, isDeny: Bool, _ fields: Fields, _ work: inout ConditionWork
    ) -> Bool {
        var count = 0
        var held = 0
        var undecided = 0
        fields { name, value in
            guard name.withUnsafeBufferPointer({ $0.elementsEqual(condition.field) }) else { return }
            count += 1
            switch condition.verdict(value, &work) {
            case .holds: held += 1
            case .fails: break
            case .unreadable:
                held += isDeny ? 1 : 0
                undecided += 1
            }
        }
        work.add(unreadable: undecided)
        return isDeny ? held > 0 : count > 0 && held == count
    }
}
