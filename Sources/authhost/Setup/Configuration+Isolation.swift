import AuthConfiguration
import Basics
import Glibc
import ModuleHost

extension Configuration {
    /// How many helper processes there may be.
    private static let mostHelpers = 64

    /// The helper processes that the module runs in; nil where it runs in this one.
    func isolation() throws(Failure) -> ModuleIsolation? {
        try isolation(helpers(moduleIsolation, "auth-module-isolation"))
    }

    /// The helper processes that the shadow runs in; nil where it runs in this one, which must be said.
    func shadowIsolation() throws(Failure) -> ModuleIsolation? {
        let words = shadowIsolation
        return try isolation(helpers(words.isEmpty ? ["process"] : words, "auth-module-shadow-isolation"))
    }

    private func isolation(_ count: Int?) throws(Failure) -> ModuleIsolation? {
        guard let count else { return nil }
        var isolation = ModuleIsolation(program: try Self.helperProgram())
        isolation.count = count
        isolation.threads = moduleThreads
        isolation.memory = UInt64(helperMemory) << 20
        isolation.profile = ModuleIsolation.Profile(rawValue: helperProfile)
        isolation.crashLimit = helperCrashes
        isolation.user = try helperOwner()
        return isolation
    }

    private func helpers(_ setting: [String], _ item: String) throws(Failure) -> Int? {
        // The command line has both words in one.
        let words = setting.flatMap { $0.split(separator: " ").map(String.init) }
        if words.isEmpty || words == ["none"] { return nil }
        if words == ["process"] { return 1 }
        if words.count == 2, words[0] == "process", let count = Int(words[1]), (1...Self.mostHelpers).contains(count) {
            return count
        }
        throw Failure(
            .badConfiguration, at: place(of: item),
            "\(item) is `\(words.joined(separator: " ").controlsEscaped)`; `none`, `process`, and `process N` "
                + "with 1 to \(Self.mostHelpers) processes are accepted")
    }

    private func helperOwner() throws(Failure) -> (user: UInt32, group: UInt32)? {
        guard let name = helperUser else { return nil }
        let number: UInt32?
        do {
            number = try SystemUser.number(of: name)
        } catch {
            throw Failure(
                .badConfiguration, at: place(of: "module-helper-user"), "module-helper-user: \(error)",
                isUnreadable: true)
        }
        guard let number else {
            throw Failure(
                .badConfiguration, at: place(of: "module-helper-user"),
                "module-helper-user `\(name.controlsEscaped)` is neither a user of this system nor a number")
        }
        guard geteuid() == 0 || geteuid() == number else {
            throw Failure(
                .badConfiguration, at: place(of: "module-helper-user"),
                "module-helper-user `\(name.controlsEscaped)` is another user than the running one; only root can start a "
                    + "process of another user")
        }
        return (number, SystemUser.group(of: number))
    }

    /// Finds the helper program of this build, and checks who could have written it.
    private static func helperProgram() throws(Failure) -> String {
        let candidates = ModuleIsolation.candidates(beside: Program.path)
        for candidate in candidates where access(candidate, F_OK) == 0 {
            do throws(FileTrustError) {
                return try TrustedFile(candidate, FileTrust()).path
            } catch {
                throw Failure(.moduleUnusable, "the helper program `\(candidate)` is not started: \(error)")
            }
        }
        throw Failure(
            .moduleUnusable,
            "auth-module-isolation needs the helper program, which is not there; tried "
                + candidates.map { "`\($0)`" }.joined(separator: ", "))
    }
}
