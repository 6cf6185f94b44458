/// Explains a check: how it is answered, and why.
public struct Explanation: Sendable {
    /// What the check is answered with.
    public let answer: Answer
    /// Why, in lines, each ended by a line feed; empty for a module that does not explain.
    public let text: String

    /// Makes an explanation of the lines: what decided first, then what was considered and lost.
    ///
    /// lines: UTF-8 without control characters; 65,536 bytes of all are kept. Never a secret.
    public init(_ answer: Answer, lines: [String] = []) {
        self.answer = answer
        text = lines.map { $0 + "\n" }.joined()
    }
}
