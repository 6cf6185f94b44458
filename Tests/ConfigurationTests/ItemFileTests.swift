import Testing

@testable import AuthConfiguration
@testable import ConfigurationLanguage

@Suite struct ItemFileTests {
    private static let items = [
        ItemDefinition(
            "add-user",
            .block([
                ItemDefinition("username", .list, required: true, "the names"),
                ItemDefinition("password", .list, secret: true, "their passwords"),
                ItemDefinition("read", .list, "what they may read"),
                ItemDefinition("licences", .integer(.none, 0...1_000), default: "0", "most sessions of each"),
                ItemDefinition("sigcheck", .text, "the key of their tokens"),
            ]), "a user")
    ]

    private func read(_ text: String, files: [String: String] = [:]) throws(ConfigurationError) -> ItemFile {
        try ItemFile.read(
            "users.conf", items: Self.items, askedBy: .moduleOption("cfgauth-file"),
            context: ConfigurationContext(
                environment: ["STAGE": "test"], hostName: "box", workingDirectory: "/srv",
                files: .inMemory(files.merging(["users.conf": text]) { first, _ in first })))
    }

    @Test func `reads blocks of another table with the whole language`() throws {
        let file = try read(
            """
            define WHO ann
            include-file more.conf
            add-user
                username ${WHO} bob
                password a "b c"
                if ${ENV:STAGE} == test
                    read /FX/* /HOME/%u
                endif
                read /${APP_NAME}/${HOST_NAME}
            end-user
            """,
            files: ["more.conf": "add-user\nusername cat\nlicences 3\nsigcheck main\nend-user\ndefine X ${NONE}"])
        let blocks = file.blocks("add-user")
        #expect(blocks.map { $0.list("username").map(\.text) } == [["cat"], ["ann", "bob"]])
        #expect(blocks[1].list("password").map(\.text) == ["a", "b c"])
        #expect(blocks[1].list("read").map(\.text) == ["/FX/*", "/HOME/%u", "/authhost/box"])
        #expect(
            blocks[1].list("read").map(\.source.description) == [
                "users.conf:7:14", "users.conf:7:20", "users.conf:9:10",
            ])
        #expect(blocks.map(\.source.description) == ["more.conf:1:1", "users.conf:3:1"])
        #expect(blocks.map { $0.integer("licences") } == [3, 0])
        #expect(blocks.map { $0.text("sigcheck") } == ["main", nil])
        #expect(file.files == ["users.conf", "more.conf"])
        #expect(
            file.warnings.map(\.description) == [
                "more.conf:6:10: `${NONE}` is not defined: it stands for an empty text"
            ])
        #expect(file.settings.count == 1)
    }

    @Test(arguments: [
        Case(
            "auth-module x",
            "users.conf:1:1: unknown item `auth-module`"),
        Case("add-user\nend-user", "users.conf:1:1: `add-user` lacks `username`, which takes one or more texts"),
        Case(
            "add-user\nusername a\nlicences many\nend-user",
            "users.conf:3:10: `licences` takes a whole number from 0 to 1000, not `many`"),
        Case(
            "add-user\nusername a\npasword x\nend-user",
            "users.conf:3:1: unknown option `pasword` in `add-user` (did you mean `password`?)"),
        Case("include-file no.conf", "users.conf:1:14: cannot read `no.conf`: no such file or directory"),
    ])
    func `names the mistakes of a file with its own items`(each: Case) {
        let error = #expect(throws: ConfigurationError.self) { try read(each.text) }
        #expect(error?.description == each.message)
    }

    @Test func `says which option asked for a file that is not there`() {
        let error = #expect(throws: ConfigurationError.self) {
            try ItemFile.read(
                "no.conf", items: [], askedBy: .moduleOption("cfgauth-file"),
                context: ConfigurationContext(
                    environment: [:], hostName: "box", workingDirectory: "/srv",
                    files: .inMemory([:] as [String: String])))
        }
        #expect(error?.description == "option `cfgauth-file`: cannot read `no.conf`: no such file or directory")
    }

    @Test func `keeps twenty problems of a reader and counts the others`() {
        let problem = ConfigurationProblem(.badValue, at: .builtIn, "x")
        #expect(ConfigurationError([problem]).problems == [problem])
        let many = ConfigurationError(Array(repeating: problem, count: 22))
        #expect(many.problems.count == 20)
        #expect(many.omitted == 2)
    }
}
