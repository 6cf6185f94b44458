import Testing

/// A broker that is trusted, and a module that has an entry point to ask first.
@Suite(.needs(.curl)) struct TrustedBrokerTests {
    private func ask(_ module: String) throws -> String {
        let folder = try Folder()
        _ = try folder.write(
            """
            auth-module \(Place.binary("fixtures/\(module).so"))
            add-door
                type rabbitmq
                name broker
                socket \(folder.path("broker.sock"))
                option trust-broker TRUE
            end-door
            """, to: "authhost.conf")
        let server = try Server(["-c", folder.path("authhost.conf")], in: folder)
        defer { withExtendedLifetime(server) {} }
        let client = Client(socket: folder.path("broker.sock"))
        return try client.get(
            "/auth/resource?username=eve&vhost=v&resource=queue&name=q&permission=configure"
        ).body
    }

    @Test func `is allowed what the module was not asked about where the module has none`() throws {
        #expect(try ask("reads_open") == "allow")
    }

    @Test func `is denied where the entry says of this user that there is none`() throws {
        #expect(try ask("no_such_entry") == "deny")
    }
}
