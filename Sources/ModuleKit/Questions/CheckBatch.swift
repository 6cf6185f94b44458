import CAuthModule

/// Up to 1,000 checks that are answered in one call, lent until the function that is asked returns.
public struct CheckBatch: ~Copyable, ~Escapable {
    // SAFETY: the host's arrays, checked by init?, live until the entry returns, and the batch cannot outlive that.
    private let checks: UnsafePointer<UnsafePointer<auth_check_t>?>
    private let results: UnsafePointer<UnsafeMutablePointer<auth_result_t>?>
    private let host: HostInterface

    /// How many checks there are: 1...1000.
    public let count: Int

    /// Takes the host's arrays; nil for arrays that break the contract.
    @_lifetime(borrow checks)
    init?(
        _ checks: UnsafePointer<UnsafePointer<auth_check_t>?>?,
        _ results: UnsafePointer<UnsafeMutablePointer<auth_result_t>?>?, _ count: Int, _ host: HostInterface
    ) {
        guard let checks, let results, 1...1000 ~= count else { return nil }
        for row in 0..<count {
            // SAFETY: the array has `count` rows, each null or the address of a record that says its size.
            guard let result = results[row], result.pointee.size >= FirstSize.result else {
                return nil
            }
        }
        self.checks = checks
        self.results = results
        self.host = host
        self.count = count
    }

    /// Answers every check with what `decide` says. A row that it delays is asked again alone, and what was kept of it answers
    /// nothing.
    public func answerEach(_ decide: (borrowing CheckQuestion) -> Answer) {
        for row in 0..<count {
            // SAFETY: both arrays have `count` rows; init? has seen that each has a result.
            guard let result = results[row] else { continue }
            result.pointee.status = Entry.ask(host, result) { (slot: PendingSlot<Answer>) -> Answer in
                guard let question = CheckQuestion(checks[row], slot) else { return .failed(Entry.broken) }
                let answer = decide(question)
                return answer.status == .delayed ? .askAlone : answer
            }
        }
    }
}
