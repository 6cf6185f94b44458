import AuthCore
import ModuleHost
import Synchronization

/// Flat JSON objects for `--json`.
enum JSONText {
    /// Members without a value are left out.
    static func object(_ members: [(String, String?)]) -> String {
        "{"
            + members.compactMap { name, value in value.map { "\(quoted(name)): \(quoted($0))" } }.joined(
                separator: ", ")
            + "}"
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// One answer, waited for by one thread.
final class AnswerCell: Sendable {
    private let answer = Mutex<Answer?>(nil)
    private let ready = Semaphore()

    func put(_ answer: Answer) {
        self.answer.withLock { $0 = answer }
        ready.signal()
    }

    func wait() -> Answer {
        ready.wait()
        return answer.withLock { $0 } ?? Answer(.undecided, .moduleError)
    }
}
