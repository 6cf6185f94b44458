/// What a sentinel says of the master that it watches.
public struct SentinelReport: Sendable, Equatable {
    /// The master's address.
    public let host: String
    /// Its port.
    public let port: Int
    /// The number of the fail-over that made it the master; the highest one is the latest.
    public let failover: Int

    /// Makes a report.
    public init(host: String, port: Int, failover: Int) {
        self.host = host
        self.port = port
        self.failover = failover
    }

    /// The question whose answer is read here, as bytes to be sent.
    public static func question(master: String) -> [UInt8] {
        RESPCommand.encode(["SENTINEL", "MASTER", master].map { Array($0.utf8) })
    }

    /// Reads the answer to `SENTINEL MASTER NAME`: names and values in turns.
    ///
    /// - Throws: with what was answered instead.
    public init(_ answer: RESPValue) throws(RESPError) {
        if case .error(let text) = answer {
            throw RESPError(description: "it answered `\(String(decoding: text.prefix(200), as: UTF8.self))`")
        }
        var fields: [String: String] = [:]
        let words = answer.items.map(\.text)
        for index in stride(from: 0, to: words.count - 1, by: 2) { fields[words[index]] = words[index + 1] }
        guard let host = fields["ip"], !host.isEmpty, let port = fields["port"].flatMap({ Int($0) }),
            (1...65_535).contains(port)
        else { throw RESPError(description: "it answered without the `ip` and `port` of a master: it is no sentinel") }
        self.init(host: host, port: port, failover: fields["config-epoch"].flatMap { Int($0) } ?? 0)
    }
}
