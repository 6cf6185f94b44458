import ArgumentParser
import AuthConfiguration
import Basics
import Glibc

/// Writes the manual pages, for `make install`.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Write the manual pages below a folder.",
        discussion: "The pages are those of the command, the configuration, the doors and the bundled modules.",
        shouldDisplay: false)

    @Argument(help: ArgumentHelp("The folder that gets man1, man5 and man7.", valueName: "folder"))
    var folder: String

    func run() throws {
        let pages =
            try CommandPages.all() + [ConfigurationPage.page()] + DoorPages.all()
            + ModulePages.all(try HostSetup.readConfiguration())
        for section in Set(pages.map(\.section)) { try makeFolder("\(folder)/man\(section)") }
        for page in pages { try write(page) }
    }

    private func makeFolder(_ path: String) throws(Failure) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw Failure(.undecided, "the folder `\(path)` cannot be made: \(SystemError())")
        }
    }

    private func write(_ page: ManualPage) throws(Failure) {
        let path = "\(folder)/\(page.file)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure(.undecided, "`\(path)` cannot be written: \(SystemError())") }
        defer { close(descriptor) }
        let bytes = Array(page.text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Failure(.undecided, "`\(path)` cannot be written: \(SystemError())")
        }
    }
}
