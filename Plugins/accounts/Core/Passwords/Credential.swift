/// Says how a user proves who it is.
enum Credential: Equatable {
    /// By a password, as it is stored.
    case password([UInt8])
    /// By a signed token, checked with the key of this id.
    case key(String)
    /// Not at all.
    case missing
}
