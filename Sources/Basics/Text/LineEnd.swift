/// The one rule for where a line ends that was typed, piped or read from a file, a secret first of all.
///
/// LF ends a line and so does CR LF, whichever system wrote it. A CR anywhere else is a byte of the line: a secret that ends
/// in one is written without the end of a line behind it, or with CR CR LF.
public enum LineEnd {
    /// How many of the bytes are left when the end of a line at their end is taken off; one end, once.
    public static func length(of bytes: UnsafeRawBufferPointer) -> Int {
        guard let last = bytes.last, last == UInt8(ascii: "\n") else { return bytes.count }
        let rest = bytes.dropLast()
        return rest.last == UInt8(ascii: "\r") ? rest.count - 1 : rest.count
    }

    /// As ``length(of:)``, for an array.
    public static func length(of bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { length(of: $0) } }
}
