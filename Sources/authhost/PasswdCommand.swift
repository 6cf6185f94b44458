import ArgumentParser
import AuthCore
import CLibCrypt
import Glibc

/// Hashes a password for a users file, with the system's crypt(3).
struct PasswdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passwd", abstract: "Hash a password from standard input for a users file.")

    enum Scheme: String, ExpressibleByArgument, CaseIterable {
        case yescrypt, bcrypt, sha512crypt

        /// The prefix that crypt_gensalt(3) takes.
        var prefix: String {
            switch self {
            case .yescrypt: "$y$"
            case .bcrypt: "$2b$"
            case .sha512crypt: "$6$"
            }
        }
    }

    @Option(help: "How to hash: yescrypt, bcrypt or sha512crypt.")
    var scheme = Scheme.yescrypt

    @Option(help: "The cost, in the scheme's own measure; 0 is the system's choice.")
    var rounds: UInt = 0

    func run() throws {
        let password = Terminal.readSecret(prompt: "Password: ")
        guard password.count > 0 else { throw Failure(.undecided, "the password is empty: nothing was hashed") }
        Terminal.write(try hash(password))
    }

    private func hash(_ password: Secret) throws(Failure) -> String {
        let settingSize = 256
        let setting = UnsafeMutablePointer<CChar>.allocate(capacity: settingSize)
        let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        data.initialize(to: crypt_data())
        defer {
            explicit_bzero(data, MemoryLayout<crypt_data>.size)
            data.deallocate()
            setting.deallocate()
        }
        // With no bytes given, crypt_gensalt_rn(3) takes them from the system's generator.
        guard crypt_gensalt_rn(scheme.prefix, rounds, nil, 0, setting, Int32(settingSize)) != nil else {
            throw Failure(
                .badConfiguration, "\(scheme.rawValue) refuses the cost \(rounds): \(String(cString: strerror(errno)))")
        }
        // SAFETY: the password is NUL-terminated, `data` is zeroed and of the size that crypt_rn is told.
        let hash = password.withTerminatedBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { phrase in
                crypt_rn(phrase.baseAddress!, setting, data, Int32(MemoryLayout<crypt_data>.size)).map {
                    String(cString: $0)
                }
            }
        }
        guard let hash else { throw Failure(.undecided, "crypt(3) failed: \(String(cString: strerror(errno)))") }
        return hash
    }
}
