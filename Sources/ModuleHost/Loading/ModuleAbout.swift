import Basics
import CAuthModule
import CFFI

/// What a module says of itself by the ability ``AUTH_EXTENSION_ABOUT``.
struct ModuleAbout {
    /// A name and a version, on one line of at most 513 bytes.
    let text: String

    private static let longestText = 256

    /// Reads the record at an address, which may be anything; nil for none.
    ///
    /// - Throws: ``ModuleError`` for an address where no such record is.
    init?(_ address: UInt, _ module: String) throws(ModuleError) {
        if address == 0 { return nil }
        let size = MemoryLayout<auth_about_t>.size
        func fault(_ text: String) -> ModuleError { ModuleError(.badExtension, module, text) }
        let returned = "`auth_get_extension` returned 0x\(String(address, radix: 16)) for `\(AUTH_EXTENSION_ABOUT)`"
        guard let bytes = Self.copy(address, size) else {
            throw fault("\(returned), where no record of \(size) bytes is")
        }
        guard address % 8 == 0 else { throw fault("\(returned); an address that is a multiple of 8 is accepted") }
        let record = bytes.withUnsafeBytes { $0.loadUnaligned(as: auth_about_t.self) }
        guard record.size >= UInt32(size) else {
            throw fault("the record of its `\(AUTH_EXTENSION_ABOUT)` has \(record.size) bytes; \(size) are accepted")
        }
        guard record.reserved == 0 else {
            throw fault("the member `reserved` of its `\(AUTH_EXTENSION_ABOUT)` is \(record.reserved); 0 is accepted")
        }
        var texts: [String] = []
        for (what, string) in [("name", record.name), ("version", record.version)] where string.length != 0 {
            // A size_t above Int.max arrives as a negative number.
            guard (0...Self.longestText).contains(string.length) else {
                let said = string.length < 0 ? "more bytes than there can be" : "\(string.length) bytes"
                throw fault(
                    "the member `\(what)` of its `\(AUTH_EXTENSION_ABOUT)` has \(said); at most "
                        + "\(Self.longestText) are accepted")
            }
            let count = string.length
            guard let copied = Self.copy(UInt(bitPattern: string.data), count) else {
                throw fault(
                    "the member `\(what)` of its `\(AUTH_EXTENSION_ABOUT)` has no \(string.length) bytes that can be read"
                )
            }
            texts.append(String(decoding: copied, as: UTF8.self).controlsEscaped)
        }
        text = texts.joined(separator: " ")
    }

    private static func copy(_ address: UInt, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        // SAFETY: the room is as long as is said, and a system call looks whether the source can be read.
        let isThere = bytes.withUnsafeMutableBytes { room in
            room.baseAddress.map { cffi_copy_memory(UnsafeRawPointer(bitPattern: address), $0, count) } ?? false
        }
        return isThere ? bytes : nil
    }
}
