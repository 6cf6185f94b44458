import Glibc
import Synchronization

@testable import ExecCore

/// A directory of its own for one test's scripts, gone with the value.
final class CommandFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/exec-tests-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit {
        for name in Self.entries(path) { unlink(path + "/" + name) }
        rmdir(path)
    }

    /// Writes an executable script of sh called token; its path.
    func script(_ body: String) -> String { script("token", body) }

    /// Writes an executable script; its path.
    @discardableResult
    func script(_ name: String, _ body: String, mode: mode_t = 0o755, interpreter: String = "#!/bin/sh\n")
        -> String
    {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        let bytes = Array((interpreter + body + "\n").utf8)
        precondition(write(descriptor, bytes, bytes.count) == bytes.count)
        fchmod(descriptor, mode)
        close(descriptor)
        return file
    }

    static func entries(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

func pinned(
    _ command: String, _ options: [(String, String)] = [], directory: String? = nil
) throws -> PinnedCommand {
    let given: [(name: String, value: String)] = [(name: "Command", value: command)]
    let user = options.contains { $0.0 == "UserName" } ? [] : [(name: "UserName", value: "ann")]
    // A busy machine may need longer than the default for a command that ends by itself.
    let options = options.contains { $0.0 == "Timeout" } ? options : options + [("Timeout", "10m")]
    return try PinnedCommand(
        options: ExecOptions(values: given + user + options.map { (name: $0.0, value: $0.1) }), directory: directory)
}

extension CommandSupervisor {
    /// Runs a command and waits for what becomes of it.
    func result(_ command: PinnedCommand, userName: String? = nil) async -> Result<CommandOutput, CommandFailure> {
        await withCheckedContinuation { continuation in
            run(command, userName: userName) { continuation.resume(returning: $0) }
        }
    }

    /// Runs a command, and cancels it, if it is to be, when `condition`, which may block, has come true.
    func result(
        _ command: PinnedCommand, cancels: Bool = true, endedWhen condition: () -> Bool
    ) async -> (Bool, CommandFailure?) {
        let (results, ended) = AsyncStream<Result<CommandOutput, CommandFailure>>.makeStream()
        let id = run(command) { ended.yield($0) }
        let isSo = condition()
        if cancels { cancel(id) }
        for await result in results { if case .failure(let failure) = result { return (isSo, failure) } else { break } }
        return (isSo, nil)
    }

    /// The secret as text.
    func secret(_ command: PinnedCommand, userName: String? = nil) async throws -> String {
        try await result(command, userName: userName).get().secret.text
    }

    /// The failure; nil where there is a secret.
    func failure(_ command: PinnedCommand) async -> CommandFailure? {
        if case .failure(let failure) = await result(command) { failure } else { nil }
    }
}

extension SecretBytes {
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// A named pipe that commands hold open, to see when the last of them is gone.
final class Tether {
    let path: String
    private let descriptor: Int32
    private var writer: Int32
    private var written = 0

    init(_ path: String) {
        self.path = path
        mkfifo(path, 0o600)
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        // A pipe without a writer so far does not tell that it is not held.
        writer = open(path, O_WRONLY | O_CLOEXEC)
    }

    deinit { close(descriptor) }

    /// Waits until it is not held, a minute for each byte; whether that came. What was written is counted.
    func isReleased() -> (released: Bool, written: Int) {
        if writer >= 0 { close(writer) }
        writer = -1
        while true {
            guard let count = more() else { return (false, written) }
            if count <= 0 { return (count == 0, written) }
        }
    }

    /// Waits until so many bytes were written, a minute for each; whether that came.
    func holds(_ bytes: Int) -> Bool {
        while written < bytes { guard let count = more(), count > 0 else { return false } }
        return true
    }

    /// Lets one who reads a line from it go on.
    func tell() -> Bool { write(writer, "\n", 1) == 1 }

    private func more() -> Int? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&state, 1, 60_000) == 1 else { return nil }
        let count = read(descriptor, &bytes, bytes.count)
        written += max(count, 0)
        return count
    }
}
