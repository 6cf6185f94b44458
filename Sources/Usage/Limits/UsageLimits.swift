/// Bounds the memory of the usage statistics, because names of applications come from clients.
public struct UsageLimits: Hashable, Sendable {
    /// How many pairs of user and application are kept for a month; at least 1.
    public var pairs: Int
    /// How many applications are told apart in a month; the users of further ones count under ``furtherApplications``.
    public var applications: Int
    /// How many bytes an application's name may have to be told apart.
    public var applicationNameSize: Int

    /// The name that stands for every application beyond the limit.
    public static let furtherApplications = "(further applications)"

    /// Makes limits; the defaults bound the memory to about 200 MB.
    public init(pairs: Int = 1_000_000, applications: Int = 1_000, applicationNameSize: Int = 255) {
        self.pairs = pairs
        self.applications = applications
        self.applicationNameSize = applicationNameSize
    }
}
