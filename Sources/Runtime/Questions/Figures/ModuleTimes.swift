import Metrics
import Synchronization

/// How long a module takes in its entry points, and how long questions wait for one of its threads.
final class ModuleTimes: Sendable {
    private struct Known: Sendable {
        let entry: StaticString
        let timer: Timer
    }

    private static let places = 64

    private let module: String
    /// By the address of the entry's name, which is a constant of the program: found without a lock.
    private let known = (0..<places).map { _ in SetOnce<Known>() }
    private let queue: Timer
    private let factory: any MetricsFactory

    init(module: String, lane: String, _ factory: any MetricsFactory) {
        self.module = module
        self.factory = factory
        queue = Timer(
            label: "authhost_queue_wait_seconds", dimensions: [("module", module), ("lane", lane)], factory: factory)
    }

    /// Notes a call that has returned.
    func called(_ entry: StaticString, nanoseconds: Int64) {
        let place = known[(Int(bitPattern: entry.utf8Start) >> 3) % Self.places]
        if let found = place.value, found.entry.utf8Start == entry.utf8Start {
            return found.timer.recordNanoseconds(nanoseconds)
        }
        let timer = Timer(
            label: "authhost_module_call_seconds", dimensions: [("module", module), ("entry", entry.description)],
            factory: factory)
        // Another entry may have the place: then this one is looked up by its name each time.
        place.set(Known(entry: entry, timer: timer))
        timer.recordNanoseconds(nanoseconds)
    }

    /// Notes that a question has come to its turn.
    func waited(nanoseconds: Int64) { queue.recordNanoseconds(nanoseconds) }
}
