import Synchronization
import Testing

@testable import Runtime

@Suite struct `What is set once` {
    @Test func `is the first that anybody set, for everybody and for good`() {
        for _ in 0..<50 {
            let cell = SetOnce<String>()
            let seen = Mutex<Set<String>>([])
            TestThreads.run(4) { number in
                cell.set("a text that is kept on the heap, by thread \(number)")
                for _ in 0..<100 {
                    if let value = cell.value { seen.withLock { _ = $0.insert(value) } }
                }
            }
            #expect(seen.withLock { $0.count } == 1)
            #expect(cell.value.map { text in seen.withLock { $0.contains(text) } } == true)
        }
    }

    @Test func `is nothing before`() { #expect(SetOnce<Int>().value == nil) }
}
