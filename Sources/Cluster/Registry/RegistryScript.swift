/// The script that changes the registry.
public enum RegistryScript {
    /// The form of the keys; another one is refused.
    public static let form = "1"

    /// The text of the script.
    public static let text = String(decoding: PackageResources.registry_lua, as: UTF8.self)

    /// The same script as what a full server runs too: what makes room, and what keeps hosts alive.
    public static func whenFull(_ text: String) -> String { "#!lua flags=allow-oom\n" + text }
}
