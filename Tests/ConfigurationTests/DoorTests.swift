import Testing

@testable import AuthConfiguration

@Suite struct `Blocks of doors` {
    @Test func `are read`() throws {
        let configuration = try load(
            """
            add-door
                type native
                name floor
                listen 127.0.0.1:7700 [::1]:7701
                socket %r/native.sock
                socket-mode 0600
                client 10.0.0.0/8 uid:nobody
                object /doors/%n
                application-id broker
                max-connections 12
                timeout 2.5
                tls-certificate %r/chain.pem
                tls-key %r/key.pem
                tls-client-authority %r/clients.pem
                option logon TRUE
                option resume FALSE
            end-door
            add-door
                type other
                listen 127.0.0.1:0
            end-door
            """)
        let doors = configuration.doors
        try #require(doors.count == 2)
        let (floor, other) = (doors[0], doors[1])
        #expect(floor.type == "native" && floor.name == "floor")
        #expect(floor.addresses.map(\.description) == ["127.0.0.1:7700", "[::1]:7701"])
        #expect(floor.socket?.hasSuffix("/native.sock") == true && floor.socketMode == 0o600)
        #expect(floor.clients == ["10.0.0.0/8", "uid:nobody"] && floor.clientSources.count == 2)
        #expect(floor.object == "/doors/%n" && floor.applicationID == "broker")
        #expect(floor.maximumConnections == 12 && floor.timeout == .seconds(2.5))
        #expect(floor.tls?.certificate.hasSuffix("/chain.pem") == true)
        #expect(floor.tls?.key.hasSuffix("/key.pem") == true)
        #expect(floor.tls?.clientAuthority?.hasSuffix("/clients.pem") == true)
        #expect(floor.options.map { "\($0.name)=\($0.value)" } == ["logon=TRUE", "resume=FALSE"])
        #expect(floor.options.map { "\($0.source)" } == ["main.conf:15:12", "main.conf:16:12"])
        #expect(other.name == "other" && other.socket == nil && other.tls == nil && other.clients.isEmpty)
        #expect(other.maximumConnections == 10_000 && other.timeout == .seconds(10) && other.socketMode == 0o660)
    }

    @Test(arguments: [
        Case(
            "add-door\ntype native\nend-door",
            "main.conf:1:1: the door `native` has neither `listen` nor `socket`: set one of them"),
        Case(
            "add-door\ntype native\nsocket /a\nend-door\nadd-door\ntype native\nsocket /b\nend-door",
            "main.conf:5:1: a door `native` is there already, at main.conf:1:1: give one of them another `name`"),
        Case(
            "add-door\ntype native\nname a/b\nsocket /a\nend-door",
            "main.conf:1:1: `a/b` cannot name a door: 1 to 64 of a-z, A-Z, 0-9, `-` and `_` are accepted"),
        Case(
            "add-door\ntype native\nsocket /a\ntls-key /k\nend-door",
            "main.conf:1:1: the door `native` needs `tls-certificate` and `tls-key` together"),
        Case(
            "add-door\ntype native\nsocket /a\ntls-client-authority /k\nend-door",
            "main.conf:1:1: the door `native` has a `tls-client-authority` and no `tls-certificate`"),
    ])
    func `are refused where they cannot be`(each: Case) { #expect(mistakes(each.text) == each.message) }
}
