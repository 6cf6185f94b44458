import Foundation
import Testing

/// What systemd is told: sd_notify(3), by a datagram.
@Suite struct ServiceManagerTests {
    @Test(arguments: [false, true])
    func `the manager is told of the start, of a reload and of the end`(isAbstract: Bool) throws {
        let folder = try Folder()
        let name = isAbstract ? "@authhost-\(UUID())" : folder.path("notify")
        let manager = try ServiceManagerSocket(name)
        let host = try ChildProcess(
            [
                Place.binary("authhost"), "serve", "-c", "none", "--module", "openauth", "--http-listen", "none",
                "--http-socket", folder.path("http.sock"),
            ], directory: folder.path, environment: ["NOTIFY_SOCKET": name])
        #expect(try manager.next().hasPrefix("READY=1\n"))
        #expect(access(folder.path("http.sock"), F_OK) == 0)
        host.send(SIGHUP)
        #expect(try manager.next().firstMatch(of: /^RELOADING=1\nMONOTONIC_USEC=[0-9]+\n/) != nil)
        #expect(try manager.next().hasPrefix("READY=1\n"))
        host.terminate()
        #expect(try manager.next().hasPrefix("STOPPING=1\n"))
        #expect(try host.finish().status == 0)
        // The folder, with the manager's socket, stays until here.
        #expect(access(folder.path, F_OK) == 0)
    }

    @Test(arguments: ["/nowhere/notify", "x", "@"])
    func `a manager that does not listen hinders nothing`(name: String) throws {
        let folder = try Folder()
        let host = try ChildProcess(
            [
                Place.binary("authhost"), "serve", "-c", "none", "--module", "openauth", "--http-listen", "none",
                "--http-socket", folder.path("http.sock"),
            ], directory: folder.path, environment: ["NOTIFY_SOCKET": name])
        try host.wait(for: "listening on")
        host.terminate()
        #expect(try host.finish().status == 0)
    }
}

/// A socket that receives what a service says.
final class ServiceManagerSocket {
    let descriptor: Int32

    /// - Parameter name: a path, or an abstract name that begins with `@`.
    init(_ name: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: bytes)
            if name.hasPrefix("@") { $0[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        // SAFETY: a sockaddr_un is lent as the sockaddr that bind(2) takes, with the length of what was written.
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard descriptor >= 0, status == 0 else { throw ChildError(description: "no socket `\(name)`") }
    }

    deinit { close(descriptor) }

    /// What is said next, within a minute.
    func next() throws -> String {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 60_000) == 1 else { throw ChildError(description: "the service says nothing") }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// Whether it has said something more by now.
    var hasMore: Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) == 1
    }
}
