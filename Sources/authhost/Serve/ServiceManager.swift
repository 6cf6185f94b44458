import Basics
import Glibc

/// Tells the service manager the state of the host, as sd_notify(3) has it: a datagram to the socket that NOTIFY_SOCKET names.
enum ServiceManager {
    /// The doors are open.
    ///
    /// - Parameter isNext: whether another process was the host before.
    static func ready(isNext: Bool = false) {
        tell("\(isNext ? "MAINPID=\(getpid())\n" : "")READY=1\nSTATUS=answering")
    }

    /// Another process is the host from now on.
    static func hands(over process: Int32) { tell("MAINPID=\(process)\nSTATUS=answering in process \(process)") }

    /// The configuration is read again; ``ready()`` ends that.
    static func reloading() {
        tell("RELOADING=1\nMONOTONIC_USEC=\(SystemTime.monotonic / 1_000)\nSTATUS=reading the configuration")
    }

    /// What was asked is answered, and nothing further.
    static func stopping() { tell("STOPPING=1\nSTATUS=stopping") }

    /// Sends a state. Without a manager nothing is done, and so where it does not listen.
    private static func tell(_ state: String) {
        guard let path = getenv("NOTIFY_SOCKET").map({ Array(String(cString: $0).utf8) }), path.count > 1 else {
            return
        }
        var address = sockaddr_un()
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in
            room.copyBytes(from: path)
            // unix(7): an abstract name begins with a zero byte, which the variable has as `@`.
            if path[0] == UInt8(ascii: "@") { room[0] = 0 }
        }
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let bytes = Array(state.utf8)
        // SAFETY: a sockaddr_un is lent as the sockaddr that the call takes, with the length of what was written.
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
