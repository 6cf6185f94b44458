import Basics

/// When a module that hangs is replaced. Each replacement leaves threads and memory behind, so that soon after one the next one waits.
package struct HangPace {
    /// The first wait between two replacements, and the longest: the wait doubles with each. Without a replacement for as long as the
    /// longest, it begins anew.
    package static let firstWait = Duration.seconds(60)
    package static let longestWait = Duration.seconds(3600)

    private var last: Int64?
    private var wait = Self.firstWait

    /// Begins without a replacement.
    package init() {}

    /// Whether a module that is hung is to be replaced now. A yes counts as a replacement.
    ///
    /// - Parameter now: nanoseconds on the monotonic clock.
    package mutating func allows(at now: Int64) -> Bool {
        guard let last else {
            self.last = now
            return true
        }
        let since = now - last
        guard since >= wait.nanoseconds else { return false }
        wait = since >= Self.longestWait.nanoseconds ? Self.firstWait : min(wait * 2, Self.longestWait)
        self.last = now
        return true
    }
}
