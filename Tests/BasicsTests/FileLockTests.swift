import Foundation
import Glibc
import Testing

@testable import Basics

@Suite struct `The lock of a file` {
    private let path = "/tmp/authhost-lock-\(UUID())"

    private func opened() throws -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        return descriptor
    }

    @Test func `is shared by the process that takes over, and is its own when that is settled`() throws {
        defer { unlink(path) }
        // Another open file has it, as another process would.
        let before = try opened()
        #expect(flock(before, LOCK_EX | LOCK_NB) == 0)
        let next = try opened()
        guard case .held = FileLock.take(next) else {
            Issue.record("two have it")
            return
        }
        FileLock.inherit(fcntl(before, F_DUPFD_CLOEXEC, 0))
        guard case .taken = FileLock.take(next) else {
            Issue.record("it is not shared")
            return
        }
        let third = try opened()
        #expect(flock(third, LOCK_EX | LOCK_NB) != 0, "no third one gets in between")
        FileLock.settle()
        close(before)
        #expect(flock(third, LOCK_EX | LOCK_NB) != 0, "it outlives the one before")
        #expect(FileLock.descriptors.contains(next))
        close(next)
        #expect(flock(third, LOCK_EX | LOCK_NB) == 0)
        #expect(!FileLock.descriptors.contains(next))
        close(third)
    }
}
