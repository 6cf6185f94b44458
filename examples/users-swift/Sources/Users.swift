// The same module as users-c, in Swift: users from a CSV file, a delayed answer, a mapping, and a group. examples/hello-swift
// shows the package around such a class.
import Dispatch
import Glibc
import ModuleKit

final class Users: AuthModule, OpenReads {
    private let file: String
    /// Files are read here, so that none holds up the host.
    private let queue = DispatchQueue(label: "users")

    init(host: HostInterface) throws { file = host.option("file") ?? "" }

    func newUser(_ login: borrowing LoginQuestion) -> Answer {
        // Copies: what the host lends ends with the call.
        let (completion, user, password) = (login.completion, login.user.text(), login.password.text())
        queue.async { [file] in completion.answer(Self.lookUp(user, password, in: file)) }
        return .delayed
    }

    private static func lookUp(_ user: String, _ password: String, in file: String) -> Answer {
        guard let lines = lines(of: file) else { return .failed("the users file cannot be read") }
        for line in lines {
            // Each line has three fields with something in each; others are passed over.
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3, !fields.contains(""), fields[0].utf8.elementsEqual(user.utf8) else { continue }
            guard fields[1].utf8.elementsEqual(password.utf8) else { return Answer(.invalidPassword) }
            return .ok.with(
                sessionData: fields[2] == "writers" ? 1 : 0,  // comes back with every check
                attributes: [Attribute("group", fields[2])])
        }
        return Answer(.invalidUser)
    }

    private static func lines(of path: String) -> [String]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var lines: [String] = []
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while getline(&line, &room, file) > 0, let line {
            lines.append(String(String(cString: line).prefix { !$0.isNewline }))
        }
        return lines
    }

    func mapObject(_ mapping: borrowing MapQuestion) -> MapAnswer {
        guard mapping.name.hasPrefix("/me/") else { return .notMapped }
        return .mapped("/users/\(mapping.user.text())\(mapping.name.text().dropFirst(3))")
    }

    func checkWrite(_ check: borrowing CheckQuestion) -> Answer {
        check.sessionData == 0 ? .deny("only writers write") : .ok
    }
}

/// Makes the type known to the kit.
@c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(Users.self) }
