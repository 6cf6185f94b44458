import Basics
import Glibc
import ModuleKit

/// Shows a user and a password that the configuration, a file or the environment has: AMPS's default authenticator.
final class DefaultAuthModule: Authenticator {
    private enum Source {
        case literal(String)
        case file(String)
        case variable(String)
        /// The user alone is shown.
        case none
    }

    private let user: String
    private let source: Source
    private let trust: FileTrust

    init(host: HostInterface) throws {
        trust = FileTrust(asking: { host.trusts(owner: $0) })
        user = try host.option("User") ?? Self.systemUser()
        let sources = [
            host.option("Password").map(Source.literal), host.option("PasswordFileName").map(Source.file),
            host.option("PasswordEnvironmentVariable").map(Source.variable),
        ].compactMap(\.self)
        guard sources.count < 2 else {
            throw SetupError(
                "one of Password, PasswordFileName and PasswordEnvironmentVariable is accepted; \(sources.count) are set"
            )
        }
        source = sources.first ?? .none
    }

    func authenticate(_ destination: borrowing DestinationQuestion) -> CredentialAnswer {
        switch source {
        case .none: .ok([UInt8]().withUnsafeBytes { Credential(user: user, secret: $0) })
        case .literal(let password): credential(Array(password.utf8))
        case .file(let path): credential(ofFile: path)
        case .variable(let name):
            credential(ofVariable: name)
                ?? .failed("the variable `\(name)` is not in the environment", kind: "no-variable")
        }
    }

    /// Reads the password anew, as for a new connection.
    func retry(_ destination: borrowing DestinationQuestion) -> CredentialAnswer { authenticate(destination) }

    private func credential(ofFile path: String) -> CredentialAnswer {
        do throws(FileTrustError) {
            return credential(of: try TrustedFile(path, trust), path)
        } catch {
            return unreadable(path, error.reason)
        }
    }

    private func credential(of file: borrowing TrustedFile, _ path: String) -> CredentialAnswer {
        if let fault = FileSecrecy.ofGroup.fault(in: file.status) { return unreadable(path, fault) }
        let descriptor = file.descriptor
        var bytes = [UInt8](repeating: 0, count: Credential.longestSecret + 2)
        defer { bytes.wipe() }
        // SAFETY: the pointer is valid for the call and the count is the buffer's own.
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { return unreadable(path, "\(SystemError())") }
        return credential(
            bytes[..<bytes.withUnsafeBytes { LineEnd.length(of: UnsafeRawBufferPointer(rebasing: $0[..<count])) }])
    }

    /// As from a file: what fills the environment often reads one. Nil when the variable is not there.
    private func credential(ofVariable name: String) -> CredentialAnswer? {
        guard let value = getenv(name) else { return nil }
        // SAFETY: NUL-terminated (environ(7)), and no code changes the environment of a host that runs.
        let bytes = UnsafeRawBufferPointer(start: value, count: strlen(value))
        return credential(bytes[..<LineEnd.length(of: bytes)])
    }

    private func unreadable(_ path: String, _ why: String) -> CredentialAnswer {
        .failed("the password file `\(path)` cannot be read: \(why)", kind: "unreadable-file")
    }

    private func credential(_ password: some Sequence<UInt8>) -> CredentialAnswer {
        var password = Array(password)
        defer { password.wipe() }
        guard (1...Credential.longestSecret).contains(password.count) else {
            return .failed("the password has \(password.count) bytes; 1 to 65536 are accepted", kind: "bad-length")
        }
        guard !password.contains(where: { [0, 0x0a, 0x0d].contains($0) }) else {
            return .failed("the password holds a NUL or the end of a line", kind: "forbidden-byte")
        }
        return .ok(password.withUnsafeBytes { Credential(user: user, secret: $0) })
    }

    private static func systemUser() throws -> String {
        if let entry = getpwuid(geteuid()) { return String(cString: entry.pointee.pw_name) }
        if let name = getenv("USER") { return String(cString: name) }
        throw SetupError(
            "there is no `User`, and neither the system nor $USER names the one that the host runs as")
    }
}

/// Makes the type known to the kit.
@c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(DefaultAuthModule.self) }
