import Glibc
import Synchronization

/// C strings that live as long as the process: option values, which a module may keep.
///
/// Equal texts are stored once, so the pool is as large as the configuration, not as the number of look-ups.
final class TextPool: Sendable {
    static let shared = TextPool()

    private struct Entry: @unchecked Sendable {
        // Written once by strdup, never freed, never changed.
        let pointer: UnsafePointer<CChar>
    }

    private let texts = Mutex<[String: Entry]>([:])

    /// Lends `text` with a NUL behind it; nil only when memory is out.
    func terminated(_ text: String) -> UnsafePointer<CChar>? {
        texts.withLock { texts -> Entry? in
            if let known = texts[text] { return known }
            guard let copy = strdup(text) else { return nil }
            let entry = Entry(pointer: UnsafePointer(copy))
            texts[text] = entry
            return entry
        }?.pointer
    }
}
