import Foundation
import Testing

/// Reads of xmlauth that are decided by what is in an object.
@Suite(.needs(.curl)) struct ObjectContentTests {
    private let server: Server
    private let session: String

    init() throws {
        let folder = try Folder()
        let users = try folder.write(
            """
            <authhost-users version="1">
                <user name="feed" password="{PLAIN}feed"><allow actions="write" object="/ORDERS/**"/></user>
                <user name="alice" password="{PLAIN}alice">
                    <allow actions="read" object="/ORDERS/**"><when field="Desk" equals="FX"/></allow>
                </user>
            </authhost-users>
            """, to: "users.xml")
        server = try Server(
            AuthHost.xmlauth(users) + [
                "--option", "allow-plain-passwords=TRUE", "--object-values", "--auth-checkread-timeout", "20",
            ], in: folder)
        session = try Self.logIn("alice", server)
    }

    private static func logIn(_ user: String, _ server: Server) throws -> String {
        let answer = try server.client.post("/v1/login", #"{"user":"\#(user)","password":"\#(user)"}"#)
        return try #require(answer.member("session"), "\(answer)")
    }

    private func check(_ object: String) throws -> String? {
        try server.client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"\#(object)"}"#)
            .member("verdict")
    }

    private func put(_ desk: String, _ object: String, by user: String) throws -> Response {
        let session = try Self.logIn(user, server)
        let body = #"{"session":"\#(session)","object":"\#(object)","fields":{"Desk":"\#(desk)"}}"#
        return try server.client.send("/v1/objects", ["-X", "PUT", "-H", "Content-Type: application/json", "-d", body])
    }

    @Test func `what is in an object decides, and a user who may write it says what that is`() throws {
        #expect(try put("FX", "/ORDERS/1", by: "feed").status == 200)
        #expect(try put("Rates", "/ORDERS/2", by: "feed").status == 200)
        #expect(try check("/ORDERS/1") == "allow")
        #expect(try check("/ORDERS/2") == "deny")
        #expect(try put("FX", "/ORDERS/2", by: "alice").status == 403)
        #expect(try put("FX", "/OTHER", by: "feed").status == 403)
        #expect(try check("/ORDERS/2") == "deny")
    }

    @Test func `a read waits for content`() async throws {
        let (client, session) = (server.client, session)
        async let verdict = Task.detached {
            try client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"/ORDERS/3"}"#)
                .member("verdict")
        }.value
        // Whichever comes first: the read waits, or finds what is there.
        #expect(try put("FX", "/ORDERS/3", by: "feed").status == 200)
        #expect(try await verdict == "allow")
    }
}
