/// Why a module cannot work: what its initialiser and ``HostedModule/reload()`` throw, unless an error of their own says more.
public struct SetupError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was found and what would be accepted, for the host's log: lower case, no final full stop, no secret.
    public let description: String

    /// Takes the words.
    public init(_ description: String) { self.description = description }
}
