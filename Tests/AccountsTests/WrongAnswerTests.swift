import Rules
import Synchronization
import Testing

@testable import Accounts

/// crypt(3) of "secret" in kinds and costs that one file mixes, cheap ones.
private let yescrypt = "$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2"
private let yescryptKind = HashCost.Kind.memoryHard("y$j75")
/// Of the same time by N * r, in blocks of another size; no password's hash.
private let wideYescrypt = yescrypt.replacing("$j75$", with: "$j6D$")
private let bcrypt = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
private let dearBcrypt = "$2a$07$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
private let sha512 =
    "$6$rounds=1000$saltsalt$"
    + "LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/"
private let dearSHA512 = sha512.replacing("rounds=1000", with: "rounds=2345")
private let salted = "{SSHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0"

@Suite struct WrongAnswerTests {
    /// Adds up the steps of each kind of hash.
    private final class Work: Sendable {
        private let steps = Mutex<[HashCost.Kind: Int]>([:])

        var meter: PasswordCheck.Meter { { cost in self.steps.withLock { $0[cost.kind, default: 0] += cost.steps } } }

        /// What was done since the last time.
        func take() -> [HashCost.Kind: Int] {
            steps.withLock { steps in
                defer { steps = [:] }
                return steps
            }
        }
    }

    private static let mixed: [Entry] = [
        .key("k1"), .user("plain", [.password: "{PLAIN}secret"]), .user("salted", [.password: salted]),
        .user("sha", [.password: sha512]), .user("dear-sha", [.password: dearSHA512]),
        .user("bcrypt", [.password: bcrypt]), .user("dear-bcrypt", [.password: dearBcrypt]),
        .user("yescrypt", [.password: yescrypt]),
        .user("wide-yescrypt", [.password: wideYescrypt]), .user("token"),
        .user("expired", [.password: sha512, .expires: "1970-01-01T00:00:00Z"]),
        .user("elsewhere", [.password: bcrypt, .addresses: "10.0.0.0/8"]),
        .user("other-application", [.password: salted, .applications: "desk"]),
    ]

    @Test func `every answer that is not yes costs the same hashes, whichever user it is about`() async throws {
        let work = Work()
        let made = try snapshot(Self.mixed)
        let auth = try authority(meter: work.meter) { made }
        defer { auth.close() }
        let all: [HashCost.Kind: Int] = [
            .saltedSHA256: 1, .sha512: 3_345, .bcrypt: 128, yescryptKind: 1, .memoryHard("y$j6D"): 1,
        ]
        #expect(
            Dictionary(uniqueKeysWithValues: made.accounts.wrongAnswerWork.total.map { ($0.kind, $0.steps) }) == all)
        let users = [
            "nobody", "plain", "salted", "sha", "dear-sha", "bcrypt", "dear-bcrypt", "yescrypt", "wide-yescrypt",
            "token", "expired",
            "elsewhere", "other-application",
        ]
        let passwords = [
            "wrong", "", "se\0cret", String(repeating: "x", count: 73), String(repeating: "x", count: 600),
        ]
        for user in users {
            for password in passwords {
                #expect(await auth.login(user, password) != .accepted(Acceptance()))
                #expect(work.take() == all, "\(user), a password of \(password.utf8.count) bytes")
            }
        }
        for user in ["expired", "elsewhere", "other-application"] {
            #expect(await auth.login(user, "secret", LoginClient("192.0.2.1", "shell")).refusal != nil)
            #expect(work.take() == all, "\(user), with the right password")
        }
    }

    @Test func `a right password costs its own hash alone`() async throws {
        let work = Work()
        let made = try snapshot(Self.mixed)
        let auth = try authority(meter: work.meter) { made }
        defer { auth.close() }
        for (user, cost) in [
            ("plain", [:]), ("salted", [.saltedSHA256: 1]), ("sha", [.sha512: 1_000]), ("bcrypt", [.bcrypt: 16]),
            ("yescrypt", [yescryptKind: 1]),
        ] as [(String, [HashCost.Kind: Int])] {
            #expect(await auth.login(user, "secret") == .accepted(Acceptance()))
            #expect(work.take() == cost, "\(user)")
        }
    }

    @Test func `what costs less than a thread is answered on the asking one, unless a dear hash is owed`() throws {
        let cheap = try authority(.user("plain", [.password: "{PLAIN}secret"]), .user("salted", [.password: salted]))
        let mixed = try authority(.user("salted", [.password: salted]), .user("sha", [.password: sha512]))
        defer {
            cheap.close()
            mixed.close()
        }
        func isAnswered(_ auth: AccountAuthority, _ user: String, _ password: String) -> Bool {
            auth.login(user: Array(user.utf8).span, password: Array(password.utf8).span, client: LoginClient()) {
                { _ in }
            } != nil
        }
        for user in ["plain", "salted", "nobody"] {
            for password in ["secret", "wrong"] { #expect(isAnswered(cheap, user, password), "\(user) \(password)") }
        }
        #expect(isAnswered(mixed, "salted", "secret"))
        for (user, password) in [("salted", "wrong"), ("nobody", "wrong"), ("sha", "secret"), ("sha", "wrong")] {
            #expect(!isAnswered(mixed, user, password), "\(user) \(password)")
        }
    }

    @Test func `where all passwords are of one kind and cost, a wrong answer costs one hash`() async throws {
        let work = Work()
        let auth = try authority(
            .user("alice", [.password: yescrypt]), .user("bob", [.password: yescrypt]), .user("none"), meter: work.meter
        )
        defer { auth.close() }
        for user in ["alice", "bob", "none", "nobody"] {
            #expect(await auth.login(user, "wrong") != .accepted(Acceptance()))
            #expect(work.take() == [yescryptKind: 1], "\(user)")
        }
    }

    @Test(
        arguments: [
            (sha512, .sha512, 4_000, 1), (bcrypt, .bcrypt, 1_024 + 256 + 16, 3),
            (yescrypt, yescryptKind, 1, 1),
            ("$gy$j75$saltsalt$lKLXtt/QvsyxW9ILYZt1u1hNXyI7ZoBnbdUTsPBwSi5", .memoryHard("gy$j75"), 1, 1),
            ("$7$CU..../....salt$mnfL2zuQXIymN2nHniqJ5KmqyvgMmwtKROPb98iDaED", .memoryHard("7$CU..../...."), 1, 1),
            ("$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA", .sha256, 1_001, 1),
            ("$sha1$10$salt$j86vG8FBv4NRVZjiLS0shVlQgPe7", .sha1, 7, 1), ("$1$salt$ez2vlPGdaLYkJam5pWs/Y1", .md5, 1, 1),
            ("$md5,rounds=10$salt$$igdAQkD4Cuo09S9zBr9gA1", .sunMD5, 5_000, 1),
            ("$md5,rounds=10$salt$$igdAQkD4Cuo09S9zBr9gA1", .sunMD5, 4_096, 1),
            ("$3$$8846f7eaee8fb117ad06bdd830b7586c", .nt, 1, 1),
        ] as [(String, HashCost.Kind, Int, Int)])
    func `makes settings of a wanted cost that crypt takes`(stored: String, kind: HashCost.Kind, steps: Int, count: Int)
    {
        let settings = HashSetting.settings(kind, steps: steps, like: Array(stored.utf8))
        #expect(settings.count == count)
        #expect(settings.compactMap(HashCost.init(of:)).reduce(0) { $0 + $1.steps } == steps)
        #expect(HashCost(of: Array(stored.utf8))?.kind == kind)
        let check = PasswordCheck()
        let secret = SecretCopy(Array("secret".utf8).span)
        for setting in settings {
            // What is no whole stored password is not the password's, and not refused.
            let answer = check.verify(secret, against: setting)
            #expect(answer == .wrong || answer == .right, "\(String(decoding: setting, as: UTF8.self))")
        }
    }
}
