import Basics
import NIOCore
import NIOSSL

/// Where the registry is.
package struct RegistryPlace: Sendable {
    /// A name or an address, and a port.
    package struct Endpoint: Sendable, Equatable, CustomStringConvertible {
        package var host: String
        package var port: Int

        /// Makes an endpoint.
        package init(_ host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// `HOST:PORT`, an IPv6 address in brackets.
        package var description: String { HostAndPort.text(host, port) }
    }

    /// How it is reached.
    package enum Address: Sendable, Equatable {
        case unix(String)
        case host(Endpoint)
        /// The master of that name, wherever the sentinels say it is.
        case sentinels([Endpoint], master: String)
    }

    /// How it is reached.
    package var address: Address
    /// The certificates that are trusted, as a file in PEM; nil without TLS, "" for those of the system.
    package var authority: String?

    /// Makes a place.
    package init(_ address: Address, authority: String? = nil) {
        self.address = address
        self.authority = authority
    }

    /// Makes the context of TLS; nil without.
    ///
    /// - Throws: where the authority cannot be read.
    package func context() throws -> NIOSSLContext? {
        guard let authority else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if !authority.isEmpty {
            let roots = try NIOSSLCertificate.fromPEMFile(authority)
            configuration.trustRoots = .certificates(roots)
        }
        return try NIOSSLContext(configuration: configuration)
    }
}

extension RegistryPlace: CustomStringConvertible {
    /// The address, without any secret.
    package var description: String {
        let scheme = authority == nil ? "redis" : "rediss"
        return switch address {
        case .unix(let path): "unix:\(path)"
        case .host(let endpoint): "\(scheme)://\(endpoint)"
        case .sentinels(let endpoints, let master):
            "\(scheme)+sentinel://\(endpoints.map(\.description).joined(separator: ","))/\(master)"
        }
    }
}
