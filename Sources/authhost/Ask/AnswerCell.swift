import AuthCore
import ModuleHost
import Synchronization

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
