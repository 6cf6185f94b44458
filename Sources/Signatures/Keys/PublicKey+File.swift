import Crypto
import CryptoExtras
import FoundationEssentials

extension PublicKey {
    /// What a key file may hold.
    static let accepted = """
        an RSA key of 2048 bits or more, or an ECDSA key on P-256, P-384 or P-521, as SubjectPublicKeyInfo or PKCS#1 \
        in DER or PEM
        """

    /// Why the content of a file is no public key; the text goes on a sentence about the file and quotes nothing of it.
    struct Fault: Error {
        let message: String
    }

    /// Makes the key of a file's content, in DER or PEM.
    init(fileContent: [UInt8]) throws(Fault) {
        let text = String(decoding: fileContent, as: UTF8.self)
        let labels = Self.labels(in: text)
        if labels.contains(where: { $0.hasSuffix("PRIVATE KEY") }) { throw Self.privateKey }
        guard labels.count <= 1 else {
            throw Fault(message: "holds \(labels.count) PEM blocks: one, the public key, is accepted")
        }
        switch labels.first {
        case nil: try self.init(der: fileContent)
        case "PUBLIC KEY", "RSA PUBLIC KEY": try self.init(pem: text)
        case "CERTIFICATE":
            throw Fault(message: "holds a certificate: `openssl x509 -pubkey -noout` takes the public key from it")
        case let label?:
            throw Fault(
                message: "holds a PEM block `\(label.prefix(40))`: `PUBLIC KEY` or `RSA PUBLIC KEY` is accepted")
        }
    }

    private static var privateKey: Fault {
        Fault(
            message: "holds a private key, which belongs to the signer of tokens and nowhere else: the public key is "
                + "accepted, as `openssl pkey -pubout` writes it")
    }

    private static func labels(in text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            guard line.hasPrefix("-----BEGIN "), line.hasSuffix("-----"), line.utf8.count > 16 else { return nil }
            return String(line.dropFirst(11).dropLast(5))
        }
    }

    private init(pem: String) throws(Fault) {
        let lines = pem.split(whereSeparator: \.isNewline).drop { !$0.hasPrefix("-----BEGIN ") }.dropFirst()
        guard let end = lines.firstIndex(where: { $0.hasPrefix("-----END ") }),
            let der = Data(base64Encoded: lines[..<end].joined())
        else { throw Fault(message: "holds a PEM block that is not complete: its base64 or its end is damaged") }
        try self.init(der: [UInt8](der))
    }

    private init(der: [UInt8]) throws(Fault) {
        if let key = try? P256.Signing.PublicKey(derRepresentation: der) {
            self = .p256(key)
        } else if let key = try? P384.Signing.PublicKey(derRepresentation: der) {
            self = .p384(key)
        } else if let key = try? P521.Signing.PublicKey(derRepresentation: der) {
            self = .p521(key)
        } else if let key = try? _RSA.Signing.PublicKey(derRepresentation: der) {
            self = .rsa(key)
        } else {
            throw Self.fault(in: der)
        }
    }

    private static func fault(in der: [UInt8]) -> Fault {
        if let key = try? _RSA.Signing.PublicKey(unsafeDERRepresentation: der) {
            return Fault(message: "holds an RSA key of \(key.keySizeInBits) bits: 2048 or more are accepted")
        }
        return isPrivate(der)
            ? privateKey : Fault(message: "holds no public key that can be used: \(accepted) is accepted")
    }

    private static func isPrivate(_ der: [UInt8]) -> Bool {
        (try? _RSA.Signing.PrivateKey(unsafeDERRepresentation: der)) != nil
            || (try? P256.Signing.PrivateKey(derRepresentation: der)) != nil
            || (try? P384.Signing.PrivateKey(derRepresentation: der)) != nil
            || (try? P521.Signing.PrivateKey(derRepresentation: der)) != nil
    }
}
