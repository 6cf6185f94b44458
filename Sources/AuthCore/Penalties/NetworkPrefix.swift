import Glibc

/// An IPv4 or IPv6 network: the first bits of its addresses.
public struct NetworkPrefix: Hashable, Sendable {
    /// 4 or 16; the bits behind the prefix are 0.
    public let bytes: [UInt8]
    /// How many bits count, 0...32 or 0...128.
    public let bits: Int

    /// Takes the first bits of an address of 4 or 16 bytes.
    public init(_ address: [UInt8], bits: Int) {
        self.bits = min(bits, address.count * 8)
        bytes = address.enumerated().map { [bits = self.bits] in Self.kept($1, at: $0, of: bits) }
    }

    /// What is left of a byte of an address where so many bits of that count.
    private static func kept(_ byte: UInt8, at index: Int, of bits: Int) -> UInt8 {
        let own = bits - index * 8
        return own >= 8 ? byte : own <= 0 ? 0 : byte & (~UInt8(0) << UInt8(8 - own))
    }

    /// Reads `ADDRESS` or `ADDRESS/BITS`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = Self.address(String(first)) else { return nil }
        guard let second = parts.dropFirst().first else {
            self.init(address, bits: address.count * 8)
            return
        }
        guard let bits = Int(second), (0...address.count * 8).contains(bits) else { return nil }
        self.init(address, bits: bits)
    }

    /// Reads an address of either family into its bytes in the order of the network; an IPv4 address mapped into IPv6 is the IPv4
    /// one. Nil for anything else.
    public static func address(_ text: String) -> [UInt8]? {
        // Of most log-ins at a unix socket none is told.
        if text.isEmpty { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        return isMapped ? Array(bytes[12...]) : bytes
    }

    /// Whether an address of either family lies in it.
    public func contains(_ address: [UInt8]) -> Bool {
        address.count == bytes.count
            && address.indices.allSatisfy { Self.kept(address[$0], at: $0, of: bits) == bytes[$0] }
    }
}

extension NetworkPrefix: CustomStringConvertible {
    /// `ADDRESS/BITS`, as ``init(_:)`` reads it.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        // SAFETY: inet_ntop(3) reads 4 or 16 bytes, of which there are so many, and ends what it writes with a NUL.
        _ = inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/\(bits)"
    }
}
