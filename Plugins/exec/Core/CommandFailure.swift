import Basics

/// Says why a command gave no secret. Never holds the output.
package struct CommandFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong: the stable word that counts it.
    package typealias Kind = ErrorCode<CommandFailure>

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
        let hundredths = duration.nanoseconds / 10_000_000
        return "\(hundredths / 100).\((hundredths % 100).padded(to: 2))"
    }
}

extension ErrorCode<CommandFailure> {
    /// It printed nothing.
    package static var empty: Self { "empty" }
    /// It printed more than `MaxLength` bytes.
    package static var tooLong: Self { "too-long" }
    /// Its output holds NUL, CR or LF.
    package static var forbiddenByte: Self { "forbidden-byte" }
    /// It exited with a status that is not 0 and has no kind of its own.
    package static var exit: Self { "exit" }
    /// It exited with 1: by the convention of some commands there is no credential, by that of others anything is wrong.
    package static var exitPermanent: Self { "exit-permanent" }
    /// It exited with 75 (EX_TEMPFAIL) or 111: asking again may help.
    package static var exitTemporary: Self { "exit-temporary" }
    /// A signal that was not ours ended it.
    package static var signal: Self { "signal" }
    /// It ran longer than `Timeout`.
    package static var timeout: Self { "timeout" }
    /// It could not be started.
    package static var notRunnable: Self { "not-runnable" }
    /// The file is another one than at the start.
    package static var swapped: Self { "swapped" }
    /// Another user could change it.
    package static var permissions: Self { "permissions" }
    /// We are run by a command of an exec authenticator ourselves.
    package static var recursion: Self { "recursion" }
    /// No question waits for it any more.
    package static var cancelled: Self { "cancelled" }
    /// Its output is not the JSON that is accepted.
    package static var malformed: Self { "malformed" }
    /// Its output says that there is no credential.
    package static var reported: Self { "reported" }
    /// What it gave has ended already.
    package static var expired: Self { "expired" }
}
