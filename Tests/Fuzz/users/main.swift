import Accounts
import Fuzzing
import Rules
import XMLAuthCore

/// Reads one input as a users file, and asks a few questions of what is accepted.
///
/// What is refused must say where and why in printable words.
func read(_ input: UnsafeBufferPointer<UInt8>) {
    do {
        let snapshot = try UsersReader.read(Array(input), name: "users.xml", allowsPlain: true)
        for position in 0..<min(4, snapshot.rules.userCount) { ask(snapshot, UserID(position: position)) }
    } catch {
        expectReadable("\(error)")
        precondition("\(error)".hasPrefix("users.xml:"), "an error without a place: \(error)")
    }
}

/// Asks what a user may do to every pattern of the file, read as a name, and to a few fixed names.
func ask(_ snapshot: AccountSnapshot, _ user: UserID) {
    guard let principal = snapshot.rules.principal(user: snapshot.rules.name(of: user).span) else {
        preconditionFailure("a user of the file is not found by name")
    }
    var names = ["/", "/a", "/a/b", "/a//b", "/a/b/c/d/e/f"].map { Array($0.utf8) }
    for rule in 0..<min(8, snapshot.rules.ruleCount) { names.append(snapshot.rules.rule(rule).pattern) }
    for name in names {
        for action in ObjectAction.allCases {
            let decision = snapshot.rules.decide(principal, action, name.span)
            precondition(decision.rule != nil || !decision.allowed, "allowed by no rule")
        }
    }
}

fuzz { data, size in
    read(UnsafeBufferPointer(start: data, count: size))
    return 0
}
