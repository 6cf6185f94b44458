import Basics

/// A host and a port to listen on.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host name or an address, an IPv6 address without its brackets.
    public let host: String
    /// The TCP port; 0 takes any free one.
    public let port: Int

    /// Reads `host:port` or `[address]:port`; nil when the text is neither.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard let port = DecimalNumber.integer(digits), (0...65_535).contains(port) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else {
            guard host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }) else {
                return nil
            }
        }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = port
    }

    /// Spells the address as it is written in a configuration.
    public var description: String { HostAndPort.text(host, port) }
}

/// Reads numbers the way people write them in a configuration: ASCII digits, a minus sign, a decimal point.
enum DecimalNumber {
    /// Returns a whole number, nil for anything but digits after an optional minus sign, or when it does not fit.
    static func integer(_ text: some StringProtocol) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard isDigits(digits) else { return nil }
        return Int(text)
    }

    /// Returns a number, nil for anything but digits with at most one point between them after an optional minus sign.
    static func float(_ text: some StringProtocol) -> Double? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy({ isDigits($0) }), let number = Double(String(text)), number.isFinite else { return nil }
        return number
    }

    /// Returns file permissions, nil for anything but one to four octal digits up to 0777.
    static func fileMode(_ text: some StringProtocol) -> Int? {
        guard isDigits(text), text.utf8.count <= 4, let mode = Int(text, radix: 8), mode <= 0o777 else { return nil }
        return mode
    }

    private static func isDigits(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
