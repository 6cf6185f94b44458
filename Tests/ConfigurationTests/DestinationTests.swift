import Testing

@testable import AuthConfiguration

@Suite struct `The items of outgoing connections` {
    @Test func `are read`() throws {
        let configuration = try load(
            """
            add-module
                name vault
                library libamps_exec_authenticator.so
            end-module
            add-authenticator defaultauth
                User common
            end-authenticator
            add-destination
                name partner
                type amps-replication
                address a:4000 b:4000
                add-authenticator vault
                    UserName gateway
                    Command "./token --user '{{AMPS_USER_NAME}}'"
                end-authenticator
            end-destination
            add-destination
                name other
            end-destination
            credential-timeout 2.5
            """)
        #expect(configuration.destinations.map(\.name) == ["partner", "other"])
        #expect(configuration.destinations[0].type == "amps-replication")
        #expect(configuration.destinations[0].addresses == ["a:4000", "b:4000"])
        let own = try #require(configuration.destinations[0].authenticator)
        #expect(own.name == "vault" && own.library == "exec")
        #expect(own.options.map(\.name.text) == ["UserName", "Command"])
        #expect(own.options[1].values.map(\.text) == ["./token --user '{{AMPS_USER_NAME}}'"])
        let common = try #require(configuration.destinations[1].authenticator)
        #expect(common.library == "defaultauth" && common.options[0].values[0].text == "common")
        #expect(configuration.credentialTimeout == .seconds(2.5))
        #expect(configuration.warnings.isEmpty, "\(configuration.warnings)")
    }

    @Test func `say for which servers a client is given the secret`() throws {
        let configuration = try load(
            """
            add-authenticator exec
            end-authenticator
            add-destination
                name partner
                address a:4000 [2001:DB8::1]:443
                git-host GIT.example.com http://127.0.0.1:3000 smtp://mail
            end-destination
            """)
        #expect(
            configuration.destinations[0].servers.map(\.description) == [
                "https://a:4000", "https://[2001:db8::1]:443", "https://git.example.com:443", "http://127.0.0.1:3000",
                "smtp://mail",
            ])
    }

    @Test(arguments: [
        "", "https://", "https:///x", "://a", "9p://a", "a b", "user@a", "a:0", "a:65536", "a:", "https://a/b", "::1",
        "[a]",
        "https://a\\@b", "https://https://a", "a\r", "a?b", "a#b",
    ])
    func `name no server by anything but protocol, host and port`(text: String) {
        #expect(ServerName(text) == nil)
    }

    @Test(arguments: [
        ("https://index.docker.io/v1/", "https://index.docker.io:443" as String?),
        ("registry.example.com:5000", "https://registry.example.com:5000"), ("HTTP://a/b", "http://a:80"),
        ("https://user:x@a/", nil), ("https://a@b", nil), ("https://a?@b/", nil), ("/a", nil),
    ])
    func `name the server of a URL`(text: String, server: String?) {
        #expect(ServerName(url: text)?.description == server)
    }

    @Test(arguments: [
        ("exec", "exec"), ("libamps_exec_authenticator.so", "exec"),
        ("amps-default-authenticator-module", "defaultauth"),
        ("/opt/auth/libvault.so", "/opt/auth/libvault.so"),
    ])
    func `the names of AMPS are those of the bundled modules`(name: String, library: String) throws {
        let configuration = try load(
            "add-destination\nname x\nadd-authenticator \(name)\nend-authenticator\nend-destination")
        #expect(configuration.destinations[0].authenticator?.library == library)
    }

    @Test(arguments: [
        Case(
            "add-destination\nname x\nend-destination",
            "main.conf:1:1: `x` has no `add-authenticator`, and neither has the configuration outside of it"),
        Case(
            "add-destination\nname x\nadd-authenticator exce\nend-authenticator\nend-destination",
            "main.conf:3:19: no `add-module` is called `exce` (did you mean `exec`?)"),
        Case(
            "add-authenticator exec\nend-authenticator\nadd-destination\nname x\nend-destination\n"
                + "add-destination\nname x\nend-destination",
            "main.conf:7:1: `add-destination` `x` is there already, at main.conf:4:1"),
        Case(
            "add-module\nname x\nlibrary y\nend-module\nadd-module\nname x\nlibrary z\nend-module",
            "main.conf:6:1: `add-module` `x` is there already, at main.conf:2:1"),
        Case(
            "add-destination\nname x\nadd-authenticator exec\nend-authenticator\nadd-authenticator exec\n"
                + "end-authenticator\nend-destination",
            "main.conf:5:19: a second `add-authenticator` of `x`: one is accepted"),
        Case(
            "add-authenticator exec\nend-authenticator\nadd-destination\nname x\ngit-host a https://a/b\nend-destination",
            "main.conf:5:1: `git-host` takes `[protocol://]host[:port]`, such as `https://git.example.com:8443`, not "
                + "`https://a/b`"),
        Case(
            "add-authenticator exec\nend-authenticator\nadd-authenticator exec\nend-authenticator",
            "main.conf:3:19: a second `add-authenticator` of the instance: one is accepted"),
        Case(
            "add-authenticator exec\nend-authenticator\nadd-destination\nname \(String(repeating: "x", count: 256))\n"
                + "end-destination",
            "main.conf:3:1: a destination's name has 256 bytes: 1 to 255 are accepted"),
    ])
    func `that do not fit together are refused`(each: Case) { #expect(mistakes(each.text) == each.message) }
}
