import Foundation
import Testing

/// Whether passwords stay in a real host's memory when the question is answered.
@Suite(.needs(.curl)) struct PasswordMemoryTests {
    private let folder: Folder
    private let authhost: ChildProcess
    private let api: Client
    private let proxy: Client

    init() throws {
        folder = try Folder()
        let (api, proxy) = (folder.path("http.sock"), folder.path("web.sock"))
        let text = """
            auth-module xmlauth
            add-module-options xmlauth
                xmlauth-file \(Place.file("Plugins/xmlauth/users.xml"))
            end-module-options
            http-listen none
            http-socket \(api)
            add-door
                type forward-auth
                name web
                socket \(proxy)
            end-door
            """
        authhost = try ChildProcess([
            Place.binary("authhost"), "serve", "-c", folder.write(text, to: "authhost.conf"),
        ])
        try authhost.wait(for: "listening on the unix socket \(api)")
        self.api = Client(socket: api)
        self.proxy = Client(socket: proxy)
    }

    /// How a password comes in.
    enum Way: CaseIterable {
        case json, escapedJSON, chunkedJSON, incompleteJSON, refusedJSON, unknownMember
        case basic, basicAtCheck, basicForwarded, form
    }

    @Test(arguments: Way.allCases) func `no password is left when the question is answered`(_ way: Way) throws {
        let password = "marker\(UInt64.random(in: .min ... .max))"
        for attempt in 1...3 { try send(way, "\(password)\(attempt)") }
        // Base64 of what stands behind `user:`; its last characters depend on what follows.
        let encoded = Data("alice:\(password)".utf8).base64EncodedString().dropLast(4).suffix(16)
        for kept in [password, String(encoded), password.map(Self.escape).joined()] {
            // The answer goes out before the last holder of the request lets go.
            try authhost.wait(until: { (try? ProcessMemory.count(of: kept.utf8, in: authhost.pid)) == 0 })
            #expect(try ProcessMemory.count(of: kept.utf8, in: authhost.pid) == 0, "\(kept)")
        }
    }

    private static func escape(_ character: Character) -> String {
        "\\u00" + String(character.asciiValue ?? 0, radix: 16)
    }

    private func send(_ way: Way, _ password: String) throws {
        let json = #"{"user":"alice","password":"\#(password)"}"#
        let basic = ["-u", "alice:\(password)"]
        let forwarded = ["-H", "X-Original-URI: /a", "-H", "X-Original-Method: GET"] + basic
        switch way {
        case .json: #expect(try api.post("/v1/login", json).status == 401)
        case .escapedJSON:
            let escaped = password.map(Self.escape).joined()
            #expect(try api.post("/v1/login", #"{"user":"alice","password":"\#(escaped)"}"#).status == 401)
        case .chunkedJSON:
            #expect(try api.post("/v1/login", json, headers: ["Transfer-Encoding: chunked"]).status == 401)
        case .incompleteJSON:
            let connection = try KeptConnection(socket: api.socket)
            let head = "POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            try connection.say("\(head)Content-Length: 9000\r\n\r\n\(json)")
        case .refusedJSON: #expect(try api.post("/v1/login", json + "}").status == 400)
        case .unknownMember: #expect(try api.post("/v1/login", #"{"user":"a","pasword":"\#(password)"}"#).status == 400)
        case .basic: #expect(try api.send("/auth", forwarded).status == 401)
        case .basicAtCheck: #expect(try api.send("/v1/check?action=read&object=/a", basic).status == 401)
        case .basicForwarded: #expect(try proxy.send("/nginx", forwarded).status == 401)
        case .form:
            let page = try proxy.get("/_authhost/login")
            let cookie = try #require(page.headers["set-cookie"]?.split(separator: ";").first)
            let token = try #require(cookie.split(separator: "=").last)
            let form = "user=alice&password=\(password)&token=\(token)"
            let sent = try proxy.send("/_authhost/login", ["-H", "Cookie: \(cookie)", "--data", form])
            #expect(sent.status == 401)
        }
    }

    @Test func `the look into memory finds what is there`() throws {
        let marker = "marker\(UInt64.random(in: .min ... .max))"
        let process = try ChildProcess(["env", "MARKER=\(marker)", "tail", "-f", "/dev/null"])
        try process.wait(until: { (try? ProcessMemory.count(of: marker.utf8, in: process.pid)) ?? 0 >= 1 })
        process.terminate()
        _ = try process.finish()
    }
}
