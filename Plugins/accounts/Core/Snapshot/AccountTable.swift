import Rules

/// Holds what an account is granted beside rules: when it is valid, from where, how often, and by which key.
struct AccountTerms: BitwiseCopyable {
    /// Seconds since 1970-01-01 00:00 UTC.
    var notBefore = Int64.min
    /// The first second at which the account is not valid any more.
    var expires = Int64.max
    /// In the ``RestrictionTable``; 0 for none.
    var restriction: UInt32 = 0
    /// One more than the key's index; 0 for none.
    var key: UInt32 = 0
    /// 0 for no number of its own.
    var maxSessions: UInt32 = 0
    /// Where the limits by application begin, and how many there are.
    var firstLimit: UInt32 = 0
    var limitCount: UInt32 = 0

    /// Says whether nothing is granted or restricted.
    var isPlain: Bool {
        notBefore == .min && expires == .max && restriction == 0 && key == 0 && maxSessions == 0 && limitCount == 0
    }
}

/// Keeps one password and one fingerprint a user, and terms for those that have some, in few large blocks.
struct AccountTable: ~Copyable, Sendable {
    private var text: [UInt8] = []
    private var ends: [UInt32] = []
    private var fingerprints: [UInt64] = []
    /// Sorted: users are added in order.
    private var termUsers: [UInt32] = []
    private var terms: [AccountTerms] = []
    private var limits: [(application: UInt32, maxSessions: UInt32)] = []
    private var applications = NameTable()
    private var keys = NameTable()
    /// What every wrong answer is to cost, about any user.
    private(set) var wrongAnswerWork = WrongAnswerWork()

    mutating func append(password: LentText) {
        if !password.isEmpty { wrongAnswerWork.include(Array(password)) }
        text.append(contentsOf: password)
        ends.append(UInt32(truncatingIfNeeded: text.count))
        fingerprints.append(0)
    }

    /// Ends the user that was appended last.
    mutating func setLast(_ granted: AccountTerms, fingerprint: UInt64) {
        guard let last = fingerprints.indices.last else { return }
        fingerprints[last] = fingerprint
        if granted.isPlain { return }
        termUsers.append(UInt32(last))
        terms.append(granted)
    }

    /// Numbers a key's id from 1 on.
    mutating func key(_ id: LentText) -> UInt32 { UInt32(keys.insert(id.span).index + 1) }

    /// The id of a key. number: not 0.
    func keyID(_ number: UInt32) -> String { String(decoding: keys.name(Int(number) - 1), as: UTF8.self) }

    /// Adds a limit to terms; false when there is one for the application already. Limits of one account are added
    /// without those of another between.
    mutating func addLimit(_ maxSessions: UInt32, application: LentText, to terms: inout AccountTerms) -> Bool {
        let number = UInt32(applications.insert(application.span).index)
        if terms.limitCount == 0 { terms.firstLimit = UInt32(limits.count) }
        if limits[Int(terms.firstLimit)...].contains(where: { $0.application == number }) { return false }
        limits.append((number, maxSessions))
        terms.limitCount += 1
        return true
    }

    /// The limit for an application in terms; nil when there is none.
    func limit(for application: [UInt8], in terms: AccountTerms) -> UInt32? {
        guard terms.limitCount > 0, let number = applications.find(application.span) else { return nil }
        let own = limits[Int(terms.firstLimit)..<Int(terms.firstLimit + terms.limitCount)]
        return own.first { $0.application == UInt32(number) }?.maxSessions
    }

    /// The terms of a user.
    func terms(_ index: Int) -> AccountTerms {
        var low = 0
        var high = termUsers.count
        while low < high {
            let middle = (low + high) / 2
            if termUsers[middle] < UInt32(index) { low = middle + 1 } else { high = middle }
        }
        return low < termUsers.count && termUsers[low] == UInt32(index) ? terms[low] : AccountTerms()
    }

    func password(_ index: Int) -> [UInt8] { withPassword(index) { Array($0) } }

    /// Lends the stored password of a user; empty for none.
    func withPassword<Result>(_ index: Int, _ body: (LentText) -> Result) -> Result {
        let range = (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
        return text.withUnsafeBufferPointer { body(LentText(rebasing: $0[range])) }
    }

    func fingerprint(_ index: Int) -> UInt64 { fingerprints[index] }
}
