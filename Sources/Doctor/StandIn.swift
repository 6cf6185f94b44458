import AuthCore
import DoorCarrier
import DoorProtocols
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// What stands where authhost would: the door itself with a scripted host behind it, or something that is no door at all.
struct StandIn: Sendable {
    /// Where it listens.
    let places: [SocketAddress]
    private let end: @Sendable () async -> Void

    func stop() async { await end() }

    /// The door as it is configured, over a host that answers everything in one way.
    static func door(
        _ settings: DoorSettings, _ host: ScriptedHost, _ sent: SentBytes
    ) async throws -> StandIn {
        let loops = try DoorLoops(threads: 1, host: host)
        do {
            let server = try await DoorServer(
                settings, host: host, loops: loops, services: DoorServices(),
                log: Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() }, observing: { sent.add($0) })
            return StandIn(places: server.addresses) {
                await server.drain(within: .milliseconds(100))
                await loops.shutdown()
            }
        } catch {
            await loops.shutdown()
            throw error
        }
    }

    /// Something that accepts connections and does not speak the protocol.
    static func raw(
        _ settings: DoorSettings, _ fault: DoorDoctor.Fault, _ group: MultiThreadedEventLoopGroup, _ sent: SentBytes
    ) async throws -> StandIn {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NoDoor(fault, sent))
                }
            }
        var channels: [any Channel] = []
        var socket: UnixSocket?
        do {
            for address in settings.addresses {
                channels.append(try await bootstrap.bind(host: address.host, port: address.port).get())
            }
            if let path = settings.socketPath {
                let made = try await UnixSocket.listen(at: path, mode: settings.socketMode, bootstrap)
                socket = made.socket
                channels.append(made.channel)
            }
        } catch {
            socket?.remove()
            for channel in channels { try? await channel.close() }
            throw error
        }
        let (all, made) = (channels, socket)
        let tcp = channels.compactMap(\.localAddress).filter { $0.protocol != .unix }
        return StandIn(places: tcp + (made.map { [$0.address] } ?? [])) {
            made?.remove()
            for channel in all { try? await channel.close() }
        }
    }
}

/// A connection of something that is no door.
private final class NoDoor: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let fault: DoorDoctor.Fault
    private let sent: SentBytes

    init(_ fault: DoorDoctor.Fault, _ sent: SentBytes) {
        self.fault = fault
        self.sent = sent
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch fault {
        case .garbage:
            // The same bytes each time, of every value.
            let bytes = (0..<1024).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13 &+ $0 >> 8) }
            sent.add(bytes)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            context.close(promise: nil)
        case .restart: context.close(promise: nil)
        case .yes, .no, .error, .late, .silence: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
