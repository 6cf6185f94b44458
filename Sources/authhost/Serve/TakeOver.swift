import AuthConfiguration
import AuthCore
import Basics
import DoorCarrier
import DoorProtocols
import Glibc
import JSONReading
import Logging
import ModuleHost
import Operators
import Runtime
import Synchronization

/// Takes over from a running host, which goes on until this process has taken all that it has.
final class TakeOver: Sendable {
    /// What the host had.
    private struct Taken {
        var connections: [OfferedConnection] = []
        var ended: [SessionID] = []
        var penalties: [UInt8] = []
        var sessions = 0
        /// Whether the other process was told that everything was taken.
        var isTold = false
        /// Whether the other process has ended before it said that this one is the host.
        var isAlone = false
    }

    /// How long the running host may take for an answer that it has at once.
    private static let answer = Duration.seconds(30)
    /// How long it may take until its questions under way are answered and its files are closed.
    private static let cut = Duration.seconds(120)
    /// Most bytes of what is known of wrong passwords, as for its file.
    private static let mostPenalties = 128 << 20

    private let exchange: HandOverExchange
    private let sockets: [OfferedSocket]
    private let control: Mutex<(path: String, descriptor: CInt)?>
    /// The process of the running host.
    private let running: ProcessMark
    /// How long it may take to end once its connection has.
    private static let dying = Duration.seconds(5)

    /// The number of the running host's process.
    var process: Int32 { running.number }

    /// Asks a running host for what it has; it goes on meanwhile. To be called before any file is opened that the host has. Blocks.
    ///
    /// - Throws: ``Failure`` that says whether no host runs there, or why it refuses.
    init(at path: String) throws(Failure) {
        do throws(ControlError) {
            exchange = HandOverExchange(try ControlClient.connect(to: path))
        } catch {
            throw Failure(.undecided, "\(error)")
        }
        do throws(HandOverFault) {
            try Self.agree(exchange)
            let offered = try Self.receive(exchange)
            sockets = offered.sockets
            control = Mutex(offered.control)
            running = ProcessMark(offered.process)
        } catch {
            throw Failure(.undecided, "the host at the control socket `\(path)` is not taken over: \(error)")
        }
    }

    private static func agree(_ exchange: HandOverExchange) throws(HandOverFault) {
        var request = ControlRequest(.takeOver)
        request.version = HandOverFrame.version
        var unsent: HandOverFault?
        do throws(HandOverFault) { try exchange.send(line: ControlLine.encode(request)) } catch { unsent = error }
        let line: [UInt8]
        do throws(HandOverFault) {
            // A host that refuses a stranger has said why, and is gone before it is asked.
            line = try exchange.line(within: answer)
        } catch {
            throw unsent ?? error
        }
        guard let reply = try? JSONReader.decode(ControlReply.self, line, as: "answer") else {
            throw HandOverFault("its answer is not of this version's protocol")
        }
        guard reply.ok else { throw HandOverFault(reply.error ?? "it refuses without a reason") }
        guard reply.protocol == HandOverFrame.version else {
            throw HandOverFault(
                "it speaks version \(reply.protocol ?? 0) of taking over, and this process version \(HandOverFrame.version)"
            )
        }
    }

    private static func receive(
        _ exchange: HandOverExchange
    ) throws(HandOverFault) -> (sockets: [OfferedSocket], control: (path: String, descriptor: CInt)?, process: Int32) {
        var sockets: [OfferedSocket] = []
        var control: (path: String, descriptor: CInt)?
        while true {
            let (frame, descriptor) = try exchange.next(within: answer)
            switch (frame, descriptor) {
            case (.door(let name, let place, let isUnixSocket, let isOwned), let descriptor?):
                sockets.append(
                    OfferedSocket(
                        door: name, place: place, isUnixSocket: isUnixSocket, isOwned: isOwned, descriptor: descriptor))
            case (.control(let path), let descriptor?): control = (path, descriptor)
            case (.lock, let descriptor?): FileLock.inherit(descriptor)
            case (.offered(let process), _): return (sockets, control, Int32(clamping: process))
            default: throw HandOverFault("a message that does not belong here")
            }
        }
    }

    // MARK: - Before the cut

    /// Adds the host's listening sockets to those that are open already.
    func pass(to inherited: InheritedSockets) throws(Failure) {
        for socket in sockets {
            do throws(InheritedSocketError) {
                try inherited.add(
                    socket.descriptor, at: socket.place, isUnixSocket: socket.isUnixSocket, isOwned: socket.isOwned)
            } catch {
                throw Failure(.undecided, "\(error)")
            }
        }
    }

    /// The host's control socket, which is the caller's; nil where it is elsewhere.
    func takeControl(at path: String) -> CInt? {
        control.withLock { control in
            guard let found = control, found.path == path else { return nil }
            control = nil
            return found.descriptor
        }
    }

    /// Asks the module what it must answer before it is put in force, and looks whether this host could answer. Blocks.
    func test(_ host: Host, _ setup: HostSetup) throws(Failure) {
        guard setup.cluster == nil else {
            throw Failure(
                .badConfiguration, at: setup.configuration.place(of: "cluster-registry"),
                "a host of a cluster takes nothing over: start it with an index of its own, and stop the other one")
        }
        do throws(SwapFailure) {
            try host.modules.testInForce()
        } catch {
            throw Failure(.moduleUnusable, "\(error)")
        }
        let (isReady, detail) = host.readiness
        guard isReady else { throw Failure(.undecided, "this host would not answer: \(detail)") }
    }

    /// Tells the running host that it goes on, and why.
    func giveUp(_ why: String) { exchange.fail(why) }

    // MARK: - The cut

    /// Takes all that the running host has. This process is to be the host when this returns; until ``ready()`` the other one waits whether
    /// it is. Blocks.
    ///
    /// - Parameter places: where this one listens.
    func cut(_ host: Host, listeningAt places: [String], _ log: Logger) throws(Failure) -> [OfferedConnection] {
        var taken = Taken()
        do throws(HandOverFault) {
            try exchange.send(.cut(places: places))
            try take(&taken, host)
        } catch {
            for one in taken.connections { close(one.descriptor) }
            let other =
                taken.isTold
                ? "process \(process) has not said that this one is the host" : "process \(process) goes on"
            throw Failure(.undecided, "\(other): \(error)")
        }
        FileLock.settle()
        host.end(taken.ended)
        let count = taken.sessions == 1 ? "1 session" : "\(taken.sessions) sessions"
        let connections = taken.connections.count == 1 ? "1 connection" : "\(taken.connections.count) connections"
        if taken.isAlone { log.warning("Process \(process) has ended before it said so: this one is the host") }
        log.notice("Took \(count) and \(connections) over from process \(process)")
        return taken.connections
    }

    /// Says that this process accepts clients: the other one ends. Blocks.
    func ready() {
        // One that has gone does not hear it.
        try? exchange.send(.ready)
        exchange.end()
    }

    private func take(_ taken: inout Taken, _ host: Host) throws(HandOverFault) {
        while true {
            let (frame, descriptor): (HandOverFrame, CInt?)
            do throws(HandOverFault) {
                (frame, descriptor) = try exchange.next(within: Self.cut)
            } catch {
                // No process answers but this one then, and it has everything.
                guard taken.isTold, error == .gone, runningHasEnded else { throw error }
                taken.isAlone = true
                return
            }
            switch (frame, descriptor) {
            case (.session(let session), _):
                guard host.take([session]) == 1 else {
                    throw HandOverFault("a session of user <\(session.user.controlsEscaped)> could not be opened")
                }
                taken.sessions += 1
            case (.penalties(let bytes), _):
                taken.penalties += bytes
                guard taken.penalties.count <= Self.mostPenalties else {
                    throw HandOverFault("too many wrong passwords")
                }
            case (.connection(let door, let isUnixSocket), let descriptor?):
                taken.connections.append(
                    OfferedConnection(door: door, isUnixSocket: isUnixSocket, descriptor: descriptor))
            case (.handed(let count), _):
                guard Int(count) == taken.sessions else {
                    throw HandOverFault("\(taken.sessions) sessions have come, and there are \(count)")
                }
                try takePenalties(taken.penalties, host)
                taken.isTold = true
                try exchange.send(.taken(sessions: count))
            case (.ended(let id), _): taken.ended.append(id)
            case (.yours, _) where taken.isTold: return
            default:
                if let descriptor { close(descriptor) }
                throw HandOverFault("a message that does not belong here")
            }
        }
    }

    /// Whether the running host's process has ended, or does now.
    private var runningHasEnded: Bool {
        let (pause, due) = (ThreadSemaphore(), SystemTime.monotonic + Self.dying.nanoseconds)
        while !running.hasEnded {
            guard SystemTime.monotonic < due else { return false }
            _ = pause.wait(for: .milliseconds(10))
        }
        return true
    }

    private func takePenalties(_ bytes: [UInt8], _ host: Host) throws(HandOverFault) {
        if bytes.isEmpty { return }
        do throws(PenaltyTextError) {
            try host.takePenalties(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw HandOverFault("wrong passwords, line \(error.line): \(error.description)")
        }
    }
}
