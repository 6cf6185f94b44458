import AuthCore

/// The door for RabbitMQ's `rabbitmq_auth_backend_http`.
public struct RabbitMQDoor: DoorType {
    /// What `type` calls it.
    public static let name = "rabbitmq"
    /// Which programs it serves.
    public static let summary = "RabbitMQ 3.10 and later, through its plugin rabbitmq_auth_backend_http"
    /// A client too many is answered 503.
    public static let speaksHTTP = true
    /// How long brokers of version 3.13 and later wait; older ones wait for ever.
    public static let patience = [ClientPatience("RabbitMQ", .seconds(15), setting: "auth_http.request_timeout")]
    /// What `option` lines may say.
    public static let options = [
        DoorOption("path", .text, default: "/auth", "what stands before `/user`, `/vhost`, `/resource` and `/topic`"),
        DoorOption(
            "tags", .text, default: "", "the tags of every user, with spaces, such as `management`; empty for none"),
        DoorOption(
            "tag-checks", .text, default: "",
            "tags that a user has who may read the object of each, with spaces; empty for none"),
        DoorOption(
            "tag-object", .text, default: "/rabbitmq-tags/%t", "the name of a tag's object; `%t` is the tag"),
        DoorOption(
            "tag-attribute", .text, default: "",
            "the attribute of a log-in whose values are tags of the user as well, such as `role`; empty for none"),
        DoorOption(
            "wildcards", .choice(["ask", "deny"]), default: "ask",
            "whether a binding with `*` or `#` in its routing key is asked about as it is written, or denied"),
        DoorOption(
            "reasons", .flag, default: "FALSE",
            "says why behind `deny`, for brokers that know that; those of 3.10 close the connection when they get it"),
        DoorOption(
            "trust-broker", .flag, default: "FALSE",
            "where the module cannot resume sessions, allows every question of a user without one, unasked"),
        DoorOption(
            "maximum-sessions", .integer(1...10_000_000), default: "100000",
            "sessions that are kept for users and MQTT client ids; the one idle for longest is logged out for another"
        ),
    ]
    /// The object of a request, where the block names none.
    public static let template: DoorTemplate? = DoorTemplate(
        "/rabbitmq/%v/%k%n%w",
        [
            ("v", "the virtual host as one segment, `%2F` for `/`"),
            ("k", "`vhost`, `exchange`, `queue` or `topic`"),
            ("n", "a slash and the name of the queue or exchange; nothing for a virtual host"),
            ("r", "a slash and the routing key as one segment; nothing but for topics"),
            ("w", "the words of the routing key, each behind a slash; nothing but for topics"),
        ])

    /// Whether every client may ask as users whose passwords it does not have.
    public static func believesClients(_ settings: DoorSettings) -> Bool { true }

    let settings: DoorSettings
    let host: any QuestionAnswering
    let sessions: SessionsByName
    let handler: RabbitMQHandler
    private let paths: [(kind: RabbitMQQuestion.Kind, path: String)]

    /// Makes the door; throws what is wrong with its block.
    public init(_ settings: DoorSettings, host: any QuestionAnswering) throws(DoorProblem) {
        self.settings = settings
        self.host = host
        let options = RabbitMQOptions(settings)
        let path = try options.path()
        paths = RabbitMQQuestion.Kind.allCases.map { ($0, "\(path)/\($0.rawValue)") }
        sessions = SessionsByName(
            maximum: settings.integer("maximum-sessions", of: Self.self), remembersEjections: true)
        handler = RabbitMQHandler(
            door: settings.name, applicationID: settings.applicationID ?? "", host: host, sessions: sessions,
            template: try options.template(), tags: try options.tags("tags"), tagChecks: try options.tagChecks(),
            tagAttribute: settings.option("tag-attribute", of: Self.self),
            asksWildcards: settings.option("wildcards", of: Self.self) == "ask",
            givesReasons: settings.flag("reasons", of: Self.self),
            trustsBroker: settings.flag("trust-broker", of: Self.self))
    }

    /// Begins the conversation with a client.
    public func converse<Carrier: DoorCarrying>(_ client: DoorClient, by carrier: Carrier) -> Carrier.Carried {
        carrier.carry(httpConversation(client))
    }
}

extension RabbitMQDoor: HTTPAnswering {
    func answer(_ request: StrictRequest, from client: DoorClient) throws(RequestRefusal) -> Step {
        let span = request.span
        let kind = try kind(request.head, span)
        let form: Range<Int>
        switch request.head.method {
        case .get: form = request.head.query
        case .post where request.head.query.isEmpty: form = request.head.body
        case .post: throw .bad("a question by POST has a query")
        default: return .reply(Self.otherMethod)
        }
        let question = try RabbitMQQuestion(kind, span, form)
        let attributes = host.attributes(of: client.peer) { attributes in
            attributes.add(.virtualHost, question.virtualHost)
            attributes.addTrace(of: request)
        }
        return handler.answer(question, attributes, from: client)
    }

    func refusal(of head: RequestHead, _ bytes: Span<UInt8>) -> Reply? {
        do throws(RequestRefusal) {
            _ = try kind(head, bytes)
            return [.get, .post].contains(head.method) ? nil : Self.otherMethod
        } catch {
            return Reply(error)
        }
    }

    private static let otherMethod = Reply(RequestRefusal(405, "GET and POST are accepted")).adding(
        "allow", "GET, POST")

    private func kind(_ head: RequestHead, _ bytes: Span<UInt8>) throws(RequestRefusal) -> RabbitMQQuestion.Kind {
        guard let kind = paths.first(where: { RequestLine.equals(bytes, head.path, $0.path) })?.kind else {
            throw RequestRefusal(404, "the broker asks at \(paths.map { "`\($0.path)`" }.joined(separator: ", "))")
        }
        return kind
    }
}

/// The options of the door, read and checked.
struct RabbitMQOptions {
    let settings: DoorSettings

    init(_ settings: DoorSettings) { self.settings = settings }

    private func problem(_ name: String, _ description: String) -> DoorProblem {
        DoorProblem(settings.options.firstIndex { $0.name == name }.map { .option($0) } ?? .block, description)
    }

    func path() throws(DoorProblem) -> String {
        let path = settings.option("path", of: RabbitMQDoor.self)
        if path == "/" { return "" }
        guard (try? ObjectName(path)) != nil, path.utf8.allSatisfy({ RequestGrammar.isTarget[Int($0)] && $0 != 0x3F })
        else {
            throw problem(
                "path", "`\(path.clippedForMessage)` is not a path: `/` and paths such as `/auth` are accepted")
        }
        return path
    }

    func template() throws(DoorProblem) -> TextTemplate {
        let letters = RabbitMQDoor.template?.letters.map(\.letter) ?? []
        return try TextTemplate(
            settings.object ?? RabbitMQDoor.template?.defaultText ?? "", letters: String(letters))
    }

    static func isTag(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { RequestGrammar.isToken[Int($0)] }
    }

    func tags(_ name: String) throws(DoorProblem) -> [String] {
        let tags = settings.option(name, of: RabbitMQDoor.self).split(separator: " ").map(String.init)
        for tag in tags where !Self.isTag(tag) {
            throw problem(
                name, "`\(tag.clippedForMessage)` is not a tag: letters, digits and `_`, `-`, `.` are accepted")
        }
        return tags
    }

    func tagChecks() throws(DoorProblem) -> [(tag: String, object: ObjectName)] {
        do throws(DoorProblem) {
            let template = try TextTemplate(settings.option("tag-object", of: RabbitMQDoor.self), letters: "t")
            var checks: [(tag: String, object: ObjectName)] = []
            for tag in try tags("tag-checks") { checks.append((tag, try template.constantName(["t": tag]))) }
            return checks
        } catch  where error.part == .object {
            throw problem("tag-object", error.description)
        }
    }
}
