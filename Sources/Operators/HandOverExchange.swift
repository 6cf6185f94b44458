import Basics
import DoorCarrier
import DoorProtocols
import Glibc
import Synchronization

/// The connection between a running host and the process that takes over from it. Blocks, for threads that may; one at a time uses it.
package final class HandOverExchange: Sendable {
    private struct State {
        var stream = HandOverStream()
        /// What has come and belongs to messages that were not given out yet.
        var descriptors: [CInt] = []
    }

    /// More descriptors than those of one message may have come: bytes that came together are read together.
    private static let mostDescriptors = 1024
    /// How long the other process may take to read.
    private static let patience = Duration.seconds(30)

    private let socket: DescriptorSocket
    private let state = Mutex(State())

    /// - Parameter descriptor: a connected unix socket, which it owns.
    package init(_ descriptor: CInt) { socket = DescriptorSocket(descriptor) }

    deinit { state.withLock { for descriptor in $0.descriptors { close(descriptor) } } }

    /// The process that has connected, at the end that has accepted; nil where the system does not say.
    package var process: Int32? { socket.peer }

    /// Sends a line, as the control socket has them.
    package func send(line: [UInt8]) throws(HandOverFault) { try send(bytes: line) }

    /// Sends a message, with the descriptor that belongs to it, which stays the caller's.
    package func send(_ frame: HandOverFrame, with descriptor: CInt? = nil) throws(HandOverFault) {
        try send(bytes: frame.bytes, with: descriptor)
    }

    /// Sends messages that have no descriptors.
    package func send(_ frames: some Sequence<HandOverFrame>) throws(HandOverFault) {
        var bytes: [UInt8] = []
        for frame in frames {
            bytes += frame.bytes
            if bytes.count < 1 << 16 { continue }
            try send(bytes: bytes)
            bytes = []
        }
        if !bytes.isEmpty { try send(bytes: bytes) }
    }

    private func send(bytes: [UInt8], with descriptor: CInt? = nil) throws(HandOverFault) {
        do throws(SystemError) {
            try socket.send(bytes, with: descriptor, within: Self.patience)
        } catch {
            throw HandOverFault("the other process does not listen: \(error)")
        }
    }

    /// Waits for a line, before any message.
    package func line(within limit: Duration) throws(HandOverFault) -> [UInt8] {
        try state.withLock { state throws(HandOverFault) in
            while true {
                if let line = state.stream.line() { return line }
                try receive(&state, within: limit)
            }
        }
    }

    /// Waits for a message. The descriptor that belongs to it is the caller's.
    ///
    /// - Throws: ``HandOverFault`` where none comes in time, the other end has gone or says that it has failed, or what comes is no message.
    package func next(within limit: Duration) throws(HandOverFault) -> (frame: HandOverFrame, descriptor: CInt?) {
        try state.withLock { state throws(HandOverFault) in
            while true {
                guard let frame = try state.stream.next() else {
                    try receive(&state, within: limit)
                    continue
                }
                if case .failed(let why) = frame { throw HandOverFault(why.controlsEscaped) }
                guard frame.carriesDescriptor else { return (frame, nil) }
                guard !state.descriptors.isEmpty else { throw HandOverFault("a message without its descriptor") }
                return (frame, state.descriptors.removeFirst())
            }
        }
    }

    /// Waits for a message for as long as the other end is there. The descriptor that belongs to it is the caller's.
    ///
    /// - Parameter late: called where none has come for a while, each time.
    /// - Throws: as ``next(within:)``.
    package func next(
        afterEach pause: Duration, _ late: () -> Void
    ) throws(HandOverFault) -> (frame: HandOverFrame, descriptor: CInt?) {
        while !socket.hasMore(within: pause) { late() }
        return try next(within: Self.patience)
    }

    private func receive(_ state: inout State, within limit: Duration) throws(HandOverFault) {
        let received: (bytes: [UInt8], descriptor: CInt?)
        do throws(SystemError) {
            received = try socket.receive(within: limit)
        } catch {
            // So it is told of a process that had not read all.
            throw error.code == ECONNRESET ? .gone : HandOverFault("\(error)")
        }
        if let descriptor = received.descriptor { state.descriptors.append(descriptor) }
        guard !received.bytes.isEmpty else { throw .gone }
        guard state.descriptors.count <= Self.mostDescriptors else {
            throw HandOverFault("descriptors without messages")
        }
        state.stream.receive(received.bytes)
    }

    /// Says that nothing has changed, and why, as far as the other end listens, and ends the connection.
    package func fail(_ why: String) {
        try? send(.failed(why))
        socket.end()
    }

    /// Ends the connection.
    package func end() { socket.end() }
}
