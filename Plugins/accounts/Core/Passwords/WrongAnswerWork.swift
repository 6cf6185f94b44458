/// Knows the hash work of every wrong answer: of each kind of hash among the users, as many steps as the dearest has.
///
/// All of it is done, about any user, before the answer is no: time does not tell who exists, whose password is
/// kept how, or whose account has expired. NOTE: the dearest of each kind, and not of all, since the steps of two kinds
/// take times whose ratio differs from machine to machine.
struct WrongAnswerWork: Sendable {
    private struct Part: Sendable {
        let kind: HashCost.Kind
        var fewest: Int
        var most: Int
        /// A stored password of the most steps.
        var example: [UInt8]
    }

    private var parts: [Part] = []

    /// Takes a user's stored password into account.
    mutating func include(_ stored: [UInt8]) {
        guard let cost = HashCost(of: stored) else { return }
        guard let index = parts.firstIndex(where: { $0.kind == cost.kind }) else {
            return parts.append(Part(kind: cost.kind, fewest: cost.steps, most: cost.steps, example: stored))
        }
        parts[index].fewest = min(parts[index].fewest, cost.steps)
        if cost.steps > parts[index].most { (parts[index].most, parts[index].example) = (cost.steps, stored) }
    }

    /// What all wrong answers cost, one for each kind.
    var total: [HashCost] { parts.map { HashCost($0.kind, steps: Self.steps($0)) } }

    /// Whether all of it costs less than handing it to another thread.
    var isQuick: Bool { parts.allSatisfy { $0.kind == .saltedSHA256 } }

    /// Settings for crypt(3), and stored passwords of other kinds, whose hashes are what is left of ``total``.
    ///
    /// done: what was hashed for the answer already; nil for nothing.
    func rest(after done: HashCost?) -> [[UInt8]] {
        parts.flatMap { part in
            let left = Self.steps(part) - (done?.kind == part.kind ? done?.steps ?? 0 : 0)
            return HashSetting.settings(part.kind, steps: left, like: part.example)
        }
    }

    /// Where costs differ, what is left of the dearest must be a number of rounds that the kind takes.
    private static func steps(_ part: Part) -> Int {
        if part.fewest == part.most { return part.most }
        return switch part.kind {
        case .sha256, .sha512: part.most + HashCost.fewestRounds
        case .sunMD5: part.most + HashCost.sunRounds
        default: part.most
        }
    }
}

/// Writes settings of crypt(3) of a wanted cost.
enum HashSetting {
    /// Settings that take so many steps together. like: a stored password of the kind, whose salt is used.
    static func settings(_ kind: HashCost.Kind, steps: Int, like example: [UInt8]) -> [[UInt8]] {
        if steps <= 0 { return [] }
        let fields = example.split(separator: UInt8(ascii: "$")).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count > 2 || kind == .saltedSHA256 else { return [example] }
        let texts: [String]
        switch kind {
        case .saltedSHA256, .md5, .nt, .memoryHard, .other: return [example]
        case .sha256, .sha512:
            let salt = fields.dropFirst().first { !$0.hasPrefix("rounds=") } ?? ""
            texts = ["$\(fields[0])$rounds=\(max(steps, HashCost.fewestRounds))$\(salt)$"]
        case .sha1: texts = ["$sha1$\(steps)$\(fields[2])$"]
        case .sunMD5:
            let more = steps - HashCost.sunRounds
            texts = ["$md5\(more > 0 ? ",rounds=\(more)" : "")$\(fields[1])$"]
        case .bcrypt:
            texts = powers(of: steps, least: 4).map { "$2b$\($0 < 10 ? "0" : "")\($0)$\(fields[2].prefix(22))" }
        }
        return texts.map { Array($0.utf8) }
    }

    /// The powers of two whose sum a number is, as exponents; those below `least` are left out.
    private static func powers(of number: Int, least: Int) -> [Int] {
        (least..<31).filter { number >> $0 & 1 == 1 }
    }
}
