import Basics
import Glibc
import Rules
import Synchronization
import Testing

@testable import Accounts

/// crypt(3) of "secret" in each format, cheap; and sha256("secret" + "salt").
private let stored = [
    "sha512": "$6$rounds=1000$saltsalt$\(sha512)", "salted": "{SSHA256}\(salted)", "plain": "{PLAIN}secret",
    "yescrypt": "$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2",
    "gost-yescrypt": "$gy$j75$saltsalt$lKLXtt/QvsyxW9ILYZt1u1hNXyI7ZoBnbdUTsPBwSi5",
    "bcrypt": "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
    "scrypt": "$7$CU..../....salt$mnfL2zuQXIymN2nHniqJ5KmqyvgMmwtKROPb98iDaED",
    "sha256": "$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
    "sha1": "$sha1$10$salt$j86vG8FBv4NRVZjiLS0shVlQgPe7", "md5": "$1$salt$ez2vlPGdaLYkJam5pWs/Y1",
    "sunmd5": "$md5,rounds=10$salt$$igdAQkD4Cuo09S9zBr9gA1",
]
private let sha512 = "LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/"
private let salted = "+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0"

@Suite struct LoginTests {
    @Test(arguments: stored.keys.sorted())
    func `accepts the right password and no other`(scheme: String) async throws {
        let auth = try authority(.user("alice", [.password: stored[scheme] ?? ""]), .user("nopass"))
        defer { auth.close() }
        let wrong = LoginOutcome.wrongCredentials(reason: "wrong password")
        #expect(await auth.login("alice", "secret") == .accepted(Acceptance()))
        for password in ["", "Secret", "secret ", "secre", "secretsecret"] {
            #expect(await auth.login("alice", password) == wrong)
        }
        #expect(await auth.login("alice", "secret\0x") == .wrongCredentials(reason: "the password holds a NUL"))
        #expect(await auth.login("bob", "") == .unknownUser)
        #expect(await auth.login("nopass", "") == .wrongCredentials(reason: "the user has no password"))
    }

    @Test(arguments: [
        ("$6$", "not whole"), ("$6$salt$", "not whole"), ("$6$saltsalt", "not whole"),
        ("$6$rounds=5000$salt$abc", "not whole"),
        ("$1$abc", "not whole"), ("$y$j9T$abc", "not whole"), ("$y$j9T$salt$", "not whole"),
        ("$2b$12$abcdefghijklmnopqrstuu", "not whole"),
        ("$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5s", "of 43 letters"),
        ("$2b$18$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "a cost of 18, at most 17 is accepted"),
        ("$2b$31$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "a cost of 31, at most 17 is accepted"),
        ("$6$rounds=10000001$saltsalt$\(sha512)", "10000001 rounds, at most 10000000 are accepted"),
        ("$6$rounds=999999999$saltsalt$\(sha512)", "999999999 rounds, at most 10000000 are accepted"),
        ("$sha1$4000000000$salt$j86vG8FBv4NRVZjiLS0shVlQgPe7", "4000000000 rounds"),
        ("$md5,rounds=20000000$salt$$igdAQkD4Cuo09S9zBr9gA1", "20000000 rounds"),
        ("$y$jGT$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2", "more than 1 GiB"),
        ("$y$j9T.1$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2", "yescrypt with more parameters than N and r"),
        ("$7$IU..../....salt$mnfL2zuQXIymN2nHniqJ5KmqyvgMmwtKROPb98iDaED", "more than 1 GiB"),
        ("$7$CU....z....salt$mnfL2zuQXIymN2nHniqJ5KmqyvgMmwtKROPb98iDaED", "more than 1 GiB"),
    ])
    func `refuses a stored password that lets no user in, or whose hash takes minutes`(stored: String, message: String)
    {
        let found = fault(.user("alice", [.password: stored]))
        #expect(found?.field == .password)
        #expect(found?.message.contains(message) == true, "\(found?.message ?? "accepted")")
        #expect(found?.message.contains("saltsalt") == false)
    }

    @Test(arguments: [
        "$2b$17$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "$6$rounds=10000000$saltsalt$\(sha512)",
        "$y$jFT$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2",
    ])
    func `accepts the highest costs that are permitted`(stored: String) {
        #expect(fault(.user("alice", [.password: stored])) == nil)
    }

    @Test func `refuses a password that the hash would cut short`() async throws {
        let hash = "$2b$04$abcdefghijklmnopqrstuu5LXkgRUCCi3VdvPpA6ZuUJC8WPBpcQO"
        let auth = try authority(.user("alice", [.password: hash]))
        defer { auth.close() }
        #expect(
            await auth.login("alice", String(repeating: "A", count: 73))
                == .wrongCredentials(reason: "the password has more than the 72 bytes that its hash can cover"))
    }

    @Test func `takes a token in place of a password from users with a key of their own or of everybody's`()
        async throws
    {
        let auth = try authority(
            .key("k1"), .user("alice"), .user("carol", [.keyID: "k2"]), .user("dave", [.password: "{PLAIN}good"]))
        defer { auth.close() }
        #expect(await auth.login("alice", "good") == .accepted(Acceptance()))
        for (user, token) in [("alice", "bad"), ("carol", "good")] {
            #expect(await auth.login(user, token) == .wrongCredentials(reason: "the signature is wrong"))
        }
        #expect(await auth.login("alice", "?") == .couldNotDecide(reason: "no host"))
        #expect(await auth.login("dave", "good") == .accepted(Acceptance()))
        #expect(await auth.login("mallory", "good") == .unknownUser)
    }

    @Test func `cannot decide when the queue is full, and once it is closed`() async throws {
        let pool = try HashPool(threads: 1, bounds: FairQueueBounds(all: 1))
        let blocker = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(blocker, 0, 0)
        nonisolated(unsafe) let hold = blocker
        // The semaphore is made to be shared by threads.
        let asker = HashPool.Asker(user: [], address: [])
        await withCheckedContinuation { started in
            _ = pool.submit(for: asker) { _ in
                started.resume()
                sem_wait(hold)
            }
        }
        // The waiting job is told by `stop` that it will not run, and only then lets the running one go.
        let wasStopped = Mutex(false)
        let refusal = pool.submit(for: asker) { check in
            wasStopped.withLock { $0 = check == nil }
            sem_post(hold)
        }
        #expect(refusal == nil)
        #expect(
            pool.submit(for: asker) { _ in } == "1 log-ins wait to be hashed already, more may not (hash-queue)")
        pool.stop()
        #expect(wasStopped.withLock { $0 })
        #expect(pool.submit(for: asker) { _ in } == "the module is stopping")
        sem_destroy(blocker)
        blocker.deallocate()
    }
}
