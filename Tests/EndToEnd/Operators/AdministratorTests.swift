import Foundation
import Testing

/// Administrators over HTTP, against the real program.
@Suite(.needs(.curl)) struct AdministratorTests {
    private static let users = """
        <authhost-users version="1">
          <user name="root" password="{PLAIN}r"><allow actions="read write" object="/authhost/admin/**"/></user>
          <user name="eyes" password="{PLAIN}e"><allow actions="read" object="/authhost/admin/**"/></user>
          <user name="ann" password="{PLAIN}a"><allow actions="read write" object="/FX/**"/></user>
        </authhost-users>
        """

    private func server(directory: String? = "/v1/admin") throws -> Server {
        let folder = try Folder()
        let users = try folder.write(Self.users, to: "users.xml")
        let block = directory.map { "add-authdir\nname \($0)\ncheck-module TRUE\nrealm Desk\nend-authdir\n" } ?? ""
        let file = try folder.write(block, to: "authhost.conf")
        return try Server(
            ["-c", file] + AuthHost.xmlauth(users) + ["--option", "allow-plain-passwords=TRUE"], in: folder)
    }

    private func eject(_ server: Server, _ user: String, _ json: String) throws -> Response {
        let basic = "Authorization: Basic \(Data(user.utf8).base64EncodedString())"
        return try server.client.post("/v1/admin/eject", json, headers: [basic])
    }

    @Test func `see and eject sessions as far as the module lets them`() throws {
        let server = try server()
        let session = try #require(
            try server.client.post("/v1/login", #"{"user":"ann","password":"a"}"#).member("session"))
        let list = try server.client.get("/v1/admin/sessions?user=ann&door=http", user: "eyes:e")
        #expect(list.status == 200 && list.body.contains(#""total":1"#) && !list.body.contains(session), "\(list)")
        #expect(try server.client.get("/v1/admin/sessions?door=none", user: "root:r").body.contains(#""total":0"#))
        #expect(try server.client.get("/v1/admin/status", user: "eyes:e").body.contains(#""module":"xmlauth""#))
        #expect(try server.client.get("/v1/admin/status", user: "ann:a").status == 403)
        let wrong = try server.client.get("/v1/admin/status", user: "root:x")
        #expect(wrong.status == 401 && wrong.headers["www-authenticate"]?.contains(#"realm="Desk""#) == true)
        #expect(try eject(server, "eyes:e", #"{"user":"ann"}"#).status == 403)
        #expect(try eject(server, "ann:a", #"{"user":"ann"}"#).status == 403)
        let ejected = try eject(server, "root:r", #"{"user":"ann","count":1}"#)
        #expect(ejected.status == 200 && ejected.body == #"{"ok":true,"total":1}"#, "\(ejected)")
        let events = try server.client.get("/v1/admin/events", user: "eyes:e")
        let line = "Ejection of sessions with user <ann>, 1 at most, by administrator <root> over HTTP: 1"
        #expect(events.body.contains(line), "\(events)")
        let next = try #require(events.body.firstMatch(of: /"next":([0-9]+)/)?.1)
        let rest = try server.client.get("/v1/admin/events?from=\(next)", user: "eyes:e")
        #expect(rest.status == 200 && !rest.body.contains("Ejection"), "\(rest)")
    }

    @Test(arguments: [
        (#"{"user":"ann","all":true}"#, "which sessions? give either a filter, or `all` for every session"),
        (#"{"user":"ann","object":"/A"}"#, "`eject` does not take `object`"),
        (#"{"user":"ann","user":"bob"}"#, "an object of the body names a member twice"),
        (#"{"all":true,"count":1.5}"#, "the body holds a number that is not a whole one of 64 bits"),
        ("[]", "the body is not a JSON object"), ("{", "the body is not JSON"),
    ])
    func `are told what is wrong with a body, and no session is ejected`(body: String, reason: String) throws {
        let server = try server()
        _ = try server.client.post("/v1/login", #"{"user":"ann","password":"a"}"#)
        let answer = try eject(server, "root:r", body)
        #expect(answer.status == 400 && answer.member("detail") == reason, "\(answer)")
        let list = try server.client.get("/v1/admin/sessions?user=ann", user: "eyes:e")
        #expect(list.body.contains(#""total":1"#), "\(list)")
    }

    @Test func `find nothing where no directory is configured`() throws {
        let server = try server(directory: nil)
        for path in ["sessions", "status", "events", "eject"] {
            #expect(try server.client.get("/v1/admin/\(path)", user: "root:r").status == 404)
        }
    }
}
