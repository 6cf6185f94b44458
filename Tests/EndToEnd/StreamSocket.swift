import Glibc

/// Stream sockets at paths, for clients and servers of tests. The descriptors are the caller's.
enum StreamSocket {
    static func connect(to path: String) throws -> Int32 { try open(path, Glibc.connect) }

    static func listen(at path: String) throws -> Int32 {
        let descriptor = try open(path, Glibc.bind)
        guard Glibc.listen(descriptor, 8) == 0 else { throw failure(path, descriptor) }
        return descriptor
    }

    private static func open(
        _ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        // SAFETY: a sockaddr_un is lent as the sockaddr that bind(2) and connect(2) take, with its size.
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw failure(path, descriptor) }
        return descriptor
    }

    private static func failure(_ path: String, _ descriptor: Int32) -> ChildError {
        let reason = String(cString: strerror(errno))
        close(descriptor)
        return ChildError(description: "no socket at `\(path)`: \(reason)")
    }
}
