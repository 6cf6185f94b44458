import Basics
import ExecSpawn
import Glibc

/// A command that was just started, and our ends of its pipes.
struct Launch {
    /// The command's keeper, which ends after the command and everything that it started.
    let process: pid_t
    /// To be finished once, after the process was reaped.
    let keeper: OpaquePointer
    /// Readable when the process has ended.
    let processDescriptor: Int32
    let output: Int32
    let errors: Int32

    /// Checks the command again and starts it.
    ///
    /// **Throws:** a `CommandFailure`, or a `SystemError` for what the process lacks.
    init(_ command: PinnedCommand, userName: String, environment: (String) -> String?) throws {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        let program = try command.open()
        opened.append(program)
        let input = Descriptors.aboveStandard(open("/dev/null", O_RDONLY | O_CLOEXEC))
        guard input >= 0 else { throw SystemError() }
        opened.append(input)
        let output = try Descriptors.pipe()
        opened += [output.reading, output.writing]
        let errors = try Descriptors.pipe()
        opened += [errors.reading, errors.writing]
        (process, keeper) = try Self.start(
            command, userName: userName,
            environment: CommandEnvironment.make(command, userName: userName, inherited: environment),
            descriptors: (program, input, output.writing, errors.writing))
        processDescriptor = exec_open_process(process)
        guard processDescriptor >= 0 else {
            kill(process, EXEC_END_SIGNAL)
            waitpid(process, nil, 0)
            exec_keeper_finish(keeper)
            throw SystemError(-processDescriptor)
        }
        self.output = output.reading
        self.errors = errors.reading
        opened.removeAll { $0 == output.reading || $0 == errors.reading }
    }

    private static func start(
        _ command: PinnedCommand, userName: String, environment: [String],
        descriptors: (program: Int32, input: Int32, output: Int32, errors: Int32)
    ) throws -> (process: pid_t, keeper: OpaquePointer) {
        var arguments = command.words.arguments(userName: userName)
        arguments[0] = command.path
        var stage: Int32 = 0
        var keeper: OpaquePointer?
        let process = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                command.resolved.withCString { path in
                    (command.identity.change?.groups ?? []).withUnsafeBufferPointer { groups in
                        let change = command.identity.change
                        // SAFETY: everything lives until exec_spawn has returned, after the program was loaded.
                        var spawn = exec_spawn_t(
                            program: descriptors.program, path: path, arguments: arguments, environment: environment,
                            input: descriptors.input, output: descriptors.output, errors: descriptors.errors,
                            changes_user: change == nil ? 0 : 1, user: change?.user ?? 0, group: change?.group ?? 0,
                            groups: groups.baseAddress, group_count: groups.count)
                        return Self.spawn(&spawn, &stage, &keeper)
                    }
                }
            }
        }
        if process > 0, let keeper { return (process, keeper) }
        throw CommandFailure(.notRunnable, path: command.path, Self.words(stage: stage, code: -process))
    }

    // A child that another thread is just starting may hold the file as it was being written, until it is loaded.
    private static func spawn(_ spawn: inout exec_spawn_t, _ stage: inout Int32, _ keeper: inout OpaquePointer?)
        -> pid_t
    {
        for _ in 0..<5 {
            let process = exec_spawn(&spawn, &stage, &keeper)
            guard process == -ETXTBSY else { return process }
            usleep(2_000)
        }
        return exec_spawn(&spawn, &stage, &keeper)
    }

    private static func words(stage: Int32, code: Int32) -> String {
        let error = SystemError(code)
        switch Int(stage) {
        case Int(EXEC_STAGE_USER): return "is not run: cannot become the user of the option `RunAs`: \(error)"
        case Int(EXEC_STAGE_DESCRIPTORS): return "is not run: cannot set up its descriptors: \(error)"
        case Int(EXEC_STAGE_FORK): return "is not run: cannot make a process: \(error)"
        default:
            let hint = code == ENOEXEC ? " (a script needs a first line such as `#!/bin/sh`)" : ""
            return "is not runnable: \(error)\(hint)"
        }
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { body(UnsafePointer($0.baseAddress!)) }
    }
}
