/// What the file of a module must be: its SHA-256, or that there must be one.
public struct ModulePin: Sendable, Equatable {
    /// 64 digits of 0-9 and a-f; nil where the file has no pin and needs one.
    public let digest: String?
    /// Where the pin was set, such as `etc/authhost.conf:12:3`.
    public let source: String

    /// Makes a pin.
    public init(digest: String?, source: String) {
        self.digest = digest
        self.source = source
    }

    /// Compares the bytes that are about to be mapped.
    func check(_ image: ModuleImage) throws(ModuleError) {
        let found = ModuleDigest.of(image.bytes)
        guard let digest else {
            throw ModuleError(
                .pinned, image.module,
                "`\(image.path)` has no pin, and `module-pin-required` (\(source)) asks for one; its file now is sha256:\(found)"
            )
        }
        guard found == digest else {
            throw ModuleError(
                .pinned, image.module,
                "`\(image.path)` is not the file that is pinned at \(source): found sha256:\(found), pinned is sha256:\(digest)"
            )
        }
    }
}
