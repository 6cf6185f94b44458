import ArgumentParser
import AuditTrail
import Basics
import DoorProtocols
import Glibc

/// Keys and checks of a chained audit log.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Make keys of a chained audit log, and check it.",
        subcommands: [KeyCommand.self, VerifyCommand.self])

    struct KeyCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "key", abstract: "Make a key for audit-chain, or print the part that checking takes.",
            discussion: """
                Makes FILE, readable by its owner alone; a file that exists is left as it is. With --public, prints the part of it \
                that finds changes and cannot sign. Keep FILE itself secret: it is enough to write an audit log that \
                cannot be told from the host's.
                """)

        @Flag(name: .customLong("public"), help: "Print the part of FILE that checks and cannot sign.")
        var isPublic = false

        @Argument(help: "The file of the key.")
        var file: String

        func run() throws {
            if isPublic {
                let key = try AuditKeyFile.read(file, isSecret: true)
                return Terminal.write(String(key.text(forChecking: true).dropLast()))
            }
            let key = AuditKey.random()
            let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Failure(.undecided, "`\(file)` cannot be made: \(SystemError())") }
            defer { close(descriptor) }
            let bytes = Array(key.text(forChecking: false).utf8)
            // SAFETY: the bytes are lent for the call.
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count == bytes.count, fsync(descriptor) == 0 else {
                let reason = SystemError()
                unlink(file)
                throw Failure(.undecided, "`\(file)` cannot be written: \(reason)")
            }
            Terminal.write("key \(key.id)")
        }
    }

    struct VerifyCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Check chained audit logs, and name the first line that was changed.",
            discussion: """
                Name the files of one sink in the order in which they were written. That the end was cut off shows only in what is \
                known from elsewhere: --running asks the host that writes the files where its chains stand, --against takes \
                a file of another sink, which has the signed marks of this one, and --head takes what metrics, \
                `authhost status` or the event log have told. Ends with 7 if something is wrong.
                """)

        @Option(help: ArgumentHelp("A key's file, whole or for checking; may be repeated.", valueName: "file"))
        var key: [String]

        @Option(help: ArgumentHelp("A file of another sink; may be repeated.", valueName: "file"))
        var against: [String] = []

        @Option(
            help: ArgumentHelp(
                "Where the chain was at least once: NUMBER:VALUE, or the number alone; may be repeated.",
                valueName: "head"))
        var head: [String] = []

        @Flag(help: "Ask the host that writes the files where its chains stand.")
        var running = false

        @OptionGroup var control: ControlOptions

        @Argument(help: "The files, the oldest first.")
        var files: [String]

        func run() throws {
            let keys = try key.map { file throws(Failure) in try AuditKeyFile.read(file, isSecret: false) }
            var verifier = AuditVerifier(keys: keys)
            for text in head { try Self.learn(text, &verifier) }
            // Before the files are read: they have at least what the host says then.
            if running { try askHost(&verifier) }
            let finding: AuditFinding?
            do throws(SystemError) {
                for file in against { try verifier.learn(from: file) }
                finding = try Self.first(files, &verifier)
            } catch {
                throw Failure(.undecided, "\(error)")
            }
            control.json ? printJSON(verifier, finding) : printText(verifier, finding)
            if finding != nil { throw Failure(.findings, "") }
        }

        private static func learn(_ text: String, _ verifier: inout AuditVerifier) throws(Failure) {
            if let head = ChainHead(text) { return verifier.learn(head) }
            if let number = UInt64(text) { return verifier.learn(number) }
            throw Failure(
                .badConfiguration,
                "`--head` takes a number, and behind it a colon and 32 digits of 0-9 and a-f where they are known, not `\(text)`"
            )
        }

        private func askHost(_ verifier: inout AuditVerifier) throws(Failure) {
            guard let status = try control.ask(ControlRequest(.status)).reply.status else {
                throw Failure(.undecided, "the host did not tell its status")
            }
            let heads = (status.audit ?? []).map { sink in sink.head.flatMap { ChainHead($0) } }
            guard heads.contains(where: { $0 != nil }) else {
                throw Failure(.undecided, "the host chains no audit log: `audit-chain` is not set")
            }
            for (index, head) in heads.enumerated() {
                if let head { verifier.learn(head, ofSink: index + 1) }
            }
        }

        private static func first(
            _ files: [String], _ verifier: inout AuditVerifier
        ) throws(SystemError) -> AuditFinding? {
            for file in files {
                if let finding = try verifier.check(file) { return finding }
            }
            return verifier.finish()
        }

        private func printText(_ verifier: AuditVerifier, _ finding: AuditFinding?) {
            guard let finding else {
                let head = verifier.head.map { ", chain \($0.text)" } ?? ""
                return Terminal.write(
                    "\(verifier.lines) lines are as they were written, \(verifier.marks) of them signed\(head)")
            }
            Terminal.write("\(finding.file):\(finding.line): \(finding.kind.rawValue): \(finding.detail)")
        }

        private func printJSON(_ verifier: AuditVerifier, _ finding: AuditFinding?) {
            let found = finding.map { finding in
                JSONText.Element.object([
                    ("kind", .text(finding.kind.rawValue)), ("file", .text(finding.file)),
                    ("line", .integer(Int64(finding.line))), ("detail", .text(finding.detail)),
                ])
            }
            Terminal.write(
                JSONText.object([
                    ("ok", .flag(finding == nil)), ("lines", .integer(Int64(verifier.lines))),
                    ("signed", .integer(Int64(verifier.marks))), ("head", verifier.head.map { .text($0.text) }),
                    ("finding", found),
                ]))
        }
    }
}
