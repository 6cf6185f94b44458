/// What is known of used tokens: a pure value, without the file that keeps it.
///
/// INVARIANT: a token that was used is in the table, or was issued at or before its key's ``forgotten`` time; neither
/// is good a second time. So nothing depends on the clock going forward, nor on a key's lifetime staying what it was:
/// forgetting too early refuses tokens, and never lets one in.
struct UsedTokenTable {
    private struct Entry {
        let issued: UInt32
        let until: UInt32
        let key: UInt16
    }

    private var entries: [Digest128: Entry] = [:]
    private var keys: [Digest128: UInt16] = [:]
    private var fingerprints: [Digest128] = []
    private var forgotten: [UInt32] = []

    /// How many used tokens are kept.
    var count: Int { entries.count }

    /// Whether a token was used and is still known.
    func contains(_ token: Digest128) -> Bool { entries[token] != nil }

    /// The second up to which used tokens of a key may have been forgotten, 0 for never.
    func forgottenTime(of key: Digest128) -> UInt32 { keys[key].map { forgotten[Int($0)] } ?? 0 }

    /// Takes what a record says; returns false when there is no number left for another key.
    mutating func insert(_ record: UsedTokenRecord) -> Bool {
        guard let key = number(of: record.key) else { return false }
        switch record.kind {
        case .forgotten: forgotten[Int(key)] = max(forgotten[Int(key)], record.issued)
        case .used: entries[record.token] = Entry(issued: record.issued, until: record.until, key: key)
        }
        return true
    }

    mutating func remove(_ token: Digest128) { entries[token] = nil }

    private mutating func number(of key: Digest128) -> UInt16? {
        if let number = keys[key] { return number }
        guard let number = UInt16(exactly: fingerprints.count) else { return nil }
        keys[key] = number
        fingerprints.append(key)
        forgotten.append(0)
        return number
    }

    /// Returns the table without the tokens whose time is over.
    func pruned(now: UInt32) -> UsedTokenTable {
        var result = self
        for entry in entries.values where entry.until <= now {
            result.forgotten[Int(entry.key)] = max(result.forgotten[Int(entry.key)], entry.issued)
        }
        result.entries = entries.filter { $0.value.issued > result.forgotten[Int($0.value.key)] }
        return result
    }

    /// The records that make the table again: what is forgotten first.
    var records: some Sequence<UsedTokenRecord> {
        let marks = fingerprints.indices.lazy.filter { forgotten[$0] > 0 }
            .map { UsedTokenRecord.forgotten(upTo: forgotten[$0], of: fingerprints[$0]) }
        let used = entries.lazy.map { token, entry in
            UsedTokenRecord(
                kind: .used, token: token, key: fingerprints[Int(entry.key)], issued: entry.issued, until: entry.until)
        }
        return [AnySequence(marks), AnySequence(used)].joined()
    }
}
