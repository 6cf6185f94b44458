import Crypto
import CryptoExtras
import Foundation

@testable import Signatures

/// A folder of its own, gone with the value.
final class Folder {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "signatures-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        path = folder.path(percentEncoded: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ bytes: some DataProtocol, to name: String, mode: Int = 0o600) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
        return file(name)
    }
}

enum Fixture {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }

    /// The tokens that another implementation made: algorithm, name of the key, token.
    static let tokens: [(algorithm: String, key: String, token: String)] = {
        let text = (try? String(contentsOf: folder.appending(path: "tokens.txt"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            return (words[0], words[1], words[2])
        }
    }()

    /// The `iat` of all of them.
    static let issued = UnixTime(seconds: 1_767_225_600)
}

extension SignatureKeyDefinition {
    static func of(
        _ file: String, hash: HashAlgorithm = .sha256, id: String = "test", lifetime: Duration = .seconds(600)
    ) -> SignatureKeyDefinition {
        SignatureKeyDefinition(
            id: id, idSource: "host.conf:2:5", keyFile: file, keyFileSource: "host.conf:3:11", hash: hash,
            hashSource: "host.conf:4:20",
            lifetime: lifetime)
    }
}

/// Signs tokens with a P-256 key, good and bad ones.
struct Signer {
    static let now = UnixTime(seconds: 1_800_000_000)

    private let privateKey = P256.Signing.PrivateKey()
    let key: SignatureKey

    init(id: String = "test", lifetime: Duration = .seconds(600)) throws {
        let folder = try Folder()
        let file = try folder.write(privateKey.publicKey.derRepresentation, to: "key.der")
        key = try SignatureKey(.of(file, id: id, lifetime: lifetime))
    }

    /// The same key under another name, or with another lifetime.
    func key(id: String = "test", lifetime: Duration) throws -> SignatureKey {
        let folder = try Folder()
        let file = try folder.write(Data(privateKey.publicKey.pemRepresentation.utf8), to: "key.pem")
        return try SignatureKey(.of(file, id: id, lifetime: lifetime))
    }

    static let header = #"{"alg":"ES256"}"#

    static func claims(
        _ user: String = "alice", id: String = "1", issued: Double = now.seconds, more: String = ""
    ) -> String {
        #"{"sub":"\#(user)","iat":\#(issued),"jti":"\#(id)"\#(more)}"#
    }

    func sign(_ claims: String, header: String = Signer.header) throws -> [UInt8] {
        let input = Self.encode(header.utf8) + "." + Self.encode(claims.utf8)
        let signature = try privateKey.signature(for: Data(input.utf8))
        return Array((input + "." + Self.encode(signature.rawRepresentation)).utf8)
    }

    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension TokenVerifier {
    /// Why a token is refused, nil when it is good.
    func refusal(
        _ token: [UInt8], _ key: SignatureKey, user: String = "alice", now: UnixTime = Signer.now
    ) -> TokenRefusal? {
        do throws(TokenRefusal) {
            _ = try check(token, key: key, user: user, now: now)
            return nil
        } catch {
            return error
        }
    }
}
