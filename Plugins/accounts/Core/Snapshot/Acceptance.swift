/// Says on what terms a session may be had.
package struct Acceptance: Sendable, Hashable {
    /// The second at which it ends, since 1970-01-01 00:00 UTC; nil for never.
    package var expiry: Int64?
    /// How many sessions the user may hold; 0 for no limit.
    package var sessionLimit: UInt32 = 0
    /// How many of them may come from the application that logs in; 0 for no limit.
    package var applicationSessionLimit: UInt32 = 0

    /// Says whether there are no terms.
    package var isPlain: Bool { expiry == nil && sessionLimit == 0 && applicationSessionLimit == 0 }
}
