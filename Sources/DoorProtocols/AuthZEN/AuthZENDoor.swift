import AuthCore
import JSONReading

/// The door for enforcement points that speak the OpenID AuthZEN Authorization API 1.0.
public struct AuthZENDoor: DoorType {
    /// What `type` calls it.
    public static let name = "authzen"
    /// Which programs it serves.
    public static let summary = "enforcement points that speak the OpenID AuthZEN Authorization API 1.0"
    /// A client too many is answered 503.
    public static let speaksHTTP = true
    /// What `option` lines may say.
    public static let options = [
        DoorOption(
            "base-url", .text, default: "",
            "what enforcement points call this decision point, an `https` address; without it there is no metadata"),
        DoorOption(
            "subject-types", .text, default: "user", "the types of subjects whose ids are names of users, with spaces"),
        DoorOption("read-actions", .text, default: "read", "the actions that are asked about as reading, with spaces"),
        DoorOption(
            "write-actions", .text, default: "write",
            "actions that are writing, with spaces, for searches; what is in none of the three lists is writing too"),
        DoorOption(
            "create-actions", .text, default: "create", "the actions that are asked about as creating, with spaces"),
        DoorOption(
            "maximum-sessions", .integer(1...10_000_000), default: "100000",
            "most sessions kept for subjects; one more logs out the one that was idle longest"),
    ]
    /// The object of a request, where the block names none.
    public static let template: DoorTemplate? = DoorTemplate(
        "/authzen/%t%p",
        [
            ("t", "the type of the resource as one segment"), ("i", "its id as one segment"),
            ("p", "its id as a path, with a slash before it"), ("a", "the name of the action as one segment"),
        ])

    /// Whether every client may ask as users whose passwords it does not have.
    public static func believesClients(_ settings: DoorSettings) -> Bool { true }

    let settings: DoorSettings
    let host: any QuestionAnswering
    let handler: AuthZENHandler
    /// Empty for none.
    private let baseURL: String
    private let endpoints: [(endpoint: AuthZENEndpoint, path: String)]
    private let metadataPath: String

    /// Makes the door; throws what is wrong with its block.
    public init(_ settings: DoorSettings, host: any QuestionAnswering) throws(DoorProblem) {
        self.settings = settings
        self.host = host
        let options = AuthZENOptions(settings)
        baseURL = settings.option("base-url", of: Self.self)
        let prefix = try options.path()
        endpoints = AuthZENEndpoint.allCases.map { ($0, prefix + $0.rawValue) }
        // A path of the decision point stands behind the well-known part, as RFC 8615 wants it.
        metadataPath = AuthZENEndpoint.metadata + prefix
        handler = AuthZENHandler(
            door: settings.name, applicationID: settings.applicationID ?? "", host: host,
            sessions: SessionsByName(
                maximum: settings.integer("maximum-sessions", of: Self.self), remembersEjections: false),
            template: try options.template(), subjectTypes: options.words("subject-types"),
            actions: try options.actions())
    }

    /// Begins the conversation with a client.
    public func converse<Carrier: DoorCarrying>(_ client: DoorClient, by carrier: Carrier) -> Carrier.Carried {
        carrier.carry(httpConversation(client))
    }
}

extension AuthZENDoor: HTTPAnswering {
    /// Replies have the request's `X-Request-ID`, those of refusals too.
    func answer(_ request: StrictRequest, from client: DoorClient) throws(RequestRefusal) -> Step {
        guard let value = try request.field(Self.requestID) else { return try step(request, client) }
        let id = request.copy(value)
        guard id.allSatisfy({ (0x20...0x7E).contains($0) }) else { throw .bad("the `x-request-id` is not ASCII") }
        let text = String(decoding: id, as: UTF8.self)
        do throws(RequestRefusal) {
            return try step(request, client).adding(Self.requestID.text, text)
        } catch {
            client.countFault(error.code)
            return .reply(Reply(error).adding(Self.requestID.text, text))
        }
    }

    private static let requestID = FieldName("x-request-id")

    private func step(_ request: StrictRequest, _ client: DoorClient) throws(RequestRefusal) -> Step {
        let span = request.span
        guard let endpoint = try endpoint(request.head, span) else {
            guard [.get, .head].contains(request.head.method) else { return .reply(Self.otherMethod("GET, HEAD")) }
            return .reply(Reply(200, json: AuthZENMetadata(baseURL)))
        }
        guard request.head.method == .post else { return .reply(Self.otherMethod("POST")) }
        let attributes = host.attributes(of: client.peer) { attributes in
            if let id = (try? request.field(Self.requestID)).flatMap({ $0 }) {
                attributes.add(.requestID, request.copy(id))
            }
            attributes.addTrace(of: request)
        }
        return try answer(
            endpoint, try Self.body(request), AuthZENAsker(client: client, attributes: attributes))
    }

    func refusal(of head: RequestHead, _ bytes: Span<UInt8>) -> Reply? {
        do throws(RequestRefusal) {
            // The metadata is not asked for with a body.
            guard try endpoint(head, bytes) != nil else { return nil }
            return head.method == .post ? nil : Self.otherMethod("POST")
        } catch {
            return Reply(error)
        }
    }

    /// Where a request asks; nil for the metadata.
    private func endpoint(_ head: RequestHead, _ bytes: Span<UInt8>) throws(RequestRefusal) -> AuthZENEndpoint? {
        if !baseURL.isEmpty, RequestLine.equals(bytes, head.path, metadataPath) { return nil }
        guard let endpoint = endpoints.first(where: { RequestLine.equals(bytes, head.path, $0.path) })?.endpoint else {
            throw RequestRefusal(404, "there is nothing here; ask at `\(endpoints[0].path)`")
        }
        return endpoint
    }

    private static func otherMethod(_ methods: String) -> Reply {
        Reply(RequestRefusal(405, "the methods \(methods) are accepted")).adding("allow", methods)
    }

    private func answer(
        _ endpoint: AuthZENEndpoint, _ body: JSONValue, _ asker: AuthZENAsker
    ) throws(RequestRefusal) -> Step {
        switch endpoint {
        case .evaluation: return handler.single(try AuthZENEvaluation(body), from: asker)
        case .evaluations:
            switch try AuthZENBatch(body) {
            case .single(let evaluation): return handler.single(evaluation, from: asker)
            case .several(let items, let semantic): return handler.several(items[...], semantic, from: asker)
            }
        case .searchAction:
            let evaluation = try AuthZENEvaluation(body, action: "")
            return handler.searchActions(evaluation, handler.actions.map(\.name)[...], from: asker)
        case .searchSubject, .searchResource:
            // An empty list would say that there are none.
            throw RequestRefusal(501, "modules are asked about one user and one object, and list neither")
        }
    }

    private static func body(_ request: StrictRequest) throws(RequestRefusal) -> JSONValue {
        do throws(RequestRefusal) {
            try JSON.checkType(request)
        } catch {
            // The status that the interface wants for another media type.
            throw .bad(error.detail)
        }
        return try JSONValue(request.copy(request.head.body), within: .batch)
    }

    /// Without the `date` of replies, which is always there.
    public static func wire(_ answer: Answer) -> [(question: String, bytes: String)] {
        guard let door = try? AuthZENDoor(DoorSettings(type: name, name: name), host: UnaskedHost()) else { return [] }
        let several = Reply(200, json: AuthZENDecisions(evaluations: [AuthZENDecision(answer)]))
        return [
            ("evaluation", door.handler.reply(to: answer).wireText), ("evaluations, one of one", several.wireText),
        ]
    }
}

extension Step {
    /// The same, with a field added to the reply.
    func adding(_ name: String, _ value: String) -> Step {
        switch self {
        case .reply(let reply): .reply(reply.adding(name, value))
        case .ask(let question, let then): .ask(question) { then($0).adding(name, value) }
        case .askAll(let checks, let session, let then):
            .askAll(checks, session) { then($0).adding(name, value) }
        case .askRealm(let ask, let then): .askRealm(ask) { then($0).adding(name, value) }
        case .decided(let id, let next): .decided(id, next.adding(name, value))
        case .work(let body): .work { body().adding(name, value) }
        case .begin(let begin): .begin { done in begin { done($0.adding(name, value)) } }
        }
    }
}

/// The options of the door, read and checked.
struct AuthZENOptions {
    let settings: DoorSettings

    init(_ settings: DoorSettings) { self.settings = settings }

    func words(_ name: String) -> [String] {
        settings.option(name, of: AuthZENDoor.self).split(separator: " ").map(String.init)
    }

    private func problem(_ name: String, _ description: String) -> DoorProblem {
        DoorProblem(settings.options.firstIndex { $0.name == name }.map { .option($0) } ?? .block, description)
    }

    /// The path of `base-url`, empty for none.
    func path() throws(DoorProblem) -> String {
        let url = settings.option("base-url", of: AuthZENDoor.self)
        if url.isEmpty { return "" }
        let scheme = "https://"
        let rest = url.dropFirst(scheme.utf8.count)
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = String(rest[end...])
        let isGood =
            url.hasPrefix(scheme) && end != rest.startIndex
            && rest[..<end].utf8.allSatisfy { RequestGrammar.isHost[Int($0)] }
            && path.utf8.allSatisfy { RequestGrammar.isTarget[Int($0)] && $0 != UInt8(ascii: "?") }
            && (path.isEmpty || (try? ObjectName(path)) != nil && path != "/")
        guard isGood else {
            throw problem(
                "base-url",
                "`\(url.clippedForMessage)` is no base: `https://`, a host and maybe a path without a slash at its end are accepted"
            )
        }
        return path
    }

    func template() throws(DoorProblem) -> TextTemplate {
        let letters = AuthZENDoor.template?.letters.map(\.letter) ?? []
        return try TextTemplate(settings.object ?? AuthZENDoor.template?.defaultText ?? "", letters: String(letters))
    }

    func actions() throws(DoorProblem) -> [(name: String, action: Check.Action)] {
        var actions: [(name: String, action: Check.Action)] = []
        let lists: [(String, Check.Action)] = [
            ("read-actions", .read), ("write-actions", .write), ("create-actions", .create),
        ]
        for (list, action) in lists {
            for name in words(list) {
                if actions.contains(where: { $0.name == name }) {
                    throw problem(list, "the action `\(name.clippedForMessage)` is listed twice")
                }
                actions.append((name, action))
            }
        }
        return actions
    }
}
