import CAuthModule
import Glibc

/// What `host->get_extension` finds.
enum HostExtensions {
    /// The abilities of the host by their ids: records that live as long as the process.
    static func record(_ id: UnsafePointer<CChar>) -> UnsafeRawPointer? {
        // SAFETY: the ABI says that the id is NUL-terminated.
        strcmp(id, AUTH_EXTENSION_ABOUT) == 0 ? UnsafeRawPointer(about.pointer) : nil
    }

    private struct About: @unchecked Sendable {
        // Written once, before it is handed out; never freed, never changed.
        let pointer: UnsafePointer<auth_about_t>
    }

    private static let about: About = {
        let record = UnsafeMutablePointer<auth_about_t>.allocate(capacity: 1)
        func lent(_ text: String) -> auth_string_t {
            auth_string_t(data: TextPool.shared.terminated(text), length: text.utf8.count)
        }
        var value = auth_about_t()
        value.size = UInt32(MemoryLayout<auth_about_t>.size)
        value.name = lent("authhost")
        value.version = lent(HostProcess.version)
        record.initialize(to: value)
        return About(pointer: record)
    }()
}
