import CAuthModule

/// Up to 1,000 checks that are answered in one call, lent until the function that is asked returns.
public struct CheckBatch: ~Copyable, ~Escapable {
    // SAFETY: the host's arrays, checked by init?, live until the entry returns, and the batch cannot outlive that.
    private let checks: UnsafeRawPointer
    private let results: UnsafeMutableRawPointer
    private let checkStride: Int
    private let resultStride: Int
    private let host: HostInterface

    /// How many checks there are: 1...1000.
    public let count: Int

    /// Takes the host's arrays; nil for arrays that break the contract.
    @_lifetime(borrow checks)
    init?(
        _ checks: UnsafePointer<auth_check_t>?, _ results: UnsafeMutablePointer<auth_result_t>?, _ count: Int,
        _ host: HostInterface
    ) {
        guard let checks, let results, 1...1000 ~= count else { return nil }
        // A newer host's records are longer: the first says how long all of them are.
        let checkStride = Int(checks.pointee.size)
        let resultStride = Int(results.pointee.size)
        guard checkStride >= MemoryLayout<auth_check_t>.size, checkStride % MemoryLayout<auth_check_t>.alignment == 0,
            resultStride >= MemoryLayout<auth_result_t>.size,
            resultStride % MemoryLayout<auth_result_t>.alignment == 0
        else { return nil }
        self.checks = UnsafeRawPointer(checks)
        self.results = UnsafeMutableRawPointer(results)
        self.checkStride = checkStride
        self.resultStride = resultStride
        self.host = host
        self.count = count
    }

    /// Answers every check with what `decide` says. A row that it delays is "could not decide".
    public func answerEach(_ decide: (borrowing CheckQuestion) -> Answer) {
        for row in 0..<count {
            // SAFETY: both arrays have `count` rows of these strides.
            let check = (checks + row * checkStride).assumingMemoryBound(to: auth_check_t.self)
            let result = (results + row * resultStride).assumingMemoryBound(to: auth_result_t.self)
            result.pointee.status = Entry.ask(host, result) { (slot: PendingSlot<Answer>) -> Answer in
                guard let question = CheckQuestion(check, slot) else { return .failed(Entry.broken) }
                let answer = decide(question)
                return answer.status == .delayed ? .failed("a check of a batch cannot be delayed") : answer
            }
        }
    }
}
