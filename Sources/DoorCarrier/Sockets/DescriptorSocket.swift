import Basics
import CEpoll
import Glibc

/// A connected unix socket over which bytes go, and descriptors with them. Blocks, for a thread of its own.
package final class DescriptorSocket: Sendable {
    private let descriptor: CInt

    /// Owns the descriptor.
    package init(_ descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// The process that has connected, at the end that has accepted; nil where the system does not say.
    package var peer: Int32? {
        var process: Int32 = 0
        return cepoll_peer_process(descriptor, &process) == 0 ? process : nil
    }

    /// Sends all bytes, and a descriptor with the first of them, which stays the caller's.
    ///
    /// - Throws: ``SystemError`` where the other end does not take them in time, or has gone.
    package func send(_ bytes: [UInt8], with passed: CInt? = nil, within limit: Duration) throws(SystemError) {
        let due = SystemTime.monotonic + limit.nanoseconds
        var (done, passed) = (0, passed ?? -1)
        while done < bytes.count {
            // SAFETY: the kernel reads as many bytes as the slice has, for the length of the call.
            let count = bytes[done...].withUnsafeBytes { bytes in
                bytes.baseAddress.map { cepoll_send(descriptor, $0, Int64(bytes.count), passed) } ?? 0
            }
            if count > 0 {
                (done, passed) = (done + Int(count), -1)
            } else if errno == EAGAIN || errno == EINTR {
                try wait(for: POLLOUT, until: due)
            } else {
                throw SystemError(errno, "cannot send")
            }
        }
    }

    /// Waits for bytes; none at the end of the stream. A descriptor that came with them is the caller's.
    ///
    /// - Throws: ``SystemError`` where none come in time, or more than one descriptor came with them.
    package func receive(within limit: Duration) throws(SystemError) -> (bytes: [UInt8], descriptor: CInt?) {
        let due = SystemTime.monotonic + limit.nanoseconds
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var passed: CInt = -1
        while true {
            // SAFETY: the kernel writes at most as many bytes as the buffer has.
            let count = bytes.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { cepoll_receive(descriptor, $0, Int64(bytes.count), &passed) } ?? 0
            }
            if count >= 0 { return (Array(bytes.prefix(Int(count))), passed < 0 ? nil : passed) }
            if errno == ECONNRESET { return ([], nil) }
            guard errno == EAGAIN || errno == EINTR else { throw SystemError(errno, "cannot receive") }
            try wait(for: POLLIN, until: due)
        }
    }

    /// Waits until there is something to receive, or the other end has gone; false where neither is so in time.
    package func hasMore(within limit: Duration) -> Bool {
        let due = SystemTime.monotonic + limit.nanoseconds
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        repeat {
            let left = max(0, due - SystemTime.monotonic) / 1_000_000
            if poll(&waiting, 1, CInt(min(left + 1, 60_000))) > 0 { return true }
        } while SystemTime.monotonic < due
        return false
    }

    /// Lets nothing more go in either direction: both ends see the end.
    package func end() { shutdown(descriptor, CInt(SHUT_RDWR)) }

    private func wait(for events: CInt, until due: Int64) throws(SystemError) {
        let left = (due - SystemTime.monotonic) / 1_000_000
        guard left > 0 else { throw SystemError(ETIMEDOUT, "the other process is silent") }
        var waiting = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        _ = poll(&waiting, 1, CInt(min(left + 1, 60_000)))
    }
}
