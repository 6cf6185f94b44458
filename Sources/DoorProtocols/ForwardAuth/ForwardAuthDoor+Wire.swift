import AuthCore

extension ForwardAuthDoor {
    /// Without the `date` of replies, which is always there; pages without their header and content.
    public static func wire(_ answer: Answer) -> [(question: String, bytes: String)] {
        guard let door = try? ForwardAuthDoor(DoorSettings(type: name, name: name), host: UnaskedHost()) else {
            return []
        }
        let rows: [(String, ForwardingProxy, isBrowser: Bool)] = [
            ("nginx", .nginx, false), ("nginx, of a browser with a cookie", .nginx, true),
            ("Caddy, Traefik, Envoy", .caddy, false),
            ("Caddy, Traefik, Envoy, of a browser with a cookie", .caddy, true),
        ]
        let questions = rows.compactMap { text, proxy, isBrowser in
            sample(proxy, isBrowser).flatMap { door.bytes(of: answer, to: $0, proxy) }.map {
                (question: text, bytes: $0)
            }
        }
        let form = sample(.nginx, true).flatMap {
            var answer = answer
            if answer.verdict == .allow { answer.session = SessionID(high: 0, low: 0) }
            return door.pages?.reply(to: answer, "alice", $0, ReturnPath("/reports".utf8))
        }
        return questions + (form.map { [("log-in form", statusLine($0))] } ?? [])
    }

    private func bytes(of answer: Answer, to request: StrictRequest, _ proxy: ForwardingProxy) -> String? {
        guard
            let forwarded = try? ForwardedRequest(proxy, request.head, request.span),
            let check = forwarded.check(handler.template)
        else { return nil }
        // These two answer the log-in that Basic credentials cause before the question itself.
        let isOfLogin = [.wrongCredentials, .overLimit].contains(answer.verdict)
        let client = ForwardAuthClient(proxy: proxy, forwarded: forwarded, request: request, mayLogIn: !isOfLogin)
        let reply =
            isOfLogin ? handler.refusal(answer, client) : handler.reply(to: answer, check, client, user: "alice")
        return reply.wireText
    }

    private static func sample(_ proxy: ForwardingProxy, _ isBrowser: Bool) -> StrictRequest? {
        let lines = [
            "GET \(proxy.path) HTTP/1.1", "host: app.example", "accept: \(isBrowser ? "text/html" : "*/*")",
            "x-original-uri: /reports", "x-original-method: GET", "x-forwarded-uri: /reports",
            "x-forwarded-method: GET", "x-forwarded-host: app.example", "x-forwarded-proto: https", "", "",
        ]
        let bytes = Array(lines.joined(separator: "\r\n").utf8)
        var reader = StrictRequestReader()
        guard (try? reader.read(bytes.span)) == true else { return nil }
        return StrictRequest(bytes.span, reader.head)
    }

    private static func statusLine(_ reply: Reply) -> String {
        reply.wireText.prefix { $0 != "\\" } + "\\r\\n…"
    }
}
