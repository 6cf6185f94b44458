import Basics

/// Says why a command gave no secret. Never holds the output.
package struct CommandFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong: the stable word that counts it.
    package struct Kind: RawRepresentable, Hashable, Sendable {
        /// A word of a-z and -.
        package let rawValue: String

        /// Takes a word of a-z and -.
        package init(rawValue: String) { self.rawValue = rawValue }

        /// It printed nothing.
        package static let empty = Kind(rawValue: "empty")
        /// It printed more than `MaxLength` bytes.
        package static let tooLong = Kind(rawValue: "too-long")
        /// Its output holds NUL, CR or LF.
        package static let forbiddenByte = Kind(rawValue: "forbidden-byte")
        /// It exited with a status that is not 0 and has no kind of its own.
        package static let exit = Kind(rawValue: "exit")
        /// It exited with 1: by the convention of some commands there is no credential, by that of others anything is wrong.
        package static let exitPermanent = Kind(rawValue: "exit-permanent")
        /// It exited with 75 (EX_TEMPFAIL) or 111: asking again may help.
        package static let exitTemporary = Kind(rawValue: "exit-temporary")
        /// A signal that was not ours ended it.
        package static let signal = Kind(rawValue: "signal")
        /// It ran longer than `Timeout`.
        package static let timeout = Kind(rawValue: "timeout")
        /// It could not be started.
        package static let notRunnable = Kind(rawValue: "not-runnable")
        /// The file is another one than at the start.
        package static let swapped = Kind(rawValue: "swapped")
        /// Somebody else could change it.
        package static let permissions = Kind(rawValue: "permissions")
        /// We are run by a command of an exec authenticator ourselves.
        package static let recursion = Kind(rawValue: "recursion")
        /// Nobody waits for it any more.
        package static let cancelled = Kind(rawValue: "cancelled")
        /// Its output is not the JSON that is accepted.
        package static let malformed = Kind(rawValue: "malformed")
        /// Its output says that there is no credential.
        package static let reported = Kind(rawValue: "reported")
        /// What it gave has ended already.
        package static let expired = Kind(rawValue: "expired")

        /// Every kind.
        package static let all: [Kind] = [
            .empty, .tooLong, .forbiddenByte, .exit, .exitPermanent, .exitTemporary, .signal, .timeout, .notRunnable,
            .swapped, .permissions, .recursion, .cancelled, .malformed, .reported, .expired,
        ]
    }

    /// What went wrong.
    package let kind: Kind
    /// The command's path, what happened, how long it took and the end of its standard error, redacted.
    package let description: String

    /// Whether asking again cannot help until something is changed: for the back-off.
    package var isPermanent: Bool { [.recursion, .permissions].contains(kind) }

    /// Tells a failure of a run.
    package init(_ kind: Kind, path: String, _ happened: String, after elapsed: Duration? = nil, errors: String = "") {
        self.kind = kind
        var text = "the command `\(path.controlsEscaped)` \(happened)"
        if let elapsed { text += " after \(Self.seconds(elapsed)) s" }
        if !errors.isEmpty { text += "; its standard error ends: `\(errors)`" }
        description = text
    }

    /// "1.25": seconds to the hundredth.
    static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let hundredths = attoseconds / 10_000_000_000_000_000
        return "\(seconds).\(hundredths < 10 ? "0" : "")\(hundredths)"
    }
}
