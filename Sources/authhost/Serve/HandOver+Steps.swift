import AuthConfiguration
import AuthCore
import Basics
import DoorCarrier
import DoorProtocols
import Glibc
import Logging
import Metrics
import ModuleHost
import Operators
import Runtime
import Signatures
import Synchronization
import Usage

/// What has become of a take-over, for metrics.
enum TakeOverOutcome: String {
    /// This process has taken over.
    case done
    /// Another one was to be the host, and nothing has changed.
    case failed
    /// Another one had everything and has gone before it accepted clients: this one is the host again.
    case undone
    /// Another one may not.
    case refused

    /// Counts it.
    func count() { Counter(label: "authhost_take_overs_total", dimensions: [("outcome", rawValue)]).increment() }
}

// The steps of a host that is handed over.
extension HandOver {
    /// Sends what there is: sockets and locks.
    func offer(
        _ exchange: HandOverExchange, _ servers: DoorServers, _ control: ControlServer?
    ) async throws {
        let sockets = await servers.offered
        let controlling = await control?.duplicate()
        let path = setup.configuration.controlSocket
        try await Blocking.run { () throws(HandOverFault) in
            defer {
                for socket in sockets { Glibc.close(socket.descriptor) }
                if let controlling { Glibc.close(controlling) }
            }
            var reply = ControlReply()
            reply.protocol = HandOverFrame.version
            try exchange.send(line: ControlLine.encode(reply))
            for socket in sockets {
                try exchange.send(
                    .door(
                        name: socket.door, place: socket.place, isUnixSocket: socket.isUnixSocket,
                        isOwned: socket.isOwned), with: socket.descriptor)
            }
            if let controlling, let path { try exchange.send(.control(path: path), with: controlling) }
            for descriptor in FileLock.descriptors { try exchange.send(.lock, with: descriptor) }
            try exchange.send(.offered(process: UInt32(clamping: getpid())))
        }
    }

    /// Answers nothing from now on, and sends what the host knows. The other process has taken it when this returns.
    func hand(
        over connections: [OfferedConnection], to exchange: HandOverExchange
    ) throws(HandOverFault) -> [HandedSession] {
        guard host.beginHandOver(within: Self.opening) else {
            throw HandOverFault("log-ins under way have not ended in \(Self.opening), or the host stops")
        }
        let sessions = host.handedSessions
        try exchange.send(sessions.lazy.map { HandOverFrame.session($0) })
        if let penalties = host.penaltyText.map({ Array($0.utf8) }) {
            let pieces = stride(from: 0, to: penalties.count, by: 1 << 16).lazy.map {
                HandOverFrame.penalties(Array(penalties[$0..<min($0 + 1 << 16, penalties.count)]))
            }
            try exchange.send(pieces)
        }
        for one in connections {
            try exchange.send(
                .connection(door: one.door, isUnixSocket: one.isUnixSocket), with: one.descriptor)
        }
        try exchange.send(.handed(sessions: UInt32(clamping: sessions.count)))
        let (frame, _) = try exchange.next(within: Self.taking)
        guard frame == .taken(sessions: UInt32(clamping: sessions.count)) else {
            throw HandOverFault("the other process has not taken \(Self.count(sessions.count, "session"))")
        }
        return sessions
    }

    /// Closes what one process has open at a time, and says that the other one is to be the host.
    func closeFiles(_ handed: [HandedSession], _ exchange: HandOverExchange) throws(HandOverFault) {
        usage.stop()
        setup.signatures.closeStore()
        host.endHandOver()
        let ended = handed.lazy.filter { [host] in !host.isOpen($0.id) }
        try exchange.send(ended.map { HandOverFrame.ended($0.id) } + [.yours])
    }

    /// Waits until the other process accepts clients, for as long as it is there.
    func awaitReady(_ exchange: HandOverExchange, _ process: Int32) throws(HandOverFault) {
        let (frame, _) = try exchange.next(afterEach: Self.silence) { [setup] in
            setup.log.critical(
                "Process \(process) has taken everything over and accepts no client yet: end it to have this one go on")
        }
        guard frame == .ready else { throw HandOverFault("another message than `ready`") }
    }

    /// Is the host again: the other process has gone before it was.
    func takeBack(
        from process: Int32, _ why: any Error, _ connections: [OfferedConnection], _ servers: DoorServers,
        _ control: ControlServer?, _ record: @escaping @Sendable (String) -> Void
    ) async {
        let isStill = phase.withLock { phase in
            guard case .handedOver = phase else { return false }
            phase = .cutting
            return true
        }
        guard isStill else {
            for connection in connections { Glibc.close(connection.descriptor) }
            return
        }
        await Blocking.run { [self] in
            setup.signatures.takeStoreBack()
            do throws(Failure) {
                try usage.start(counting: host, setup.cluster)
            } catch {
                setup.log.error("usage statistics are not kept: \(error.text)")
            }
            host.takeBack()
        }
        await servers.resume(connections)
        await control?.resume()
        phase.withLock { $0 = .idle }
        TakeOverOutcome.undone.count()
        record("failed: process \(process) has gone before it accepted a client: \(why)")
        setup.log.critical(
            "Process \(process) has taken everything over and has gone before it accepted a client: this one is the host again: \(why)"
        )
    }
}
