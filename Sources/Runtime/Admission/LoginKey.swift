import AuthCore
import CLibNettle
import Glibc

/// What equal log-ins have in common.
///
/// It is an HMAC under a secret of this process: neither a password nor something to guess it from is kept. The client's address,
/// application, machine, door and attributes are part of it, since a module may decide by them. The names of a request are
/// not: they are new with each request, so that no log-in would ever be equal to one before.
struct LoginKey: Hashable, Sendable {
    fileprivate let code: [UInt8]
}

/// Makes the keys of log-ins.
struct LoginKeys: Sendable {
    /// 256 bits.
    private let secret: [UInt8] = (0..<32).map { _ in UInt8.random(in: .min ... .max) }

    /// - Parameter realm: part of every key.
    func key(of login: Login, realm: String) -> LoginKey {
        var parts = [login.user, realm, login.address, login.applicationID, login.machineID, login.door]
        for attribute in login.attributes where !DoorAttribute.isOfOneRequest(attribute.name) {
            parts += [attribute.name, attribute.value]
        }
        return login.password.withTerminatedBytes { code(parts, $0) }
    }

    /// The code of a password alone, which is that of a signed token where the token is the password.
    func mark(of password: Secret) -> LoginKey {
        password.withTerminatedBytes { code([], UnsafeBufferPointer(rebasing: $0.dropLast())) }
    }

    /// The code of a signed token.
    func mark(of token: String) -> LoginKey { Array(token.utf8).withUnsafeBufferPointer { code([], $0) } }

    private func code(_ parts: [String], _ last: UnsafeBufferPointer<UInt8>) -> LoginKey {
        var context = hmac_sha256_ctx()
        // A hash keeps the end of what it was given, and the password stands last.
        defer { explicit_bzero(&context, MemoryLayout<hmac_sha256_ctx>.size) }
        // SAFETY: lengths are those of the buffers; nettle keeps no pointer.
        nettle_hmac_sha256_set_key(&context, secret.count, secret)
        for part in parts { Self.update(&context, with: Array(part.utf8)) }
        nettle_hmac_sha256_update(&context, last.count, last.baseAddress)
        var code = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
        nettle_hmac_sha256_digest(&context, code.count, &code)
        return LoginKey(code: code)
    }

    private static func update(_ context: inout hmac_sha256_ctx, with bytes: [UInt8]) {
        // The length in front keeps ("ab", "c") and ("a", "bc") apart.
        withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { length in
            nettle_hmac_sha256_update(
                &context, length.count, length.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        nettle_hmac_sha256_update(&context, bytes.count, bytes)
    }
}
