import Glibc
import Rules
import Synchronization
import Testing

@testable import Accounts
@testable import XMLAuthCore

/// A users file of its own for each test, gone with it.
final class UsersFile {
    let path: String

    init(_ text: String) {
        var template = Array("/tmp/xmlauth-test-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        close(file)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        write(text)
    }

    deinit { unlink(path) }

    func write(_ text: String) {
        let file = open(path, O_WRONLY | O_TRUNC)
        _ = Glibc.write(file, text, text.utf8.count)
        close(file)
    }
}

/// crypt(3) of "secret" in each format, cheap; and sha256("secret" + "salt").
private let stored = [
    "sha512": "$6$rounds=1000$saltsalt$\(sha512)", "salted": "{SSHA256}\(salted)", "plain": "{PLAIN}secret",
]
private let sha512 = "LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/"
private let salted = "+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0"

private func file(_ password: String, _ more: String = "") -> String {
    "<authhost-users version='1'><user name='alice' password='\(password)'>"
        + "<allow actions='read' object='/A/%u'/><map from='/M/%1' to='/M/%u/%1'/></user>"
        + "<user name='nopass'/>\(more)</authhost-users>"
}

private func auth(_ file: UsersFile, threads: Int = 1, queue: Int = 16, plain: Bool = true) throws -> AccountAuthority {
    let path = file.path
    return try AccountAuthority(options: AccountOptions(hashThreads: threads, hashQueue: queue), processors: 2) {
        try UsersReader.read(path, allowsPlain: plain)
    }
}

extension AccountAuthority {
    fileprivate func login(_ user: String, _ password: [UInt8]) async -> LoginOutcome {
        await withCheckedContinuation { continuation in
            login(user: Array(user.utf8).span, password: password.span) { continuation.resume(returning: $0) }
        }
    }

    fileprivate func allowed(_ user: String, _ action: ObjectAction, _ name: String) -> CheckOutcome {
        check(user: Array(user.utf8).span, action: action, name: Array(name.utf8).span)
    }

    fileprivate func mapped(_ user: String, _ name: String) -> MapOutcome {
        map(user: Array(user.utf8).span, name: Array(name.utf8).span)
    }
}

@Suite struct XMLAuthTests {
    @Test(arguments: ["sha512", "salted", "plain"])
    func `accepts the right password and no other`(scheme: String) async throws {
        let users = UsersFile(file(stored[scheme] ?? ""))
        let auth = try auth(users)
        defer { auth.close() }
        let wrong = LoginOutcome.wrongCredentials(reason: "wrong password")
        #expect(await auth.login("alice", Array("secret".utf8)) == .accepted)
        for password in ["", "Secret", "secret ", "secre", "secretsecret"] {
            #expect(await auth.login("alice", Array(password.utf8)) == wrong)
        }
        #expect(
            await auth.login("alice", Array("secret\0x".utf8))
                == .wrongCredentials(reason: "the password holds a NUL"))
        #expect(await auth.login("bob", []) == .unknownUser)
        #expect(await auth.login("nopass", []) == .wrongCredentials(reason: "the user has no password"))
    }

    @Test func `refuses a password that the hash would cut short`() async throws {
        let hash = "$2b$04$abcdefghijklmnopqrstuu5LXkgRUCCi3VdvPpA6ZuUJC8WPBpcQO"
        let users = UsersFile(file(hash))
        let auth = try auth(users)
        defer { auth.close() }
        #expect(
            await auth.login("alice", Array(repeating: 65, count: 73))
                == .wrongCredentials(reason: "the password has more than the 72 bytes that its hash can cover"))
    }

    @Test func `cannot decide when the queue is full, and once it is closed`() async throws {
        let pool = try HashPool(threads: 1, capacity: 1)
        let blocker = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(blocker, 0, 0)
        nonisolated(unsafe) let hold = blocker
        // The semaphore is made to be shared by threads.
        await withCheckedContinuation { started in
            _ = pool.submit { _ in
                started.resume()
                sem_wait(hold)
            }
        }
        // The waiting job is told by `stop` that it will not run, and only then lets the running one go.
        let wasStopped = Mutex(false)
        let isQueued = pool.submit { check in
            wasStopped.withLock { $0 = check == nil }
            sem_post(hold)
        }
        #expect(isQueued)
        #expect(!pool.submit { _ in })
        pool.stop()
        #expect(wasStopped.withLock { $0 })
        #expect(!pool.submit { _ in })
        sem_destroy(blocker)
        blocker.deallocate()
    }

    @Test func `checks and maps, and names the line that decided`() throws {
        let users = UsersFile(file(stored["plain"] ?? ""))
        let auth = try auth(users)
        defer { auth.close() }
        #expect(auth.allowed("alice", .read, "/A/alice") == CheckOutcome(allowed: true, line: 1))
        #expect(auth.allowed("alice", .write, "/A/alice") == CheckOutcome(allowed: false, line: nil))
        #expect(auth.allowed("bob", .read, "/A/bob") == CheckOutcome(allowed: false, line: nil))
        #expect(auth.mapped("alice", "/M/x") == .mapped(Array("/M/alice/x".utf8)))
        #expect(auth.mapped("alice", "/N/x") == .unmapped)
        #expect(auth.mapped("bob", "/M/x") == .refused(reason: "the user is not known"))
        let long = "/M/" + String(repeating: "x", count: 4_090)
        #expect(auth.mapped("alice", long) == .refused(reason: "the mapped name is longer than 4095 bytes"))
    }

    @Test func `keeps what it had when the file is broken, and takes a good one as a whole`() throws {
        let users = UsersFile(file(stored["plain"] ?? ""))
        let auth = try auth(users)
        defer { auth.close() }
        users.write("<authhost-users version='1'><user name='bob'/>")
        #expect(throws: UsersFileError.self) { try auth.reload() }
        #expect(auth.allowed("alice", .read, "/A/alice").allowed)
        users.write(file("{PLAIN}other", "<user name='bob'/>"))
        #expect(try auth.reload() == .users([Array("alice".utf8)]))
        #expect(auth.mapped("bob", "/M/x") == .unmapped)
    }

    @Test func `refuses a file that everybody may write, a directory and a missing file`() throws {
        let users = UsersFile(file(stored["plain"] ?? ""))
        chmod(users.path, 0o602)
        for path in [users.path, "/tmp", "/nonexistent/users.xml"] {
            let error = #expect(throws: UsersFileError.self) { try UsersReader.read(path, allowsPlain: true) }
            #expect(error?.code == .unreadable)
        }
    }

    @Test func `reads a snapshot on many threads while it is replaced`() async throws {
        final class Box: Sendable {
            let numbers: [Int]
            init(_ number: Int) { numbers = Array(repeating: number, count: 8) }
        }
        let cell = SnapshotCell(Box(0))
        let bad = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<20_000).reduce(0) { sum, _ in
                        sum + cell.read { box in box.numbers.allSatisfy { $0 == box.numbers[0] } ? 0 : 1 }
                    }
                }
            }
            for number in 1...500 { cell.replace(with: Box(number)) }
            return await group.reduce(0, +)
        }
        #expect(bad == 0)
        #expect(cell.read { $0.numbers[0] } == 500)
    }
}
