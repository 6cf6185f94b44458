/// The one spelling of a host with a port, for messages, headers and files: an IPv6 address stands in brackets.
package enum HostAndPort {
    /// `HOST:PORT`, or `[ADDRESS]:PORT`.
    ///
    /// - Parameter host: a name or an address, without brackets.
    package static func text(_ host: String, _ port: Int) -> String { "\(self.host(host)):\(port)" }

    /// The host as it stands in front of a port.
    package static func host(_ host: String) -> String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }
}
