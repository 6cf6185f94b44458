import AuthCore
import Testing

@testable import DoorProtocols

@Suite struct `The log-in page` {
    static let token = String(repeating: "5", count: 32)
    static let tokenCookie = "__Host-authhost-form=\(token)"

    static func form(_ user: String = "alice", _ password: String = "secret", _ more: String = "&rd=/reports%3Fx%3D1")
        -> String
    { "token=\(token)&user=\(user)&password=\(password)\(more)" }

    @Test func `is a form with labels, without scripts and with nothing from elsewhere`() async throws {
        try await RunningAddedDoor.run(options: [("title", "The <Shop> & \"Co\"")]) { door in
            let page = try await door.get("/_authhost/login?rd=/reports%3Fx%3D1%26y%3D2")
            #expect(page.status == 200)
            #expect(page.fields["content-type"] == "text/html; charset=utf-8")
            #expect(page.fields["cache-control"] == "no-store")
            #expect(page.fields["x-content-type-options"] == "nosniff")
            #expect(page.body.contains("The &lt;Shop&gt; &amp; &quot;Co&quot;"))
            #expect(page.body.contains(#"name="rd" value="/reports?x=1&amp;y=2""#))
            for name in ["user", "password"] {
                #expect(page.body.contains("<label for=\"\(name)\">"))
                #expect(page.body.contains("id=\"\(name)\" name=\"\(name)\""))
            }
            #expect(page.body.contains("<html lang=\"en\">"))
            for foreign in ["<script", "http:", "https:", "url(", "<img", "<link", "@import", "onclick", "javascript"] {
                #expect(!page.body.contains(foreign), "\(foreign)")
            }
            let policy = try #require(page.fields["content-security-policy"])
            #expect(policy.hasPrefix("default-src 'none'; style-src 'nonce-"))
            #expect(policy.hasSuffix("; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"))
            let nonce = try #require(policy.split(separator: "'nonce-").last?.prefix { $0 != "'" })
            #expect(page.body.contains("<style nonce=\"\(nonce)\">"))
            let again = try await door.get("/_authhost/login")
            #expect(again.fields["content-security-policy"] != policy)
        }
    }

    @Test func `gives the browser a token that comes back in the form`() async throws {
        try await RunningAddedDoor.run { door in
            let first = try await door.get("/_authhost/login")
            let cookie = try #require(first.fields["set-cookie"])
            #expect(cookie.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Lax"))
            let pair = try #require(cookie.split(separator: ";").first)
            let token = try #require(pair.split(separator: "__Host-authhost-form=").first)
            #expect(token.count == 32)
            #expect(first.body.contains("name=\"token\" value=\"\(token)\""))
            let second = try await door.get("/_authhost/login", ["Cookie: \(pair)"])
            #expect(second.fields["set-cookie"] == nil, "a form in another window stays good")
            #expect(second.body.contains("name=\"token\" value=\"\(token)\""))
            let form = Self.form().replacing(Self.token, with: token)
            #expect(try await door.post("/_authhost/login", form, ["Cookie: \(pair)"]).status == 303)
        }
    }

    @Test func `opens a session and leads back`() async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host, configure: { $0.applicationID = "shop" }) { door in
            let response = try await door.post(
                "/_authhost/login", Self.form(), ["Cookie: \(Self.tokenCookie)", "X-Forwarded-For: 192.0.2.7"])
            #expect(response.status == 303)
            #expect(response.fields["location"] == "/reports?x=1")
            #expect(
                response.fields["set-cookie"]
                    == "__Host-authhost=\(FakeHost.sessionText); Path=/; Secure; HttpOnly; SameSite=Lax")
            #expect(response.fields["cache-control"] == "no-store")
            #expect(response.body.isEmpty)
        }
        guard case .login(let login) = host.questions.first else {
            Issue.record("no user logged in")
            return
        }
        #expect(login.address == "192.0.2.7")
        #expect(login.applicationID == "shop")
        #expect(login.door == "web")
    }

    @Test func `ends the browser's session before, so that it takes no place`() async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host) { door in
            let cookies = "Cookie: __Host-authhost=\(FakeHost.sessionText); \(Self.tokenCookie)"
            let response = try await door.post("/_authhost/login", Self.form(), [cookies])
            #expect(response.status == 303)
        }
        guard case .logout(FakeHost.session, _) = host.questions.first, case .login = host.questions.last else {
            Issue.record("\(host.questions.count) questions")
            return
        }
    }

    @Test(arguments: [
        "//evil.example", "/\\evil.example", "%2F%09%2Fevil.example", "/%2509/evil.example", "https:evil.example",
        "https://evil.example/", "/%0d%0aSet-Cookie:a=b", "javascript:alert(1)", "", "/%250d%250aX:y", "%5C%5Cevil",
    ]) func `leads to the root instead of anywhere else`(_ place: String) async throws {
        try await RunningAddedDoor.run { door in
            let form = Self.form("alice", "secret", "&rd=\(place)")
            let response = try await door.post("/_authhost/login", form, ["Cookie: \(Self.tokenCookie)"])
            #expect(response.status == 303)
            #expect(response.fields["location"] == "/")
            let page = try await door.get("/_authhost/login?rd=\(place.replacing("\\", with: "%5C"))")
            #expect(page.body.contains("name=\"rd\" value=\"\""))
        }
    }

    @Test(arguments: [
        [], ["Cookie: __Host-authhost-form=\(String(repeating: "6", count: 32))"],
        ["Cookie: \(tokenCookie); \(tokenCookie)"],
        ["Cookie: \(tokenCookie)", "Sec-Fetch-Site: cross-site"],
        ["Cookie: \(tokenCookie)", "Sec-Fetch-Site: same-site"],
        ["Cookie: \(tokenCookie)", "Origin: https://evil.example"], ["Cookie: \(tokenCookie)", "Origin: null"],
        ["Cookie: \(tokenCookie)", "Origin: https://app.example", "Origin: https://app.example"],
        ["Cookie: __Host-authhost-form=x"], ["Cookie: authhost-form=\(token)"],
    ]) func `takes no form that another site could have sent`(_ fields: [String]) async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host) { door in
            for path in ["/_authhost/login", "/_authhost/logout"] {
                let response = try await door.post(
                    path, Self.form(), fields + ["X-Session: __Host-authhost=\(FakeHost.sessionText)"])
                #expect(response.status == 403)
                #expect(response.body.contains("was not sent from here"))
                #expect(response.fields["set-cookie"]?.hasPrefix("__Host-authhost=") != true)
            }
        }
        #expect(host.questions.isEmpty)
    }

    @Test func `takes no form whose token is empty or missing, even beside such a cookie`() async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host) { door in
            for form in ["token=&user=alice&password=secret", "user=alice&password=secret"] {
                let response = try await door.post(
                    "/_authhost/login", form, ["Cookie: __Host-authhost-form="])
                #expect(response.status == 403)
            }
        }
        #expect(host.questions.isEmpty)
    }

    @Test(arguments: [
        (Answer(.wrongCredentials, .invalidPassword), 401, "The user name or the password is wrong."),
        (Answer(.wrongCredentials, .invalidUser), 401, "The user name or the password is wrong."),
        (Answer(.overLimit, .userLimit), 429, "You have as many sessions as you may have."),
        (Answer(.deny, .invalidAddress), 403, "You may not log in here."),
        (Answer(.undecided, .deadline), 503, "It could not be decided"),
        (Answer(.allow, .granted), 503, "It could not be decided"),
        (Answer(.deny, .userCode, clientText: "use <b>SSO</b>"), 403, "use &lt;b&gt;SSO&lt;/b&gt;"),
    ]) func `says why no user was logged in`(_ answer: Answer, _ status: Int, _ text: String) async throws {
        try await RunningAddedDoor.run(FakeHost { _ in .decided(answer) }) { door in
            let form = Self.form("%22%3E%3Cb%3E", "x")
            let response = try await door.post("/_authhost/login", form, ["Cookie: \(Self.tokenCookie)"])
            #expect(response.status == status)
            #expect(response.body.contains(text))
            #expect(response.body.contains(#"role="alert""#))
            #expect(response.body.contains(#"aria-describedby="problem""#))
            #expect(response.body.contains(#"value="&quot;&gt;&lt;b&gt;""#), "the name stays in the form")
            #expect(!response.body.contains("value=\"x\""), "the password does not")
            #expect(response.body.contains(#"name="rd" value="/reports?x=1""#))
            #expect(response.fields["set-cookie"] == nil)
            #expect((response.fields["www-authenticate"] != nil) == (status == 401))
        }
    }

    @Test(arguments: [
        ("user=alice&token=\(token)", 400), ("password=secret&token=\(token)", 400), ("user=a&user=b", 400),
        ("user=%", 400), ("user=%00&password=x&token=\(token)", 401), ("user=%ff&password=x&token=\(token)", 401),
        ("user=&password=x&token=\(token)", 401), ("user=a&password=%00&token=\(token)", 401),
    ]) func `refuses what is no form, without asking anybody`(_ form: String, _ status: Int) async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host) { door in
            let response = try await door.post("/_authhost/login", form, ["Cookie: \(Self.tokenCookie)"])
            #expect(response.status == status)
        }
        #expect(host.questions.isEmpty)
    }

    @Test func `takes no broken address from a proxy`() async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host) { door in
            let response = try await door.post(
                "/_authhost/login", Self.form(), ["Cookie: \(Self.tokenCookie)", "X-Forwarded-For: me"])
            #expect(response.status == 400)
        }
        #expect(host.questions.isEmpty)
    }

    @Test func `takes forms alone, with GET and POST alone`() async throws {
        try await RunningAddedDoor.run { door in
            let json = [
                "POST /_authhost/login HTTP/1.1", "Host: a", "Content-Type: application/json", "Content-Length: 0",
            ]
            #expect(try await door.exchange((json + ["", ""]).joined(separator: "\r\n")).status == 415)
            let put = try await door.exchange("PUT /_authhost/login HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(put.status == 405)
            #expect(put.fields["allow"] == "GET, HEAD, POST")
        }
    }

    @Test func `is not there where it is not wanted`() async throws {
        try await RunningAddedDoor.run(options: [("pages", "none")]) { door in
            let page = try await door.get("/_authhost/login")
            #expect(page.status == 404)
            let question = `The forward-auth door`.question(.caddy, "/", "GET", [`The forward-auth door`.browser])
            #expect(try await door.exchange(question).status == 401)
        }
    }

    @Test func `is where it is wanted`() async throws {
        try await RunningAddedDoor.run(options: [("pages", "/my/door"), ("cookie", "__Host-s")]) { door in
            let page = try await door.get("/my/door/login")
            #expect(page.status == 200)
            #expect(page.body.contains("action=\"/my/door/login\""))
            #expect(page.fields["set-cookie"]?.hasPrefix("__Host-s-form=") == true)
        }
    }
}

@Suite struct `The log-out page` {
    static let cookies = "Cookie: \(`The log-in page`.tokenCookie); __Host-authhost=\(FakeHost.sessionText)"

    @Test func `asks before it ends the session, and takes the cookie away`() async throws {
        let host = FakeHost(FakeHost.simple)
        try await RunningAddedDoor.run(host) { door in
            let page = try await door.get("/_authhost/logout", [Self.cookies])
            #expect(page.status == 200)
            #expect(page.body.contains("action=\"/_authhost/logout\""))
            #expect(host.questions.isEmpty, "a link or an image of another site ends nothing")
            let response = try await door.post("/_authhost/logout", "token=\(`The log-in page`.token)", [Self.cookies])
            #expect(response.status == 200)
            #expect(response.body.contains("Your session has ended."))
            #expect(
                response.fields["set-cookie"]
                    == "__Host-authhost=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
        }
        guard case .logout(FakeHost.session, _) = host.questions.first else {
            Issue.record("nothing was ended")
            return
        }
    }

    @Test func `says so when the session could not be ended`() async throws {
        try await RunningAddedDoor.run(FakeHost { _ in .decided(Answer(.undecided, .stopping)) }) { door in
            let response = try await door.post("/_authhost/logout", "token=\(`The log-in page`.token)", [Self.cookies])
            #expect(response.status == 503)
            #expect(response.body.contains("could not be ended"))
            #expect(response.fields["set-cookie"] == nil)
        }
    }
}
