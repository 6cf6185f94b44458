import AuthCore

/// What a connection has received and no conversation has read yet.
///
/// Passwords come in here first: bytes that move or are done with leave no copy behind. Only unread bytes are kept.
struct ReceivedBytes: ~Copyable {
    private var storage = SecretBytes()
    /// Where what is not read yet begins; everything before it is overwritten.
    private var start = 0

    init() {}

    var count: Int { storage.count - start }
    var capacity: Int { storage.capacity }
    var isEmpty: Bool { count == 0 }

    /// What is not read yet.
    var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span.extracting(start..<storage.count) }
    }

    /// Adds what has come in.
    mutating func append(_ bytes: Span<UInt8>) {
        if start > 0 {
            storage.removeFirst(start)
            start = 0
        }
        // A few long requests are no reason to keep that much for short ones.
        if storage.isEmpty, storage.capacity > DoorTurn.fullSize { storage = SecretBytes() }
        storage.append(contentsOf: bytes)
    }

    /// The place of the first such byte; nil without one.
    func firstIndex(of byte: UInt8) -> Int? { storage.firstIndex(of: byte, from: start).map { $0 - start } }

    /// Bytes of a range, which the caller wipes.
    func copy(_ range: Range<Int>) -> [UInt8] {
        storage.withBytes(start + range.lowerBound..<start + range.upperBound) { Array($0) }
    }

    /// Moves past bytes that are done with, and overwrites them.
    mutating func discard(_ count: Int) {
        if count == self.count {
            storage.removeAll()
            start = 0
        } else {
            storage.wipe(start..<start + count)
            start += count
        }
    }

    /// Overwrites everything.
    mutating func wipe() { discard(count) }
}
