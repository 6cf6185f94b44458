/// Where the registry of a cluster is, as `cluster-registry` has it.
public struct RegistryAddress: Hashable, Sendable {
    /// A name or an address, and a port.
    public struct Endpoint: Hashable, Sendable {
        /// The name or address, an IPv6 address without brackets.
        public let host: String
        /// The port.
        public let port: Int
    }

    /// How it is reached.
    public enum Way: Hashable, Sendable {
        case unix(String)
        case host(Endpoint)
        /// The master of that name, wherever the sentinels say it is.
        case sentinels([Endpoint], master: String)
    }

    /// How it is reached.
    public let way: Way
    /// Whether TLS is spoken, with sentinels too.
    public let usesTLS: Bool
    /// The number of the database.
    public let database: Int

    /// Reads an address; nil for any other text.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/"), path.utf8.count < 108 else { return nil }
            (way, usesTLS, database) = (.unix(path), false, 0)
            return
        }
        let schemes = ["redis://", "rediss://", "redis+sentinel://", "rediss+sentinel://"]
        guard let scheme = schemes.first(where: { text.hasPrefix($0) }) else { return nil }
        usesTLS = scheme.hasPrefix("rediss")
        var parts = text.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        guard let place = parts.first, !place.contains("@") else { return nil }
        parts.removeFirst()
        if scheme.hasSuffix("+sentinel://") {
            guard let master = parts.first, (1...64).contains(master.utf8.count),
                master.utf8.allSatisfy(ClusterItems.nameBytes.contains)
            else { return nil }
            parts.removeFirst()
            let texts = place.split(separator: ",", omittingEmptySubsequences: false)
            let endpoints = texts.compactMap { Self.endpoint($0, port: 26_379) }
            guard endpoints.count == texts.count else { return nil }
            way = .sentinels(endpoints, master: String(master))
        } else {
            guard let endpoint = Self.endpoint(place, port: 6379) else { return nil }
            way = .host(endpoint)
        }
        guard parts.count <= 1 else { return nil }
        guard let last = parts.first, !last.isEmpty else {
            database = 0
            return
        }
        guard let number = Int(last), (0...65_535).contains(number) else { return nil }
        database = number
    }

    private static func endpoint(_ text: Substring, port usual: Int) -> Endpoint? {
        var (host, port) = (text, Substring("\(usual)"))
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            if rest.hasPrefix(":") { port = rest.dropFirst() } else if !rest.isEmpty { return nil }
        } else if let colon = text.lastIndex(of: ":") {
            (host, port) = (text[..<colon], text[text.index(after: colon)...])
            if host.contains(":") { return nil }
        }
        guard !host.isEmpty, let number = Int(port), (1...65_535).contains(number) else { return nil }
        return Endpoint(host: String(host), port: number)
    }
}
