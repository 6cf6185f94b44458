import Basics

/// A server as the programs that connect to it name it: protocol, host and port.
public struct ServerName: Hashable, Sendable, CustomStringConvertible {
    /// Lower case, such as `https`.
    public let scheme: String
    /// A name or an address, lower case, an IPv6 address without its brackets.
    public let host: String
    /// 1...65535; nil for a protocol whose port is not known here and was not named.
    public let port: Int?

    /// Reads `[protocol://]host[:port]`: https where no protocol is named, and the port of https and http where none is.
    ///
    /// - Returns: nil for any other text, also for one with a user or a path.
    public init?(_ text: String) {
        var rest = text[...]
        var scheme = "https"
        if let end = text.firstPlace(of: "://") {
            scheme = text[..<end.lowerBound].lowercased()
            rest = text[end.upperBound...]
        }
        guard let first = scheme.utf8.first, Self.isLetter(first), scheme.utf8.allSatisfy(Self.isOfScheme) else {
            return nil
        }
        let namesPort = rest.contains(":") && !rest.hasSuffix("]")
        guard let address = ListenAddress(namesPort ? String(rest) : rest + ":0"), namesPort == (address.port > 0)
        else { return nil }
        self.scheme = scheme
        host = address.host.lowercased()
        port = namesPort ? address.port : ["https": 443, "http": 80][scheme]
    }

    /// Reads the same with a path behind it, which is left out: programs name a place within the server.
    public init?(url text: String) {
        let start = text.firstPlace(of: "://")?.upperBound ?? text.startIndex
        self.init(String(text[..<(text[start...].firstIndex(of: "/") ?? text.endIndex)]))
    }

    /// Spells all three parts; equal servers have one spelling.
    public var description: String {
        "\(scheme)://\(port.map { HostAndPort.text(host, $0) } ?? HostAndPort.host(host))"
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    // RFC 3986 section 3.1.
    private static func isOfScheme(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.".utf8.contains(byte)
    }
}
