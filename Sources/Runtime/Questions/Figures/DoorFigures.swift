import AuthCore
import Metrics
import Synchronization

/// How long the decisions by one door take, and what they are.
///
/// Its numbers are atomic and in shares for each thread (``Metrics`` keeps them so): counting takes no lock and no memory.
final class DoorFigures: Sendable {
    fileprivate let door: String
    private let times = QuestionKind.allCases.map { _ in SetOnce<Timer>() }
    private let verdicts = Verdict.allCases.map { _ in SetOnce<Counter>() }

    private let factory: any MetricsFactory

    init(_ door: String, _ factory: any MetricsFactory = MetricsSystem.factory) {
        self.door = door
        self.factory = factory
    }

    /// Notes a decision, or several that were made at once.
    ///
    /// - Parameter nanoseconds: from the question to its answer.
    func note(_ kind: QuestionKind, _ verdict: Verdict, nanoseconds: Int64, times count: Int = 1) {
        let time = times[kind.ordinal]
        let timer = time.value ?? self.timer(kind, time)
        for _ in 0..<count { timer.recordNanoseconds(nanoseconds) }
        let cell = verdicts[verdict.ordinal]
        (cell.value ?? counter(verdict, cell)).increment(by: count)
    }

    private func timer(_ kind: QuestionKind, _ place: SetOnce<Timer>) -> Timer {
        let timer = Timer(
            label: "authhost_decision_seconds", dimensions: [("door", door), ("question", kind.rawValue)],
            factory: factory)
        place.set(timer)
        return timer
    }

    private func counter(_ verdict: Verdict, _ place: SetOnce<Counter>) -> Counter {
        let counter = Counter(
            label: "authhost_door_decisions_total", dimensions: [("door", door), ("verdict", verdict.rawValue)],
            factory: factory)
        place.set(counter)
        return counter
    }
}

/// The figures of all doors, by their names.
final class DoorFigureTable: Sendable {
    /// Doors are few; questions with further names, such as those of a test, are counted under one.
    private static let limit = 256

    private struct State: Sendable {
        var doors: [ExactText: DoorFigures] = [:]
        /// The one that was asked for last: most often the next one as well.
        var last: DoorFigures?
    }

    private let state = Mutex(State())
    private let factory: any MetricsFactory
    private let others: DoorFigures

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        others = DoorFigures("others", factory)
    }

    subscript(_ door: String) -> DoorFigures {
        state.withLock { state in
            if let last = state.last, last.door.hasBytes(of: door) { return last }
            guard let figures = find(door, &state) else { return others }
            state.last = figures
            return figures
        }
    }

    private func find(_ door: String, _ state: inout State) -> DoorFigures? {
        if let known = state.doors[ExactText(door)] { return known }
        guard state.doors.count < Self.limit else { return nil }
        let made = DoorFigures(door, factory)
        state.doors[ExactText(door)] = made
        return made
    }
}

extension Verdict {
    /// The position among all verdicts.
    fileprivate var ordinal: Int {
        switch self {
        case .allow: 0
        case .deny: 1
        case .wrongCredentials: 2
        case .overLimit: 3
        case .ejected: 4
        case .undecided: 5
        }
    }
}
