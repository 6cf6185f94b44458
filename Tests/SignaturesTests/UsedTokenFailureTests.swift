import Foundation
import Synchronization
import Testing

@testable import Signatures

/// A disk that fails when it is told to.
private final class Disk: Sendable {
    struct Faults {
        /// How many bytes may still be written; then there is no space left.
        var space = Int.max
        var isSynchronizing = true
    }

    let faults = Mutex(Faults())

    var calls: UsedTokenFile.Calls {
        UsedTokenFile.Calls(
            write: { descriptor, bytes, offset in
                let count = self.faults.withLock { faults in
                    defer { faults.space -= min(bytes.count, faults.space) }
                    return min(bytes.count, faults.space)
                }
                guard count > 0 else {
                    errno = ENOSPC
                    return -1
                }
                return pwrite(descriptor, bytes.baseAddress, count, off_t(offset))
            },
            synchronize: { descriptor in
                guard self.faults.withLock(\.isSynchronizing) else {
                    errno = EIO
                    return -1
                }
                return fdatasync(descriptor)
            })
    }
}

@Suite struct UsedTokenFailureTests {
    private let folder: Folder
    private let disk = Disk()
    private var path: String { folder.file("used-tokens") }

    init() throws { folder = try Folder() }

    private func use(_ number: Int, now: UInt32 = 1000) -> UsedTokenStore.Use {
        .init(
            token: Digest128(of: Data("\(number)".utf8)), key: Digest128(of: Data()), issued: now, until: now + 100,
            now: now)
    }

    private func store(limit: Int = 1000) throws -> UsedTokenStore {
        try UsedTokenStore(path: path, limit: limit, calls: disk.calls)
    }

    @Test(arguments: [0, 1, 63, 64, 100])
    func `a use that cannot be written denies, and leaves nothing behind`(space: Int) throws {
        do {
            let store = try store()
            #expect(store.use(use(1)) == .first)
            disk.faults.withLock { $0.space = space }
            if space >= 64 { #expect(store.use(use(0)) == .first) }
            guard case .failed(let error) = store.use(use(2)) else {
                Issue.record("a use without space was accepted")
                return
            }
            #expect(error.description.hasSuffix("cannot be written: no space left on device"))
            #expect(store.use(use(1)) == .again)
            disk.faults.withLock { $0.space = .max }
            #expect(store.use(use(2)) == .first)
        }
        let store = try store()
        #expect(store.count == (space >= 64 ? 3 : 2))
        #expect(store.use(use(2)) == .again)
    }

    @Test func `after the disk failed to synchronise no user is let in until a restart`() throws {
        do {
            let store = try store()
            disk.faults.withLock { $0.isSynchronizing = false }
            guard case .failed(let error) = store.use(use(1)) else {
                Issue.record("a use that is not on the disk was accepted")
                return
            }
            disk.faults.withLock { $0.isSynchronizing = true }
            #expect(store.use(use(1)) == .failed(error))
            #expect(store.use(use(2)) == .failed(error))
        }
        // It may have reached the disk after all; then it counts as used.
        #expect(try store().use(use(1)) == .again)
        #expect(try store().use(use(2)) == .first)
    }

    @Test func `a full store that cannot be written anew keeps the file it has`() throws {
        do {
            let store = try store(limit: 2)
            #expect(store.use(use(1)) == .first)
            #expect(store.use(use(2)) == .first)
            disk.faults.withLock { $0.space = 10 }
            #expect(store.use(use(3, now: 2000)) == .full(2))
            #expect(store.use(use(1)) == .again)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["used-tokens"])
            disk.faults.withLock { $0.space = .max }
            #expect(store.use(use(3, now: 2020)) == .first)
        }
        #expect(try store().count == 1)
    }

    @Test func `uses that come while the disk is busy are written together`() throws {
        let entered = DispatchSemaphore(value: 0)
        let leave = DispatchSemaphore(value: 0)
        let isHeld = Mutex(false)
        let count = Mutex(0)
        let calls = UsedTokenFile.Calls(synchronize: { descriptor in
            count.withLock { $0 += 1 }
            if isHeld.withLock({ $0 }) {
                entered.signal()
                leave.wait()
            }
            return fdatasync(descriptor)
        })
        let store = try UsedTokenStore(path: path, limit: 1000, calls: calls)
        isHeld.withLock { $0 = true }
        let outcomes = Mutex<[UsedTokenStore.Outcome]>([])
        let threads = (0..<10).map { number in
            Thread { [use = use(number)] in
                let outcome = store.use(use)
                outcomes.withLock { $0.append(outcome) }
            }
        }
        threads[0].start()
        entered.wait()
        for thread in threads[1...] { thread.start() }
        while store.waiting.withLock({ $0.count }) < 9 { sched_yield() }
        isHeld.withLock { $0 = false }
        leave.signal()
        while outcomes.withLock({ $0.count }) < 10 { sched_yield() }
        #expect(outcomes.withLock { $0.allSatisfy { $0 == .first } })
        // One for the new file, one for the first use, one for the nine that waited.
        #expect(count.withLock { $0 } == 3)
    }
}
