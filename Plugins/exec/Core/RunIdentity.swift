import Basics
import Glibc

/// The user that a command runs as.
struct RunIdentity: Equatable, Sendable {
    let name: String
    let home: String
    /// The user to become: nil to stay who the process is.
    let change: Change?

    struct Change: Equatable, Sendable {
        let user: uid_t
        let group: gid_t
        /// The supplementary groups, of which none is inherited from this process.
        let groups: [gid_t]
    }

    /// Looks up `user`, `user:group` or, for nil, the process's user. Blocks in the system's user database.
    init(runAs: String?) throws(PinError) {
        guard let runAs else {
            let entry = Self.entry { getpwuid_r(geteuid(), $0, $1, $2, $3) }
            name = entry?.name ?? String(geteuid())
            home = entry?.home ?? "/"
            change = nil
            return
        }
        guard geteuid() == 0 else {
            throw PinError(
                "the option `RunAs` is `\(runAs.controlsEscaped)`; only root can run a command as another user")
        }
        let parts = runAs.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let entry = Self.entry({ getpwnam_r(parts[0], $0, $1, $2, $3) }) else {
            throw PinError("the option `RunAs` names a user that does not exist: `\(parts[0].controlsEscaped)`")
        }
        let group = parts.count == 2 ? try Self.group(named: parts[1]) : entry.group
        name = entry.name
        home = entry.home
        change = Change(user: entry.user, group: group, groups: Self.groups(of: entry.name, and: group))
    }

    private typealias Entry = (name: String, home: String, user: uid_t, group: gid_t)
    private typealias Lookup = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func entry(_ lookup: Lookup) -> Entry? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 65_536) { text in
            var record = passwd()
            var found: UnsafeMutablePointer<passwd>?
            // SAFETY: the record's strings lie in `text`, and are copied before it goes.
            guard lookup(&record, text.baseAddress!, text.count, &found) == 0, let found else { return nil }
            let entry = found.pointee
            return (String(cString: entry.pw_name), String(cString: entry.pw_dir), entry.pw_uid, entry.pw_gid)
        }
    }

    private static func group(named name: String) throws(PinError) -> gid_t {
        let found: gid_t? = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 65_536) { text in
            var record = Glibc.group()
            var found: UnsafeMutablePointer<Glibc.group>?
            // SAFETY: only the number is read.
            guard getgrnam_r(name, &record, text.baseAddress!, text.count, &found) == 0 else { return nil }
            return found?.pointee.gr_gid
        }
        if let found { return found }
        throw PinError("the option `RunAs` names a group that does not exist: `\(name.controlsEscaped)`")
    }

    private static func groups(of user: String, and group: gid_t) -> [gid_t] {
        var count: Int32 = 1024
        var groups = [gid_t](repeating: group, count: Int(count))
        guard getgrouplist(user, group, &groups, &count) >= 0 else { return [group] }
        return Array(groups.prefix(Int(count)))
    }
}

/// The environment that a command gets.
package enum CommandEnvironment {
    /// Set in every command: a process that has it runs no command itself.
    package static let depth = "AUTHHOST_EXEC_DEPTH"
    /// The variables that are always set here and never passed on.
    static let reserved = ["AMPS_USER_NAME", depth]

    /// PATH, HOME, USER, LOGNAME, LANG, the user's name, the depth, and the variables named in `PassEnvironment`, which
    /// may replace the first five.
    static func make(_ command: PinnedCommand, userName: String, inherited: (String) -> String?) -> [String] {
        var variables = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": command.identity.home,
            "USER": command.identity.name, "LOGNAME": command.identity.name, "LANG": "C.UTF-8",
        ]
        for name in command.options.passedEnvironment { variables[name] = inherited(name) ?? variables[name] }
        variables["AMPS_USER_NAME"] = userName
        variables[depth] = "1"
        return variables.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// One of this process's variables.
    package static func ofProcess(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
