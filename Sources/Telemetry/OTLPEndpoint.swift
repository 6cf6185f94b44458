import Basics

/// Where a collector takes spans.
public struct OTLPEndpoint: Sendable, Equatable {
    /// A name or an address, without brackets.
    public let host: String
    /// 1...65535.
    public let port: UInt16
    /// Begins with a slash.
    public let path: String

    /// Reads `http://HOST[:PORT][/PATH]`; the port is 4318 and the path `/v1/traces` where they are not given. Nil for anything else.
    public init?(_ text: String) {
        guard text.hasPrefix("http://") else { return nil }
        let rest = text.dropFirst(7)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = rest[slash...]
        var place = rest[..<slash]
        var port: UInt16 = 4318
        if let colon = place.lastIndex(of: ":"), !place.hasSuffix("]") {
            guard let number = UInt16(place[place.index(after: colon)...]), number > 0 else { return nil }
            port = number
            place = place[..<colon]
        }
        if place.hasPrefix("["), place.hasSuffix("]") {
            place = place.dropFirst().dropLast()
        } else if place.contains(":") {
            return nil
        }
        guard !place.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            !place.contains(where: { "@[]?#".contains($0) })
        else { return nil }
        host = String(place)
        self.port = port
        self.path = path.isEmpty || path == "/" ? "/v1/traces" : String(path)
    }

    /// As in the field Host.
    var authority: String { HostAndPort.text(host, Int(port)) }
}
