import Basics
import ExecSpawn
import Glibc

/// One run of a command. Used by the supervisor's thread alone.
///
/// INVARIANT: the process, which is the command's keeper, is reaped last: until then its id cannot become another's. It ends
/// after the command and whatever the command started.
final class CommandRun {
    private enum State {
        case running
        /// The command has ended; another process may still hold its output.
        case draining
        /// It was told to end, and why.
        case terminating(CommandFailure)
        /// It was killed, and no question waits for it.
        case killed
        case over
    }

    // How long the group has to obey SIGTERM; and how long output that others hold is waited for.
    private static let grace: Int64 = 500_000_000
    private static let drain: Int64 = 500_000_000

    let id: CommandSupervisor.RunID
    private let command: PinnedCommand
    private let userName: String
    private let completion: CommandSupervisor.Completion
    private let process: pid_t
    private let keeper: OpaquePointer
    private let started: Int64
    private var processDescriptor: Int32
    private var outputDescriptor: Int32
    private var errorDescriptor: Int32
    private let output: SecretBytes
    private var errors: ErrorTail
    private var state = State.running
    private(set) var deadline: Int64?

    /// Starts the command.
    init(_ request: SupervisorMailbox.Request, environment: (String) -> String?) throws(CommandFailure) {
        command = request.command
        userName = request.userName
        completion = request.completion
        id = request.id
        let options = command.options
        guard environment(CommandEnvironment.depth) == nil else {
            throw CommandFailure(
                .recursion, path: command.path,
                "is not run: `\(CommandEnvironment.depth)` is set, so this process is run by such a command itself")
        }
        started = SystemTime.monotonic
        let launched: Launch
        do {
            // A line end of two bytes, and one byte that is too many.
            output = try SecretBytes(capacity: options.maxLength + 3)
            errors = try ErrorTail()
            launched = try Launch(command, userName: request.userName, environment: environment)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.notRunnable, path: command.path, "cannot be run: \(error)")
        }
        process = launched.process
        keeper = launched.keeper
        processDescriptor = launched.processDescriptor
        outputDescriptor = launched.output
        errorDescriptor = launched.errors
        deadline = started + options.timeout.nanoseconds
    }

    /// Whether nothing is left of it.
    var isOver: Bool { if case .over = state { true } else { false } }

    /// What poll(2) waits for.
    var descriptors: [Int32] { [processDescriptor, outputDescriptor, errorDescriptor].filter { $0 >= 0 } }

    /// Looks at what has happened. Reads a bounded amount.
    func advance(_ now: Int64) {
        readErrors()
        readOutput(now)
        if processDescriptor >= 0, hasEnded() {
            Self.close(&processDescriptor)
            commandEnded(now)
        } else if let deadline, now >= deadline {
            deadlinePassed(now)
        }
        if case .draining = state, outputDescriptor < 0 { finish(now) }
    }

    /// Ends it because no question waits.
    func cancel(_ now: Int64) {
        guard case .running = state else { return }
        terminate(CommandFailure(.cancelled, path: command.path, "was ended", after: elapsed(now)), now)
    }

    /// Kills it and lets it go: what cannot be reaped now belongs to the process that outlives us, and its keeper's memory to
    /// the keeper.
    func abandon() {
        kill(process, EXEC_END_SIGNAL)
        answer(.failure(CommandFailure(.cancelled, path: command.path, "does not end")))
        closeAll()
        waitpid(process, nil, WNOHANG)
        state = .over
    }

    private func readErrors() {
        guard errorDescriptor >= 0, errors.read(from: errorDescriptor) == 0 else { return }
        Self.close(&errorDescriptor)
    }

    private func readOutput(_ now: Int64) {
        guard outputDescriptor >= 0 else { return }
        let count = output.read(from: outputDescriptor)
        if output.room == 0 {
            Self.close(&outputDescriptor)
            if case .running = state { terminate(failure(RawOutput.tooLong(command.options), now), now) }
        } else if count == 0 {
            Self.close(&outputDescriptor)
        }
    }

    private func hasEnded() -> Bool {
        var happened = pollfd(fd: processDescriptor, events: Int16(POLLIN), revents: 0)
        return poll(&happened, 1, 0) == 1
    }

    private func commandEnded(_ now: Int64) {
        switch state {
        case .running where outputDescriptor >= 0:
            state = .draining
            deadline = now + Self.drain
        default: finish(now)
        }
    }

    private func deadlinePassed(_ now: Int64) {
        switch state {
        case .running:
            let text =
                "did not end within the \(CommandFailure.seconds(command.options.timeout)) s that the option "
                + "`Timeout` allows"
            terminate(failure(OutputRefusal(.timeout, text), now), now)
        case .draining: finish(now)
        case .terminating(let failure):
            // What does not obey this waits for a device; it is reaped when it ends, and answered for now.
            kill(process, EXEC_END_SIGNAL)
            answer(.failure(failure))
            state = .killed
            deadline = nil
        case .killed, .over: deadline = nil
        }
    }

    private func terminate(_ failure: CommandFailure, _ now: Int64) {
        Self.close(&outputDescriptor)
        kill(process, SIGTERM)
        state = .terminating(failure)
        deadline = now + Self.grace
    }

    // The keeper has ended, and with it everything else; or, while output is waited for, is ending.
    private func finish(_ now: Int64) {
        var reaped: pid_t
        repeat { reaped = waitpid(process, nil, 0) } while reaped < 0 && errno == EINTR
        // The keeper's memory holds the status, whichever process waited for the keeper.
        let status = exec_keeper_finish(keeper)
        let end = CommandEnd(waitStatus: status < 0 ? nil : status)
        switch state {
        case .terminating(let failure): answer(.failure(failure))
        case .running, .draining: answer(result(end, now))
        case .killed, .over: break
        }
        closeAll()
        state = .over
    }

    private func result(_ end: CommandEnd, _ now: Int64) -> Result<CommandOutput, CommandFailure> {
        // What was written before the end is in the pipes still.
        for _ in 0..<64 where errorDescriptor >= 0 && errors.read(from: errorDescriptor) <= 0 { break }
        while outputDescriptor >= 0, output.read(from: outputDescriptor) > 0 {}
        if let refusal = end.refusal { return .failure(failure(refusal, now)) }
        guard output.room > 0 else { return .failure(failure(RawOutput.tooLong(command.options), now)) }
        do {
            return .success(try understand(now))
        } catch let refusal as OutputRefusal {
            return .failure(failure(refusal, now))
        } catch {
            return .failure(CommandFailure(.notRunnable, path: command.path, "left no room for its output: \(error)"))
        }
    }

    private func understand(_ now: Int64) throws -> CommandOutput {
        let seconds = SystemTime.seconds
        switch command.options.format {
        case .raw:
            try RawOutput.take(output, options: command.options)
            let kept = command.options.cacheTime.components.seconds
            return CommandOutput(
                user: userName, secret: output, expiry: kept > 0 ? seconds + kept : nil, elapsed: elapsed(now))
        case .json:
            let read = try JSONOutput.read(output, options: command.options, now: seconds)
            return CommandOutput(
                user: read.user ?? userName, secret: read.secret, expiry: read.expiry, elapsed: elapsed(now))
        }
    }

    private func failure(_ refusal: OutputRefusal, _ now: Int64) -> CommandFailure {
        CommandFailure(
            refusal.kind, path: command.path, refusal.text, after: elapsed(now), errors: errors.text(hiding: output))
    }

    private func elapsed(_ now: Int64) -> Duration { .nanoseconds(now - started) }

    private func answer(_ result: Result<CommandOutput, CommandFailure>) {
        if case .killed = state { return }
        completion(result)
    }

    private func closeAll() {
        Self.close(&processDescriptor)
        Self.close(&outputDescriptor)
        Self.close(&errorDescriptor)
    }

    private static func close(_ descriptor: inout Int32) {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }
}

/// How a command ended, from waitpid(2).
struct CommandEnd {
    /// Nil where it exited with 0.
    let refusal: OutputRefusal?

    /// waitStatus: nil where other code has reaped it.
    init(waitStatus: Int32?) {
        guard let waitStatus else {
            refusal = OutputRefusal(.exit, "ended, and its exit status is lost: something else waited for it")
            return
        }
        let signal = waitStatus & 0x7F
        let status = (waitStatus >> 8) & 0xFF
        switch (signal, status) {
        case (0, 0): refusal = nil
        case (0, 1): refusal = OutputRefusal(.exitPermanent, "exited with status 1")
        case (0, 75), (0, 111): refusal = OutputRefusal(.exitTemporary, "exited with status \(status)")
        case (0, _): refusal = OutputRefusal(.exit, "exited with status \(status)")
        default:
            refusal = OutputRefusal(.signal, "was ended by signal \(signal) (\(String(cString: strsignal(signal))))")
        }
    }
}
