import Basics
import Glibc
import Synchronization
import Testing

@testable import Accounts

@Suite struct FairQueueTests {
    private static func asker(_ user: String, _ address: String) -> HashPool.Asker {
        HashPool.Asker(user: Array(user.utf8), address: Array(address.utf8))
    }

    private static func append(_ user: String, _ address: String, to queue: inout FairQueue<String>) throws {
        try queue.append("\(user)@\(address)", user: Array(user.utf8), address: Array(address.utf8))
    }

    /// How many are handed out before an element and with it.
    private static func turns(until wanted: String, _ queue: inout FairQueue<String>) -> Int? {
        var turns = 0
        while let element = queue.next() {
            turns += 1
            if element == wanted { return turns }
        }
        return nil
    }

    @Test func `who comes last waits a few turns, however much another sends`() throws {
        let bounds = FairQueueBounds(all: 1_000, address: 1_000, user: 1_000)
        var oneUser = FairQueue<String>(bounds)
        for _ in 0..<500 { try Self.append("bob", "192.0.2.1", to: &oneUser) }
        try Self.append("alice", "192.0.2.1", to: &oneUser)
        #expect(try #require(Self.turns(until: "alice@192.0.2.1", &oneUser)) <= 4)

        var oneAddress = FairQueue<String>(bounds)
        for number in 0..<500 { try Self.append("user\(number)", "192.0.2.1", to: &oneAddress) }
        try Self.append("alice", "192.0.2.2", to: &oneAddress)
        #expect(try #require(Self.turns(until: "alice@192.0.2.2", &oneAddress)) <= 4)

        var manyAddresses = FairQueue<String>(bounds)
        for number in 0..<500 { try Self.append("bob", "host\(number)", to: &manyAddresses) }
        try Self.append("alice", "192.0.2.2", to: &manyAddresses)
        #expect(try #require(Self.turns(until: "alice@192.0.2.2", &manyAddresses)) <= 4)

        var herName = FairQueue<String>(bounds)
        for _ in 0..<500 { try Self.append("alice", "192.0.2.1", to: &herName) }
        try Self.append("alice", "192.0.2.2", to: &herName)
        #expect(try #require(Self.turns(until: "alice@192.0.2.2", &herName)) <= 4)
    }

    @Test func `what waits about one user from one address is handed out in its order`() throws {
        var queue = FairQueue<Int>(FairQueueBounds())
        for number in 0..<50 { try queue.append(number, user: [1], address: [2]) }
        #expect((0..<50).allSatisfy { queue.next() == $0 })
        #expect(queue.next() == nil)
    }

    @Test func `each bound holds alone, and what is refused changes nothing`() throws {
        var queue = FairQueue<String>(FairQueueBounds(all: 6, address: 4, user: 2))
        for _ in 0..<2 { try Self.append("bob", "a", to: &queue) }
        #expect(throws: FairQueue<String>.Refusal.user) { try Self.append("bob", "a", to: &queue) }
        try Self.append("bob", "b", to: &queue)
        try Self.append("carol", "a", to: &queue)
        try Self.append("dave", "a", to: &queue)
        #expect(throws: FairQueue<String>.Refusal.address) { try Self.append("alice", "a", to: &queue) }
        try Self.append("alice", "b", to: &queue)
        #expect(throws: FairQueue<String>.Refusal.all) { try Self.append("erin", "c", to: &queue) }
        #expect(queue.count == 6)
        var out: [String] = []
        while let element = queue.next() { out.append(element) }
        #expect(out.sorted() == ["alice@b", "bob@a", "bob@a", "bob@b", "carol@a", "dave@a"])
        try Self.append("bob", "a", to: &queue)
        #expect(queue.next() == "bob@a")
    }

    @Test func `hands out everything once, whatever comes between`() throws {
        var queue = FairQueue<Int>(FairQueueBounds(all: 200, address: 60, user: 20))
        var random = SystemRandomNumberGenerator()
        var waiting: Set<Int> = []
        for number in 0..<20_000 {
            let user = [UInt8.random(in: 0..<8, using: &random)]
            let address = [UInt8.random(in: 0..<5, using: &random)]
            if (try? queue.append(number, user: user, address: address)) != nil { waiting.insert(number) }
            for _ in 0..<Int.random(in: 0..<3, using: &random) {
                guard let element = queue.next() else { break }
                #expect(waiting.remove(element) != nil)
            }
            #expect(queue.count == waiting.count)
        }
        while let element = queue.next() { #expect(waiting.remove(element) != nil) }
        #expect(waiting.isEmpty)
    }

    @Test func `addresses of one IPv6 network, and the two ways to write an IPv4 address, are one`() {
        let home = Self.asker("alice", "2001:db8:1:2:3:4:5:6").address
        #expect(home == Self.asker("alice", "2001:db8:1:2::1").address)
        #expect(home != Self.asker("alice", "2001:db8:1:3::1").address)
        #expect(Self.asker("alice", "::ffff:192.0.2.1").address == Self.asker("alice", "192.0.2.1").address)
        #expect(Self.asker("alice", "192.0.2.2").address != Self.asker("alice", "192.0.2.1").address)
        #expect(Self.asker("alice", "").address.isEmpty)
    }

    /// One thread that is held up; who comes after a crowd of guesses is counted, not timed.
    @Test func `a right log-in is hashed after a few of those that guess, and guesses beyond the bound are told`()
        async throws
    {
        let pool = try HashPool(threads: 1, bounds: FairQueueBounds(all: 1_024, address: 256, user: 64))
        let gate = Gate()
        let order = Mutex<[String]>([])
        await gate.hold(pool)
        var refusals: [String] = []
        for _ in 0..<240 {
            let refusal = pool.submit(for: Self.asker("bob", "192.0.2.1")) { _ in order.withLock { $0.append("guess") }
            }
            if let refusal { refusals.append(refusal) }
        }
        #expect(refusals.count == 240 - 64)
        #expect(
            refusals.first == "64 log-ins of this user from this address wait already, more may not (hash-queue-user)")
        for (user, address) in [("alice", "192.0.2.1"), ("carol", "192.0.2.2"), ("bob", "192.0.2.3")] {
            #expect(
                pool.submit(for: Self.asker(user, address)) { _ in order.withLock { $0.append("\(user)@\(address)") } }
                    == nil)
        }
        await withCheckedContinuation { done in
            let last = pool.submit(for: Self.asker("erin", "192.0.2.4")) { _ in done.resume() }
            #expect(last == nil)
            gate.open()
        }
        let begun = order.withLock { $0 }
        for wanted in ["alice@192.0.2.1", "carol@192.0.2.2", "bob@192.0.2.3"] {
            #expect(begun.prefix(10).contains(wanted), "\(begun.prefix(12))")
        }
        pool.stop()
    }
}

/// Holds up the only thread of a pool until it is opened.
private final class Gate: @unchecked Sendable {
    // Sendable: a POSIX semaphore may be posted and awaited from any thread; the pointer never changes.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Returns when the thread is held up.
    func hold(_ pool: HashPool) async {
        await withCheckedContinuation { held in
            let refusal = pool.submit(for: HashPool.Asker(user: [], address: [])) { _ in
                held.resume()
                sem_wait(self.semaphore)
            }
            #expect(refusal == nil)
        }
    }

    func open() { sem_post(semaphore) }
}
