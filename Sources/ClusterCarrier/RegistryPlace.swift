import NIOCore
import NIOSSL

/// Where the registry is.
package struct RegistryPlace: Sendable {
    /// How it is reached.
    package enum Address: Sendable, Equatable {
        case unix(String)
        case host(String, port: Int)
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
    func context() throws -> NIOSSLContext? {
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
        switch address {
        case .unix(let path): "unix:\(path)"
        case .host(let host, let port): "\(authority == nil ? "redis" : "rediss")://\(host):\(port)"
        }
    }
}
