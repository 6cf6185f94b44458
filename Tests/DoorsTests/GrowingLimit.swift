/// Tries something that must happen within a limit of the product's, which is short so that the test is.
///
/// A machine that is busy may be too slow for what comes before: the next try has ten times as long, up to a minute, which no
/// machine needs.
///
/// - Returns: whether one try came out right.
func withGrowingLimit(_ body: (Duration) async throws -> Bool) async throws -> Bool {
    var problem: (any Error)?
    for limit in [Duration.milliseconds(100), .seconds(1), .seconds(10), .seconds(60)] {
        do {
            problem = nil
            if try await body(limit) { return true }
        } catch {
            // Such as a connection that was closed before anything could be written.
            problem = error
        }
    }
    if let problem { throw problem }
    return false
}
