import Foundation
import Testing

/// What the help of every command says.
@Suite struct `The help of a command` {
    /// Commands that read no configuration and ask no host, and why. All others read one, or find the host's socket in it.
    static let needNone = [
        "config convert": "it writes the file that is named in another syntax",
        "passwd": "it hashes a password",
        "xmlauth check": "it reads a users file where no authhost may be installed",
        "xmlauth format": "it reads a users file where no authhost may be installed",
        "xmlauth diff": "it compares two users files",
        "audit key": "it makes a key",
    ]

    /// The help of each command without commands of its own, by its words.
    private static func leaves(_ path: [String] = []) throws -> [(name: String, help: String)] {
        let help = try AuthHost.run(["help"] + path).output
        guard let commands = help.components(separatedBy: "\nSUBCOMMANDS:\n").dropFirst().first else {
            return [(path.joined(separator: " "), help)]
        }
        return try commands.matches(of: /(?m)^  ([a-z][a-z-]*)/).flatMap { try leaves(path + [String($0.1)]) }
    }

    @Test func `names the option of the configuration, but where there is a reason against it`() throws {
        let all = try Self.leaves()
        #expect(all.count > 30, "\(all.map(\.name))")
        for (name, help) in all {
            #expect(help.contains("-c, --config <file>") == (Self.needNone[name] == nil), "\(name): \(help)")
            // Who names a host names its configuration as well.
            #expect(!help.contains("--socket <path>") || help.contains("-c, --config <file>"), "\(name)")
        }
        #expect(Set(Self.needNone.keys).isSubset(of: all.map(\.name)))
    }

    @Test func `shows both ways to use explain, and each takes what it says`() throws {
        let help = try AuthHost.run(["explain", "--help"]).output
        let ways = help.matches(of: /authhost explain --[a-z]+ <[a-z]+>/).map { String($0.0) }
        #expect(ways == ["authhost explain --user <user>", "authhost explain --decision <id>"], "\(help)")
        #expect(help.contains("--socket <path>"))
        let wrong = try AuthHost.run(["explain", "--decision", "1", "--user", "alice"])
        #expect(wrong.status == 3 && wrong.errors.contains("Usage: authhost explain --decision <id>"), "\(wrong)")
        #expect(!wrong.errors.contains("explain-decision"), "\(wrong)")
        let stray = try AuthHost.run(["explain", "--user", "a", "--trusted", "--read", "/a", "--socket", "/s"])
        #expect(stray.status == 3 && stray.errors.contains("`--socket` goes with `--decision`"), "\(stray)")
    }
}
