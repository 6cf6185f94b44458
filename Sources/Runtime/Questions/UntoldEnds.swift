import AuthCore
import Basics
import ModuleHost
import Synchronization

/// Tells a module which sessions have ended, in slices: when thousands end at once, what else that thread has to do comes in between.
///
/// Each end is told once, also where the lane is drained meanwhile, and after all that the lane was given before it.
final class UntoldEnds: Sendable {
    /// A session that has ended.
    struct End: Sendable {
        let session: ModuleSession
        let reason: SessionEnd
        /// Called when the module has heard of it.
        let isTold: @Sendable () -> Void
    }

    /// How many ends are told in one go.
    static let slice = 64
    /// For how many nanoseconds a slice goes on to another end.
    private static let patience: Int64 = 10_000_000

    private struct State {
        /// In the order of arrival, each with the place in the lane that it comes behind.
        var ends: [(end: End, place: UInt64)] = []
        var head = 0
        /// Whether a slice is queued, or runs.
        var isTelling = false

        /// Takes the oldest end that comes behind nothing that is still queued.
        mutating func next(at place: UInt64) -> End? {
            guard head < ends.count, ends[head].place <= place else { return nil }
            defer {
                head += 1
                if head == ends.count || head > 1024 {
                    ends.removeFirst(head)
                    head = 0
                }
            }
            return ends[head].end
        }
    }

    private let state = Mutex(State())
    private let lane: WorkLane
    private let clock: any HostClock
    private let tell: @Sendable (End) -> Void

    /// - Parameters:
    ///   - lane: where the module is told.
    ///   - tell: tells it of one end, on a thread of the lane.
    init(on lane: WorkLane, clock: any HostClock, tell: @escaping @Sendable (End) -> Void) {
        self.lane = lane
        self.clock = clock
        self.tell = tell
    }

    /// How many the module has not been told of.
    var count: Int { state.withLock { $0.ends.count - $0.head } }

    /// Has the module told of an end.
    func add(_ end: End) {
        let place = lane.lastPlace
        let begins = state.withLock { state in
            state.ends.append((end, place))
            defer { state.isTelling = true }
            return !state.isTelling
        }
        if begins { lane.tell(placed: { [self] in tellSlice(at: $0) }) }
    }

    private func tellSlice(at place: UInt64) {
        let due = clock.monotonic + Self.patience
        for _ in 0..<Self.slice {
            guard let end = state.withLock({ $0.next(at: place) }) else { break }
            tell(end)
            end.isTold()
            if clock.monotonic >= due { break }
        }
        let goesOn = state.withLock { state in
            state.isTelling = state.head < state.ends.count
            return state.isTelling
        }
        if goesOn { lane.tell(goesOn: true, placed: { [self] in tellSlice(at: $0) }) }
    }
}
