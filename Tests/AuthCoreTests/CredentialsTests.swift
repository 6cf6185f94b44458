import AuthCore
import Testing

@Suite struct SecretTests {
    @Test(arguments: ["", "wonderland", "päss wörd"])
    func `lends the bytes it was given with a NUL behind them`(text: String) {
        let secret = Secret(text)
        #expect(secret.count == text.utf8.count)
        #expect(secret.withTerminatedBytes { Array($0) } == Array(text.utf8) + [0])
    }

    @Test func `keeps a copy of its own`() {
        var bytes = Array("wonderland".utf8)
        let secret = Secret(bytes)
        bytes[0] = 0
        #expect(secret.withTerminatedBytes { $0[0] } == UInt8(ascii: "w"))
    }

    @Test func `shows itself neither by description nor by reflection nor by dump`() {
        let secret = Secret("wonderland")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(!text.contains("wonderland"))
            #expect(text.contains("(secret)"))
        }
    }

    @Test func `stays hidden inside a login`() throws {
        let login = try Login(user: "alice", password: Secret("wonderland"), door: "test")
        var dumped = ""
        dump(login, to: &dumped)
        #expect(!dumped.contains("wonderland") && !"\(login)".contains("wonderland"))
    }
}

/// One login, of which one part may be unacceptable.
struct LoginCase: CustomTestStringConvertible {
    let name: String
    var user = "alice"
    var password = Array("secret".utf8)
    var address = ""
    var applicationID = ""
    var machineID = ""
    /// What the message must hold.
    var message = ""

    var testDescription: String { name }

    func make() throws -> Login {
        try Login(
            user: user, password: Secret(password), address: address, applicationID: applicationID,
            machineID: machineID, door: "test")
    }

    static let refused: [LoginCase] = [
        .init(name: "empty user", user: "", message: "a user name has 0 bytes; 1 to 255 are accepted"),
        .init(name: "long user", user: long, message: "a user name has 256 bytes"),
        .init(name: "long user in bytes", user: String(repeating: "é", count: 128), message: "has 256 bytes"),
        .init(name: "NUL in the user", user: "a\0b", message: "a user name holds a control character"),
        .init(name: "newline in the user", user: "a\nb", message: "a user name holds a control character"),
        .init(name: "C1 control in the user", user: "a\u{85}b", message: "a user name holds a control character"),
        .init(name: "NUL in the password", password: [0x61, 0, 0x62], message: "a password holds a NUL"),
        .init(name: "NUL at the password's end", password: [0x61, 0], message: "a password holds a NUL"),
        .init(
            name: "long password", password: [UInt8](repeating: 0x61, count: 4097),
            message: "a password is longer than 4096 bytes"),
        .init(name: "long address", address: long, message: "a client address has 256 bytes"),
        .init(
            name: "escape in the application", applicationID: "\u{1b}[2J", message: "an application id holds a control"),
        .init(name: "long machine", machineID: long, message: "a machine id has 256 bytes"),
    ]

    static let accepted: [LoginCase] = [
        .init(name: "plain"),
        .init(name: "empty password", password: []),
        .init(name: "password that is not text", password: [0xff, 0xfe]),
        .init(name: "longest password", password: [UInt8](repeating: 0x61, count: 4096)),
        .init(name: "longest user", user: String(repeating: "a", count: 255)),
        .init(name: "user in another script", user: "アリス", address: "::1", applicationID: "app", machineID: "host"),
    ]

    private static let long = String(repeating: "a", count: 256)
}

@Suite struct LoginTests {
    @Test(arguments: LoginCase.refused)
    func `refuses what no module may see, and names the part`(login: LoginCase) throws {
        let error = try #require(throws: LoginError.self) { try login.make() }
        #expect(error.description.contains(login.message))
    }

    @Test(arguments: LoginCase.accepted)
    func `keeps acceptable parts as they are`(wanted: LoginCase) throws {
        let login = try wanted.make()
        #expect(login.user == wanted.user)
        #expect(login.password.withTerminatedBytes { Array($0) } == wanted.password + [0])
        #expect(
            [login.address, login.applicationID, login.machineID]
                == [wanted.address, wanted.applicationID, wanted.machineID])
    }

    @Test func `names no secret when it refuses one`() throws {
        let error = try #require(throws: LoginError.self) {
            try Login(user: "alice", password: Secret("wonder\0land"), door: "test")
        }
        #expect(!error.description.contains("wonder"))
    }
}

@Suite struct SessionIDTests {
    @Test(arguments: [(0, 0), (1, 2), (UInt64.max, UInt64.max), (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210)])
    func `reads back what it wrote`(high: UInt64, low: UInt64) {
        let id = SessionID(high: high, low: low)
        #expect(id.hexadecimal.utf8.count == 32)
        #expect(SessionID(id.hexadecimal.utf8) == id)
    }

    @Test(arguments: [
        "", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0", "0123456789ABCDEF0123456789ABCDEF",
        "0123456789abcdef0123456789abcdeg", "0123456789abcdef 123456789abcdef", "+123456789abcdef0123456789abcdef",
    ])
    func `is nothing but 32 lower-case hexadecimal digits`(text: String) {
        #expect(SessionID(text.utf8) == nil)
    }

    @Test func `puts the first digits into the high word`() {
        #expect(SessionID("000000000000000a000000000000000b".utf8) == SessionID(high: 10, low: 11))
    }

    @Test func `is drawn afresh each time`() {
        #expect(Set((0..<1_000).map { _ in SessionID.random() }).count == 1_000)
    }

    @Test func `shows four digits at most`() {
        let id = SessionID(high: 0x0123_4567_89ab_cdef, low: 7)
        var dumped = ""
        dump(id, to: &dumped)
        #expect("\(id)" == "0123…")
        #expect(!dumped.contains("01234") && !dumped.contains("81985529216486895"))
    }
}
