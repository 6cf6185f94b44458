/// The script that changes the registry; all of it runs there as one.
public enum RegistryScript {
    /// The form of the keys; another one is refused.
    public static let form = "1"

    /// The text of the script: each part may use what stands in those before it.
    public static let text = [
        PackageResources.records_lua, PackageResources.hosts_lua, PackageResources.news_lua,
        PackageResources.usage_lua, PackageResources.ejections_lua, PackageResources.sessions_lua,
        PackageResources.penalties_lua,
    ].map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")

    /// The same script as what a full server runs too: what makes room, and what keeps hosts alive.
    public static func whenFull(_ text: String) -> String { "#!lua flags=allow-oom\n" + text }
}
