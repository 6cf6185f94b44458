import ArgumentParser
import AuthCore
import Basics
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

        /// In bytes: bcrypt looks at no more of a password, and crypt(3) takes no more.
        var longestPassword: Int { self == .bcrypt ? 72 : 511 }

        /// The costs that are accepted.
        var costs: ClosedRange<UInt> {
            switch self {
            case .yescrypt: 1...11
            case .bcrypt: 10...17
            case .sha512crypt: 5000...10_000_000
            }
        }

        /// The cost when none is asked for; 0 is the system's choice, which for bcrypt is a weak one.
        var usualCost: UInt { self == .bcrypt ? 12 : 0 }
    }

    @Option(help: "How to hash: yescrypt, bcrypt or sha512crypt.")
    var scheme = Scheme.yescrypt

    @Option(help: "The cost: yescrypt 1 to 11, bcrypt 10 to 17, sha512crypt 5000 to 10000000; 0 is the default.")
    var rounds: UInt = 0

    func run() throws {
        let password = Terminal.readSecret(prompt: "Password: ")
        try check(password)
        Terminal.write(try hash(password))
    }

    /// Refuses what crypt(3) would cut in silence, and costs that guess for an attacker or keep a log-in for hours.
    private func check(_ password: Secret) throws(Failure) {
        guard password.count > 0 else { throw Failure(.undecided, "the password is empty: nothing was hashed") }
        guard !password.withTerminatedBytes({ $0.dropLast().contains(0) }) else {
            throw Failure(.undecided, "the password holds a NUL: nothing was hashed")
        }
        guard password.count <= scheme.longestPassword else {
            throw Failure(
                .undecided,
                "the password has \(password.count) bytes, and \(scheme.rawValue) takes \(scheme.longestPassword) at most: "
                    + "nothing was hashed")
        }
        guard rounds == 0 || scheme.costs.contains(rounds) else {
            throw Failure(
                .badConfiguration,
                "\(scheme.rawValue) takes a cost of \(scheme.costs.lowerBound) to \(scheme.costs.upperBound), not \(rounds)"
            )
        }
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
        guard
            crypt_gensalt_rn(
                scheme.prefix, rounds == 0 ? scheme.usualCost : rounds, nil, 0, setting, Int32(settingSize)) != nil
        else {
            throw Failure(
                .badConfiguration, "\(scheme.rawValue) refuses the cost \(rounds): \(SystemError())")
        }
        // SAFETY: the password is NUL-terminated, `data` is zeroed and of the size that crypt_rn is told.
        let hash = password.withTerminatedBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { phrase in
                crypt_rn(phrase.baseAddress!, setting, data, Int32(MemoryLayout<crypt_data>.size)).map {
                    String(cString: $0)
                }
            }
        }
        guard let hash else { throw Failure(.undecided, "crypt(3) failed: \(SystemError())") }
        return hash
    }
}
