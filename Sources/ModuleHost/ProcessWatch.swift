import CFFI
import Glibc
import Synchronization

/// Looks from time to time whether the process still has the working directory and the locale that it had, and its threads the
/// signals that they block: an entry point that has changed them steers all code that runs after it. No check pays for that.
public final class ProcessWatch: Sendable {
    private struct State {
        var directory = ProcessState.directory()
        var locale = ProcessState.locale()
        /// By the kernel's numbers of threads: the mask of blocked signals in hexadecimal digits.
        var masks: [Int32: String] = [:]
        /// Masks that the last look has found changed. The C library blocks signals for moments, such as while it makes a thread:
        /// what is still changed at the next look is told.
        var doubtful: [Int32: String] = [:]
    }

    private let state: Mutex<State>

    /// Takes the present state for what should be.
    public init() {
        var now = State()
        now.masks = Self.masks()
        state = Mutex(now)
    }

    /// What has changed since the last look, in words: one sentence for each.
    public func changes() -> [String] {
        let (directory, locale, masks) = (ProcessState.directory(), ProcessState.locale(), Self.masks())
        return state.withLock { state in
            var (known, doubtful) = (masks, [Int32: String]())
            defer {
                (state.directory, state.locale, state.masks, state.doubtful) = (directory, locale, known, doubtful)
            }
            var changes: [String] = []
            if directory != state.directory {
                changes.append("the working directory has changed from `\(state.directory)` to `\(directory)`")
            }
            if locale != state.locale {
                changes.append("the locale has changed from `\(state.locale)` to `\(locale)`")
            }
            for signal in ProcessState.catchCrashesAgain() {
                changes.append(
                    "\(signal) was set to its default, or to be ignored, so that a crash would have left no line; the handler is "
                        + "back")
            }
            // A new thread counts as it was when it came to a module, or else as it is found.
            for (thread, mask) in masks.sorted(by: { $0.key < $1.key }) {
                guard let before = state.masks[thread] ?? Self.firstMask(of: thread), before != mask else { continue }
                guard state.doubtful[thread] == mask else {
                    (known[thread], doubtful[thread]) = (before, mask)
                    continue
                }
                changes.append(
                    "thread \(PosixThread.describe(thread)) blocks other signals: the mask was \(before) and is \(mask) "
                        + "(SigBlk, proc(5))")
            }
            return changes
        }
    }

    /// The masks of the threads on which entry points run: those of doors, and the host's own.
    private static func masks() -> [Int32: String] {
        guard let folder = opendir("/proc/self/task") else { return [:] }
        defer { closedir(folder) }
        var masks: [Int32: String] = [:]
        while let entry = readdir(folder) {
            // SAFETY: d_name is NUL-terminated (readdir(3)) and lives until the next readdir of this stream.
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let thread = Int32(name), isOurs(thread), let mask = mask(of: thread) else { continue }
            masks[thread] = mask
        }
        return masks
    }

    private static func firstMask(of thread: Int32) -> String? {
        var mask: UInt64 = 0
        guard cffi_first_mask(thread, &mask) else { return nil }
        let digits = String(mask, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func isOurs(_ thread: Int32) -> Bool {
        let name = PosixThread.describe(thread)
        return name.hasPrefix("auth-") || name.hasPrefix("NIO-")
    }

    private static func mask(of thread: Int32) -> String? {
        guard let file = fopen("/proc/self/task/\(thread)/status", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("SigBlk:") else { continue }
            return String(text.dropFirst(7).filter { $0.isHexDigit })
        }
        return nil
    }
}
