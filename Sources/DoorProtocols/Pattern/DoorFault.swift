/// What of a client's bytes is not its protocol's.
struct DoorFault: Error, Hashable, CustomStringConvertible {
    /// A word for the kind, for counting.
    let kind: String
    let description: String

    init(_ kind: String, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
