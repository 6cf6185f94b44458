import Glibc

/// Bytes that are wiped when the last holder lets go, and that never describe themselves.
public final class Secret: Sendable {
    /// The bytes and a NUL behind them.
    private nonisolated(unsafe) let storage: UnsafeMutablePointer<UInt8>
    // Written in init and deinit only, where no other code can hold a reference; read-only in between.

    /// How many bytes it has.
    public let count: Int
    private let capacity: Int

    /// Copies a secret in. The caller wipes its own copy.
    public init(_ bytes: some Collection<UInt8>) {
        count = bytes.count
        capacity = count + 1
        storage = .allocate(capacity: capacity)
        // SAFETY: the buffer was allocated above with room for the bytes and the NUL.
        _ = UnsafeMutableBufferPointer(start: storage, count: count).initialize(from: bytes)
        (storage + count).initialize(to: 0)
    }

    /// Copies a secret in. The caller wipes its own copy.
    public init(_ bytes: Span<UInt8>) {
        let count = bytes.count
        self.count = count
        capacity = count + 1
        let storage = UnsafeMutablePointer<UInt8>.allocate(capacity: count + 1)
        // SAFETY: the buffer was allocated above with room for the bytes and the NUL.
        bytes.withUnsafeBufferPointer { bytes in
            if let first = bytes.baseAddress { storage.initialize(from: first, count: count) }
        }
        (storage + count).initialize(to: 0)
        self.storage = storage
    }

    /// Copies a secret in. The caller wipes its own copy.
    public convenience init(_ bytes: ArraySlice<UInt8>) { self.init(bytes.span) }

    /// Copies a text, whose own memory is not overwritten.
    public convenience init(_ text: String) { self.init(Array(text.utf8)) }

    /// Takes over the memory of a secret that was put together; nothing is copied.
    public init(_ bytes: consuming SecretBytes) {
        (storage, count, capacity) = bytes.release()
    }

    deinit {
        // SAFETY: the buffer is owned and no other code refers to it. A plain store before a deallocation could be optimised
        // away; explicit_bzero(3) is the one thing this target takes from C, because it promises not to be.
        explicit_bzero(storage, capacity)
        storage.deallocate()
    }

    /// Lends the bytes with the NUL behind them.
    public func withTerminatedBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        body(UnsafeBufferPointer(start: storage, count: count + 1))
    }

    /// The bytes of what turned out to be no secret.
    public func copy() -> [UInt8] { withTerminatedBytes { Array($0.dropLast()) } }
}

extension Secret: CustomStringConvertible, CustomReflectable {
    /// Never the secret.
    public var description: String { "(secret)" }
    /// Shows nothing to a debugger.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Bytes that may hold a secret while they are read or put together: wiped when they go away, when they are taken out and
/// when they move to a larger place.
///
/// Code that reads a password keeps it here or in a ``Secret``, and never in an array or a string, whose memory is given
/// back as it is. Decoders write into one of these, so that nothing of a secret is left on the way.
public struct SecretBytes: ~Copyable {
    /// Room for `capacity` bytes and a NUL behind them.
    private var storage: UnsafeMutablePointer<UInt8>
    /// How many bytes there is room for.
    public private(set) var capacity: Int
    /// How many bytes there are.
    public private(set) var count = 0

    /// - Parameter capacity: how many bytes are expected; it grows for more.
    public init(capacity: Int = 0) {
        self.capacity = capacity
        storage = .allocate(capacity: capacity + 1)
        // SAFETY: the buffer was allocated above with room for as many bytes.
        storage.initialize(repeating: 0, count: capacity + 1)
    }

    deinit { Self.discard(storage, capacity) }

    // SAFETY: `storage` has room for `capacity + 1` bytes and is not used any more.
    private static func discard(_ storage: UnsafeMutablePointer<UInt8>, _ capacity: Int) {
        explicit_bzero(storage, capacity + 1)
        storage.deallocate()
    }

    /// Whether there is none.
    public var isEmpty: Bool { count == 0 }

    /// A byte; `index` is below the count.
    public subscript(_ index: Int) -> UInt8 {
        precondition((0..<count).contains(index), "a place outside of the secret")
        return storage[index]
    }

    /// Adds a byte; memory that is left behind is overwritten.
    public mutating func append(_ byte: UInt8) {
        reserve(count + 1)
        storage[count] = byte
        count += 1
    }

    /// Appends bytes. The caller wipes its own copy.
    public mutating func append(contentsOf bytes: some Collection<UInt8>) {
        reserve(count + bytes.count)
        for byte in bytes {
            storage[count] = byte
            count += 1
        }
    }

    /// Appends bytes. The caller wipes its own copy.
    public mutating func append(contentsOf bytes: Span<UInt8>) {
        reserve(count + bytes.count)
        // SAFETY: there is room for as many bytes behind those that there are.
        bytes.withUnsafeBufferPointer { bytes in
            if let first = bytes.baseAddress { memcpy(storage + count, first, bytes.count) }
        }
        count += bytes.count
    }

    /// Overwrites bytes where they are.
    public mutating func wipe(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "a range outside of the secret")
        // SAFETY: the range lies within the `count` bytes.
        explicit_bzero(storage + range.lowerBound, range.count)
    }

    /// The bytes, for as long as they are not changed.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { _overrideLifetime(Span(_unsafeStart: UnsafePointer(storage), count: count), borrowing: self) }
    }

    /// Takes bytes out at the front, and wipes their place.
    public mutating func removeFirst(_ number: Int) {
        precondition((0...count).contains(number), "more bytes than there are")
        // SAFETY: both ranges lie within the `count` bytes.
        memmove(storage, storage + number, count - number)
        explicit_bzero(storage + (count - number), number)
        count -= number
    }

    /// Takes everything out and overwrites it.
    public mutating func removeAll() { removeFirst(count) }

    /// The place of the first such byte; nil without one.
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        (start..<max(start, count)).first { storage[$0] == byte }
    }

    /// Lends the bytes of a range.
    public func withBytes<Result>(_ range: Range<Int>? = nil, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result
    {
        let range = range ?? 0..<count
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "a range outside of the secret")
        return body(UnsafeBufferPointer(start: storage + range.lowerBound, count: range.count))
    }

    /// A range as a secret of its own.
    public func secret(_ range: Range<Int>) -> Secret { withBytes(range) { Secret($0) } }

    /// Moves to a larger place where there is no room, and wipes the old one.
    private mutating func reserve(_ wanted: Int) {
        if wanted <= capacity { return }
        var larger = SecretBytes(capacity: max(wanted, capacity * 2))
        // SAFETY: the new place is larger than the bytes that there are.
        memcpy(larger.storage, storage, count)
        larger.count = count
        swap(&self, &larger)
    }

    /// Gives the memory away, with a NUL behind the bytes; `capacity` counts that too.
    fileprivate consuming func release() -> (UnsafeMutablePointer<UInt8>, count: Int, capacity: Int) {
        storage[count] = 0
        let given = (storage, count, capacity + 1)
        discard self
        return given
    }
}
