import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import Signatures

@Suite struct KeyTests {
    @Test(arguments: [
        ("rsa.pem", HashAlgorithm.sha512), ("rsa.der", .sha256), ("rsa-pkcs1.pem", .sha384), ("rsa-pkcs1.der", .sha256),
        ("p256.pem", .sha256), ("p256.der", .sha256), ("p384.pem", .sha384), ("p384.der", .sha384),
        ("p521.pem", .sha512), ("p521.der", .sha512),
    ])
    func `reads the public keys that openssl writes`(file: String, hash: HashAlgorithm) throws {
        let key = try SignatureKey(.of(Fixture.path(file), hash: hash))
        #expect(key.algorithms.allSatisfy { $0.hash == hash })
        #expect(key.algorithms.count == (file.hasPrefix("rsa") ? 2 : 1))
    }

    @Test func `knows a key again in whatever form its file is`() throws {
        let forms = ["rsa.pem", "rsa.der", "rsa-pkcs1.pem", "rsa-pkcs1.der"]
        #expect(try Set(forms.map { try SignatureKey(.of(Fixture.path($0))).fingerprint }).count == 1)
    }

    @Test(arguments: [
        ("rsa-1024.pem", "holds an RSA key of 1024 bits: 2048 or more are accepted"),
        ("secp256k1.pem", "holds no public key that can be used: an RSA key of 2048 bits or more, or"),
        ("certificate.pem", "holds a certificate: `openssl x509 -pubkey -noout` takes the public key from it"),
        ("tokens.txt", "holds no public key that can be used"),
        ("missing.pem", "cannot be read: no such file or directory"),
        (".", "cannot be read: it is a directory, not a regular file"),
    ])
    func `says what a key file holds instead of a key`(file: String, message: String) throws {
        let path = Fixture.path(file)
        let error = #expect(throws: SignatureKeyError.self) { try SignatureKey(.of(path)) }
        #expect(
            error?.description.hasPrefix("host.conf:3:11: key `test`: `keyfile` `\(path)` \(message)") == true,
            "\(error as Any)")
    }

    @Test(arguments: [
        ("p384.pem", HashAlgorithm.sha256, "ECDSA key on P-384", "`sha384`"),
        ("p256.pem", .sha512, "ECDSA key on P-256", "`sha256`"),
    ])
    func `says which hash goes with a curve`(file: String, hash: HashAlgorithm, key: String, accepted: String) throws {
        let error = #expect(throws: SignatureKeyError.self) { try SignatureKey(.of(Fixture.path(file), hash: hash)) }
        let text = try #require(error?.description)
        #expect(
            text.hasPrefix(
                "host.conf:4:20: key `test`: `hashing-algorithm` `\(hash.rawValue)` does not go with the \(key)"))
        #expect(text.contains(": \(accepted) is accepted"))
    }

    static let privateKeys: [(String, Data)] = {
        let p256 = P256.Signing.PrivateKey()
        let p384 = P384.Signing.PrivateKey()
        let p521 = P521.Signing.PrivateKey()
        var keys = [
            ("p256.pem", Data(p256.pemRepresentation.utf8)), ("p256.der", p256.derRepresentation),
            ("p384.der", p384.derRepresentation), ("p521.der", p521.derRepresentation),
            ("both.pem", Data((p256.publicKey.pemRepresentation + "\n" + p256.pemRepresentation).utf8)),
        ]
        if let rsa = try? _RSA.Signing.PrivateKey(keySize: .bits2048) {
            keys += [("rsa.pem", Data(rsa.pemRepresentation.utf8)), ("rsa.der", rsa.derRepresentation)]
        }
        return keys
    }()

    @Test(arguments: privateKeys)
    func `refuses a private key and shows nothing of it`(name: String, content: Data) throws {
        let folder = try Folder()
        let path = try folder.write(content, to: name)
        let error = #expect(throws: SignatureKeyError.self) { try SignatureKey(.of(path)) }
        let text = try #require(error?.description)
        #expect(text.contains("holds a private key, which belongs to the signer of tokens"))
        #expect(text.contains("`openssl pkey -pubout`") && !text.contains("BEGIN"))
        #expect(!text.contains(content.base64EncodedString().prefix(24)))
    }

    @Test func `all kinds of private keys were made for the test above`() {
        #expect(Self.privateKeys.count == 7)
    }

    @Test(arguments: [0o622, 0o662, 0o666, 0o602])
    func `refuses a file that others may write to`(mode: Int) throws {
        let folder = try Folder()
        let path = try folder.write(
            try Data(contentsOf: Fixture.folder.appending(path: "rsa.der")), to: "k", mode: mode)
        let error = #expect(throws: SignatureKeyError.self) { try SignatureKey(.of(path)) }
        #expect(error?.message.contains("others may write to it (mode 0\(String(mode, radix: 8)))") == true)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func `refuses a file of a user who is not trusted`() throws {
        let folder = try Folder()
        let path = try folder.write(try Data(contentsOf: Fixture.folder.appending(path: "rsa.der")), to: "k")
        #expect(chown(path, 4711, 4711) == 0)
        let error = #expect(throws: SignatureKeyError.self) { try SignatureKey(.of(path)) }
        #expect(error?.message.contains("belongs to user 4711") == true)
        _ = try SignatureKey(.of(path), trustedOwners: [4711])
    }

    @Test func `refuses files that are too long, empty, cut or of two blocks`() throws {
        let folder = try Folder()
        let pem = try Data(contentsOf: Fixture.folder.appending(path: "p256.pem"))
        for (content, message) in [
            (Data(count: KeyFile.limit + 1), "larger than 65536 bytes"), (Data(), "holds no public key"),
            (pem.prefix(100), "holds a PEM block that is not complete"), (pem + pem, "holds 2 PEM blocks"),
            (Data("-----BEGIN PGP KEY-----\n".utf8), "holds a PEM block `PGP KEY`"),
        ] {
            let path = try folder.write(content, to: "k")
            let error = #expect(throws: SignatureKeyError.self) { try SignatureKey(.of(path)) }
            #expect(error?.message.contains(message) == true, "\(error as Any)")
        }
    }

    @Test func `refuses two keys with one id`() throws {
        var second = SignatureKeyDefinition.of(Fixture.path("p256.pem"))
        second.idSource = "host.conf:8:5"
        let definitions = [.of(Fixture.path("rsa.pem")), second]
        let error = #expect(throws: SignatureKeyError.self) {
            try SignatureKey.keys(of: definitions, trustedOwners: [])
        }
        #expect(
            error?.description
                == "host.conf:8:5: `key-id` `test` is given twice, first at host.conf:2:5: each key has its own")
        second.id = "other"
        #expect(try SignatureKey.keys(of: [definitions[0], second], trustedOwners: []).map(\.id) == ["test", "other"])
    }

    @Test(arguments: [
        ("sha256", HashAlgorithm.sha256), ("1", .sha256), ("sha384", .sha384), ("2", .sha384), ("sha512", .sha512),
        ("3", .sha512), ("md5", nil), ("0", nil), ("sha1", nil), ("4", nil), ("ripemd160", nil), ("5", nil),
    ])
    func `knows the hashes that are safe`(text: String, hash: HashAlgorithm?) {
        #expect(HashAlgorithm(configurationValue: text) == hash)
    }
}
