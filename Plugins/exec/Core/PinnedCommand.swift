import Basics
import ExecSpawn
import Glibc

/// A command that was found, checked and remembered when its destination was configured.
///
/// PATH is never searched: a relative path begins at the working directory of the start. What is run later is the same
/// file (device and inode) at the same resolved path, or nothing.
package struct PinnedCommand: Sendable {
    /// The words of the command line; the first is the path as written.
    package let words: CommandWords
    /// The path that is looked up: absolute, links not resolved.
    package let path: String
    /// The path without links, which is run.
    package let resolved: String
    /// What is wrong with owner and mode, where that is told and not refused.
    package let warning: String?
    /// The options of the destination.
    package let options: ExecOptions
    let identity: RunIdentity
    private let file: FileIdentity
    private let permissions: ExecOptions.Permissions
    private let trust: FileTrust

    /// Finds the command.
    ///
    /// directory: the working directory of the start; nil: the present one. trust: who may have written the command, or
    /// put it there. **Throws:** what is wrong, with the path,
    /// the error and the directory.
    package init(
        options: ExecOptions, directory: String? = nil, trust: FileTrust = FileTrust()
    ) throws(PinError) {
        let written = options.command.words[0]
        guard let directory = directory ?? Self.workingDirectory() else {
            throw PinError("there is no working directory: \(SystemError())")
        }
        let path = written.hasPrefix("/") ? written : directory + "/" + written
        self.path = path
        self.options = options
        self.trust = trust
        words = options.command
        permissions = options.permissions ?? (geteuid() == 0 ? .strict : .warn)
        identity = try RunIdentity(runAs: options.runAs)
        let status: stat
        do {
            resolved = try Self.resolve(path)
            let opened = try Self.open(resolved)
            defer { close(opened.descriptor) }
            status = opened.status
            file = FileIdentity(opened.status)
            try Self.checkRunnable(opened.status)
        } catch {
            throw PinError(
                "the command `\(path.controlsEscaped)` is not runnable: \(error); relative commands "
                    + "begin at `\(directory.controlsEscaped)`")
        }
        let complaint = permissions == .off ? nil : Self.complaint(about: path, status, trust)
        if let complaint, permissions == .strict {
            throw PinError(
                "the command `\(path.controlsEscaped)` is refused: \(complaint); "
                    + "`CheckPermissions` decides whether that matters")
        }
        warning = complaint
    }

    /// Opens what was pinned, after looking at it again: a descriptor of O_PATH that the caller closes.
    func open() throws(CommandFailure) -> Int32 {
        let opened: (descriptor: Int32, status: stat)
        do {
            guard try Self.resolve(path) == resolved else { throw CommandFailure(.swapped, path: path, Self.swapped) }
            opened = try Self.open(resolved)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.notRunnable, path: path, "is not runnable: \(error)")
        }
        guard FileIdentity(opened.status) == file else {
            close(opened.descriptor)
            throw CommandFailure(.swapped, path: path, Self.swapped)
        }
        if permissions == .strict, let complaint = Self.complaint(about: path, opened.status, trust) {
            close(opened.descriptor)
            throw CommandFailure(.permissions, path: path, "is refused: \(complaint)")
        }
        return opened.descriptor
    }

    /// Says who else could have written the command or put it there; nil where no other user could.
    private static func complaint(about path: String, _ status: stat, _ trust: FileTrust) -> String? {
        (trust.fault(in: status) ?? trust.pathFault(path)).map { $0.controlsEscaped }
    }

    private static let swapped = "is another file than at the start; reload the configuration if that is meant"

    private static func workingDirectory() -> String? {
        guard let text = getcwd(nil, 0) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    private static func resolve(_ path: String) throws(SystemError) -> String {
        guard let text = realpath(path, nil) else { throw SystemError() }
        defer { free(text) }
        return String(cString: text)
    }

    private static func open(_ path: String) throws(SystemError) -> (descriptor: Int32, status: stat) {
        let descriptor = exec_open_program(path)
        guard descriptor >= 0 else { throw SystemError(-descriptor) }
        let moved = Descriptors.aboveStandard(descriptor)
        var status = stat()
        guard moved >= 0, fstat(moved, &status) == 0 else { throw SystemError() }
        return (moved, status)
    }

    private static func checkRunnable(_ status: stat) throws(SystemError) {
        guard status.st_mode & S_IFMT != S_IFDIR else { throw SystemError(EISDIR) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o111 != 0 else { throw SystemError(EACCES) }
    }
}

/// Says why a command cannot be configured.
package struct PinError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The error in words.
    package let description: String

    init(_ description: String) { self.description = description }
}
