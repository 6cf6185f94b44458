import Synchronization

/// The latest lines of the event log, for operators who look at a running host.
///
/// Bounded in lines and in bytes for each; a reader that is too slow is told how many lines it missed.
public final class EventRing: Sendable {
    private struct State {
        var lines: [String] = []
        /// How many lines there ever were; the next one has this number.
        var written: UInt64 = 0
    }

    /// Bytes that are kept of a line at most.
    private static let lineLimit = 4096
    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: lines that are kept; at least 1.
    public init(capacity: Int = 1024) { self.capacity = capacity }

    /// The number that the next line will have.
    public var next: UInt64 { state.withLock { $0.written } }

    /// Keeps a line, without its line feed.
    func append(_ line: String) {
        let kept =
            line.utf8.count <= Self.lineLimit ? line : String(decoding: line.utf8.prefix(Self.lineLimit), as: UTF8.self)
        state.withLock { state in
            let index = Int(state.written % UInt64(capacity))
            if index < state.lines.count { state.lines[index] = kept } else { state.lines.append(kept) }
            state.written += 1
        }
    }

    /// Returns lines from a number on, and how many of those asked for are not kept any more.
    ///
    /// - Parameter limit: how many lines at most.
    public func lines(from start: UInt64, limit: Int) -> (lines: [String], next: UInt64, missed: UInt64) {
        state.withLock { state in
            let oldest = state.written - UInt64(state.lines.count)
            let first = min(max(start, oldest), state.written)
            let end = min(first + UInt64(limit), state.written)
            let lines = (first..<end).map { state.lines[Int($0 % UInt64(capacity))] }
            return (lines, end, first > start ? first - start : 0)
        }
    }
}
