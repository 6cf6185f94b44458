/// Why there are no credentials; for the log, never a secret.
public struct CredentialFailure: Error, Hashable, CustomStringConvertible {
    /// What was tried and what was found.
    public let description: String

    init(_ description: String) { self.description = description }
}
