#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Holds plain values in one growing block of memory that has one owner.
///
/// NOTE: an `Array` field costs a retain and a release wherever a check reads it, and those hit one cache line from
/// every thread. This owner is never copied, so a check touches no reference count. Large blocks grow by remapping, not
/// copying.
struct Flat<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity = 0

    init() {
        // SAFETY: never read: `count` is 0 until `grow` has put a real block here.
        base = UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment).unsafelyUnwrapped
    }

    /// Fills a block that begins with a cache line, so that elements of half a line never lie across two.
    init(repeating value: Element, count: Int) {
        self.init()
        guard count > 0 else { return }
        let lines = (count * MemoryLayout<Element>.stride + 63) / 64
        adopt(aligned_alloc(64, lines * 64), room: count)
        // SAFETY: `adopt` made room for `count` elements.
        base.initialize(repeating: value, count: count)
        self.count = count
    }

    deinit {
        // SAFETY: a capacity above 0 means that `base` came from malloc and was not freed.
        if capacity > 0 { free(base) }
    }

    subscript(index: Int) -> Element {
        @inline(__always) get {
            assert(index >= 0 && index < count)
            // SAFETY: INVARIANT: indices come from the builder, which made the elements; checked in debug builds.
            return base[index]
        }
        @inline(__always) set {
            precondition(index >= 0 && index < count)
            // SAFETY: bounds checked above.
            base[index] = newValue
        }
    }

    mutating func removeAll() { count = 0 }

    mutating func append(_ value: Element) {
        if count == capacity { grow(to: count + 1) }
        // SAFETY: `count < capacity`.
        base[count] = value
        count += 1
    }

    mutating func append(_ values: UnsafeBufferPointer<Element>) {
        guard let source = values.baseAddress, !values.isEmpty else { return }
        if count + values.count > capacity { grow(to: count + values.count) }
        // SAFETY: room was made above; `values` is memory of the caller, never part of this block.
        (base + count).update(from: source, count: values.count)
        count += values.count
    }

    mutating func sort(_ range: Range<Int>, by areInOrder: (Element, Element) -> Bool) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        // SAFETY: the range lies inside the elements.
        var part = UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)
        part.sort(by: areInOrder)
    }

    private mutating func grow(to wanted: Int) {
        guard wanted > capacity else { return }
        let room = max(wanted, capacity * 2, 16)
        let old = capacity > 0 ? UnsafeMutableRawPointer(base) : nil
        // SAFETY: `old` is nil or came from malloc; malloc's alignment is enough for every plain element.
        adopt(realloc(old, room * MemoryLayout<Element>.stride), room: room)
    }

    /// Takes a block that the system gave; nil where it had none.
    private mutating func adopt(_ block: UnsafeMutableRawPointer?, room: Int) {
        guard let block else {
            preconditionFailure("no memory for \(room) elements of \(MemoryLayout<Element>.stride) bytes")
            // A rule set that is not whole must not decide anything, and every question denies while no host is there. Swift's own
            // collections end the process without memory too, which nothing can catch.
        }
        base = block.bindMemory(to: Element.self, capacity: room)
        capacity = room
    }
}
