import Basics
import ExecSpawn
import Glibc

/// Opens descriptors that never stand where a child's 0, 1 and 2 will.
enum Descriptors {
    /// Moves a descriptor to 3 or above, close-on-exec: the new one, or -1 with errno.
    static func aboveStandard(_ descriptor: Int32) -> Int32 {
        guard (0...2).contains(descriptor) else { return descriptor }
        let moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        let code = errno
        close(descriptor)
        errno = code
        return moved
    }

    /// Makes a pipe, close-on-exec, whose reading end does not block.
    static func pipe() throws(SystemError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        let code = exec_open_pipe(&ends)
        guard code == 0 else { throw SystemError(-code) }
        let reading = aboveStandard(ends[0])
        let writing = aboveStandard(ends[1])
        guard reading >= 0, writing >= 0, fcntl(reading, F_SETFL, O_NONBLOCK) == 0 else {
            let code = errno
            for end in [reading, writing] where end >= 0 { close(end) }
            throw SystemError(code)
        }
        return (reading, writing)
    }
}
