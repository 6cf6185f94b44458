/// A breach of a door's protocol in what a client has sent.
struct DoorFault: Error, Hashable, CustomStringConvertible {
    /// A word for the kind, for counting.
    let kind: String
    let description: String

    init(_ kind: String, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
