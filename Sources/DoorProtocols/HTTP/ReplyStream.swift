/// The content of a reply that comes in pieces, as its client takes them.
///
/// The connection asks for a piece when the client has room for it, so that a source is never ahead of its client.
final class ReplyStream: Sendable {
    enum Piece: Sendable {
        case bytes([UInt8])
        /// There are no more.
        case end
        /// There should have been more. The connection closes, and the client sees that something is missing.
        case failure
    }

    /// The media type.
    let type: String
    /// Whether the content is whole behind every piece, as events are: it ends when the door stops. Anything else is waited for.
    let isWholeAnywhere: Bool
    /// Asks for the next piece: calls its argument once, on any thread. The next call comes when that has happened.
    let next: @Sendable (@escaping @Sendable (Piece) -> Void) -> Void
    /// Hears that no more is asked for: the client has gone, or the door stops. Not called behind ``Piece/end`` and
    /// ``Piece/failure``.
    let abandon: @Sendable () -> Void

    init(
        type: String, isWholeAnywhere: Bool = false,
        next: @escaping @Sendable (@escaping @Sendable (Piece) -> Void) -> Void,
        abandon: @escaping @Sendable () -> Void = {}
    ) {
        self.type = type
        self.isWholeAnywhere = isWholeAnywhere
        self.next = next
        self.abandon = abandon
    }
}
