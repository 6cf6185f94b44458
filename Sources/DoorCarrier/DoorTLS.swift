import AuthCore
import Basics
import Crypto
import DoorProtocols
import Glibc
import NIOCore
import NIOSSL
import NIOTLS
import SwiftASN1
import Synchronization
import X509

/// The certificate of a door, which can be read again while the door serves.
final class DoorTLS: Sendable {
    private let files: DoorSettings.TLSFiles
    private let trust: FileTrust
    private let current: Mutex<Material>

    /// What was read of the files.
    private struct Material {
        let context: NIOSSLContext
        let ends: [(file: DoorProblem.TLSFile, end: Int64)]
    }

    /// What new connections are served with.
    var context: NIOSSLContext { current.withLock { $0.context } }

    /// When the first certificate of each file ends, in seconds since 1970.
    var ends: [(file: DoorProblem.TLSFile, end: Int64)] { current.withLock { $0.ends } }

    /// Reads the files.
    ///
    /// Throws: ``DoorTLSError`` naming the file.
    init(_ files: DoorSettings.TLSFiles, _ trust: FileTrust = FileTrust()) throws {
        self.files = files
        self.trust = trust
        current = Mutex(try Self.read(files, trust))
    }

    /// Reads the files again; throws and keeps the old ones when they are not good.
    func reload() throws {
        let material = try Self.read(files, trust)
        current.withLock { $0 = material }
    }

    /// Most bytes of a file.
    private static let limit = 1 << 20

    private static func read(_ files: DoorSettings.TLSFiles, _ trust: FileTrust) throws -> Material {
        let chain = try named(files.certificate, "certificate", trust) { try NIOSSLCertificate.fromPEMBytes($0) }
        guard !chain.isEmpty else { throw DoorTLSError(files.certificate, "it holds no certificate in PEM") }
        let key = try named(files.key, "private key", trust) { try NIOSSLPrivateKey(bytes: $0, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        var ends = [(DoorProblem.TLSFile.certificate, Self.end(of: chain))]
        if let authority = files.clientAuthority {
            let roots = try named(authority, "certificates", trust) { try NIOSSLCertificate.fromPEMBytes($0) }
            guard !roots.isEmpty else { throw DoorTLSError(authority, "it holds no certificate in PEM") }
            ends.append((.clientAuthority, Self.end(of: roots)))
            configuration.trustRoots = .certificates(roots)
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            return Material(context: try NIOSSLContext(configuration: configuration), ends: ends)
        } catch {
            throw DoorTLSError(files.certificate, "certificate and key `\(files.key)` do not go together: \(error)")
        }
    }

    private static func end(of certificates: [NIOSSLCertificate]) -> Int64 {
        certificates.map { Int64($0.notValidAfter) }.min() ?? .max
    }

    private static func named<Result>(
        _ path: String, _ what: String, _ trust: FileTrust, _ read: ([UInt8]) throws -> Result
    ) throws -> Result {
        var bytes: [UInt8]
        do throws(FileTrustError) {
            bytes = try TrustedFile.contents(of: path, trust, limit: limit).bytes
        } catch {
            throw DoorTLSError(path, "its \(what) cannot be read: \(error)", isUnreadable: true)
        }
        // It may be the key.
        defer { bytes.wipe() }
        do {
            return try read(bytes)
        } catch {
            throw DoorTLSError(path, "it holds no \(what) in PEM that can be read")
        }
    }
}

/// Why a door has no TLS.
struct DoorTLSError: Error, CustomStringConvertible {
    let description: String
    /// The file that is meant.
    let path: String
    /// Whether a file could not be read, so that another try may help.
    let isUnreadable: Bool

    init(_ path: String, _ what: String, isUnreadable: Bool = false) {
        description = "the TLS file `\(path)`: \(what)"
        self.path = path
        self.isUnreadable = isUnreadable
    }
}

/// Ends a connection whose handshake takes too long, and begins the protocol behind one that is complete.
final class HandshakeLimit: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let limit: TimeAmount
    private let onComplete: (_ client: DoorCertificate?) -> Void
    private var timer: Scheduled<Void>?

    init(_ limit: TimeAmount, _ onComplete: @escaping (_ client: DoorCertificate?) -> Void) {
        self.limit = limit
        self.onComplete = onComplete
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.scheduleTask(in: limit) { [channel = context.channel] in
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            timer?.cancel()
            onComplete(certificate(context))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// What the client's certificate says; nil where it has shown none. The last common name of the subject is the client's.
    private func certificate(_ context: ChannelHandlerContext) -> DoorCertificate? {
        guard let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self),
            let bytes = try? handler.peerCertificate?.toDERBytes(),
            let certificate = try? Certificate(derEncoded: bytes)
        else { return nil }
        let names = certificate.subject.flatMap(\.self).filter { $0.type == .RDNAttributeType.commonName }
        return DoorCertificate(
            commonName: names.last.map { String(describing: $0.value) }, subject: "\(certificate.subject)",
            names: Self.names(certificate), digest: SHA256.hash(data: bytes))
    }

    /// The alternative names of the subject (RFC 5280, section 4.2.1.6) that are text.
    private static func names(_ certificate: Certificate) -> [(kind: DoorAttribute, name: String)] {
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return [] }
        return names.compactMap { name in
            switch name {
            case .dnsName(let name): (.tlsDNS, name)
            case .rfc822Name(let name): (.tlsEmail, name)
            case .uniformResourceIdentifier(let name): (.tlsURI, name)
            default: nil
            }
        }
    }
}
