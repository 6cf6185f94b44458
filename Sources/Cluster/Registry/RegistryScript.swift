import CResources

/// The script that changes the registry; all of it runs there as one.
public enum RegistryScript {
    /// The form of the keys; another one is refused.
    public static let form = "3"

    /// The text of the script.
    public static let text: String = {
        let script = cresource_registry_script()
        // SAFETY: the bytes are a constant of the program.
        return String(decoding: UnsafeBufferPointer(start: script.bytes, count: script.count), as: UTF8.self)
    }()

    /// The same script as what a full server runs too: what makes room, and what keeps hosts alive.
    public static func whenFull(_ text: String) -> String { "#!lua flags=allow-oom\n" + text }
}
