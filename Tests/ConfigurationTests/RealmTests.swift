import Testing

@testable import AuthConfiguration

@Suite struct `The realms for administrators` {
    private static func block(_ lines: String) -> String { "add-authdir\n\(lines)\nend-authdir" }

    @Test func `are read`() throws {
        let text =
            Self.block("name /v1/admin\ncheck-module TRUE") + "\n"
            + Self.block("name /v1/admin/events\ncheck-module\nrealm Logs\nsecure-passwords FALSE")
        let configuration = try load(text)
        #expect(configuration.administratorRealms.map(\.path) == ["/v1/admin", "/v1/admin/events"])
        #expect(configuration.administratorRealms.map(\.realm) == ["Liberator Admin", "Logs"])
        #expect(configuration.warnings.isEmpty, "\(configuration.warnings)")
    }

    @Test(arguments: [
        Case(
            block("name /v1/admin"),
            "main.conf:1:1: `add-authdir` of `/v1/admin` needs `check-module TRUE`: only the module lets users in there"
        ),
        Case(
            block("name /v1/admin\ncheck-module TRUE\nusername ann\npassword x"),
            "main.conf:4:1: `username` is not taken in an `add-authdir` of `/v1/admin`: the module knows the users and "
                + "their passwords\n"
                + "main.conf:5:1: `password` is not taken in an `add-authdir` of `/v1/admin`: the module knows the users and "
                + "their passwords"),
        Case(
            block("name /v1/admin/x\ncheck-module TRUE\nsecure-passwords TRUE"),
            "main.conf:4:1: `secure-passwords` is not taken in an `add-authdir` of `/v1/admin/x`: the module knows the "
                + "users and their passwords"),
        Case(
            block("name /v1/admin\ncheck-module") + "\n" + block("name /v1/admin\ncheck-module"),
            "main.conf:5:1: `add-authdir` of `/v1/admin` is there already, at main.conf:1:1"),
    ])
    func `let in only users that the module lets in`(each: Case) { #expect(mistakes(each.text) == each.message) }

    @Test(arguments: ["/status", "/v1/administration", "/"])
    func `that are not there protect nothing, and that is said`(name: String) throws {
        let configuration = try load(Self.block("name \(name)\nusername ann\npassword x"))
        #expect(configuration.administratorRealms.isEmpty)
        #expect(
            configuration.warnings.map(\.description) == [
                "main.conf:1:1: `add-authdir` has no effect: there is no HTTP realm `\(name)` here, but `/v1/admin` for "
                    + "administrators"
            ])
    }

    @Test func `below the root there are those of the door alone`() throws {
        let names = ["sessions", "status", "events", "eject", "invalidate"].map { "/v1/admin/\($0)" }
        for name in names + ["/v1/admin"] {
            #expect(try load(Self.block("name \(name)\ncheck-module")).warnings.isEmpty)
        }
        #expect(
            try load(Self.block("name /v1/admin/sess\ncheck-module")).warnings.map(\.description) == [
                "main.conf:1:1: `add-authdir` has no effect: there is no HTTP realm `/v1/admin/sess` here, but "
                    + names.map { "`\($0)`" }.joined(separator: ", ")
            ])
    }
}
