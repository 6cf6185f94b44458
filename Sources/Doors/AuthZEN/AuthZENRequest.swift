import AuthCore

/// One question of the Authorization API: may the subject do the action with the resource?
struct AuthZENEvaluation: Sendable, Equatable {
    let subjectType: String
    let subject: String
    let action: String
    let resourceType: String
    let resource: String
    /// The action's name as `action`, and what the properties and the context say, such as `resource.status`.
    let fields: [Field]

    /// Most properties of one question.
    static let maximumFields = 1024

    /// Takes a question out of an item of a batch, where entities that it lacks are those beside the batch. An entity stands for
    /// itself as a whole, but for a type, id or name that it lacks.
    ///
    /// - Parameter action: nil to read it.
    /// - Throws: a refusal that names what is missing or of another type.
    init(_ item: JSONValue, defaults: JSONValue? = nil, action named: String? = nil) throws(RequestRefusal) {
        guard item.isObject else { throw .bad("an evaluation is no object") }
        let read = Reader(item: item, defaults: defaults)
        let subject = try read.entity("subject")
        let resource = try read.entity("resource")
        subjectType = try read.needed("type", subject, "subject")
        self.subject = try read.needed("id", subject, "subject")
        resourceType = try read.needed("type", resource, "resource")
        self.resource = try read.needed("id", resource, "resource")
        var fields: [Field] = []
        if let named {
            action = named
        } else {
            let entity = try read.entity("action")
            action = try read.needed("name", entity, "action")
            try Self.add(try read.properties(entity, "action"), "action", &fields)
        }
        try Self.add(try read.properties(subject, "subject"), "subject", &fields)
        try Self.add(try read.properties(resource, "resource"), "resource", &fields)
        try Self.add(try read.context(), "context", &fields)
        if action.utf8.contains(0) { throw .bad("the name of the action holds a NUL") }
        self.fields = [Field("action", action)] + fields.sorted { $0.name < $1.name }
    }

    /// Adds a value as fields: the members of objects behind a dot, the elements of lists one by one, and nothing for `null`.
    private static func add(_ value: JSONValue, _ name: String, _ fields: inout [Field]) throws(RequestRefusal) {
        switch value {
        case .null: break
        case .flag(let flag): try add(flag ? "true" : "false", name, &fields)
        case .number(let text), .text(let text): try add(text, name, &fields)
        case .list(let elements): for element in elements { try add(element, name, &fields) }
        case .object(let members): for (member, value) in members { try add(value, "\(name).\(member)", &fields) }
        }
    }

    private static func add(_ value: String, _ name: String, _ fields: inout [Field]) throws(RequestRefusal) {
        if fields.count + 1 >= maximumFields { throw .bad("there are \(maximumFields) properties or more") }
        if name.utf8.contains(0) || value.utf8.contains(0) { throw .bad("a property holds a NUL") }
        fields.append(Field(name, value))
    }

    private struct Reader {
        let item: JSONValue
        let defaults: JSONValue?

        func entity(_ name: String) throws(RequestRefusal) -> JSONValue {
            guard let entity = item[name] ?? defaults?[name] else { throw .bad("the member `\(name)` is missing") }
            guard entity.isObject else { throw .bad("the member `\(name)` is no object") }
            return entity
        }

        func needed(_ part: String, _ entity: JSONValue, _ name: String) throws(RequestRefusal) -> String {
            guard let value = entity[part] ?? defaults?[name]?[part] else {
                throw .bad("the member `\(name).\(part)` is missing")
            }
            guard let text = value.text else { throw .bad("the member `\(name).\(part)` is no text") }
            return text
        }

        func properties(_ entity: JSONValue, _ name: String) throws(RequestRefusal) -> JSONValue {
            guard let properties = entity["properties"] else { return .null }
            guard properties.isObject else { throw .bad("the member `\(name).properties` is no object") }
            return properties
        }

        func context() throws(RequestRefusal) -> JSONValue {
            guard let context = item["context"] ?? defaults?["context"] else { return .null }
            guard context.isObject else { throw .bad("the member `context` is no object") }
            return context
        }
    }
}

extension AuthZENEvaluation {
    /// What stands for a letter of the template in the names of objects.
    func part(_ letter: Character) -> ArraySlice<UInt8> {
        switch letter {
        case "t": ObjectSegment.encoded(Array(resourceType.utf8)[...])[...]
        case "i": ObjectSegment.encoded(Array(resource.utf8)[...])[...]
        case "p": Array((resource.hasPrefix("/") ? resource : "/" + resource).utf8)[...]
        case "a": ObjectSegment.encoded(Array(action.utf8)[...])[...]
        default: []
        }
    }
}

/// The body of `POST /access/v1/evaluations`.
enum AuthZENBatch: Sendable {
    /// When the rest of a batch need not be evaluated.
    enum Semantic: String, Sendable, CaseIterable {
        case all = "execute_all"
        case firstDeny = "deny_on_first_deny"
        case firstPermit = "permit_on_first_permit"

        func ends(with decision: Bool) -> Bool {
            switch self {
            case .all: false
            case .firstDeny: !decision
            case .firstPermit: decision
            }
        }
    }

    /// Without `evaluations`, or with none of them, it is one question.
    case single(AuthZENEvaluation)
    case several([Result<AuthZENEvaluation, RequestRefusal>], Semantic)

    static let maximumCount = 1_000

    /// - Throws: a refusal where the body as a whole cannot be; what is wrong with one of several is that one's result.
    init(_ body: JSONValue) throws(RequestRefusal) {
        guard body.isObject else { throw .bad("the body is no object") }
        guard let evaluations = body["evaluations"], evaluations != .list([]) else {
            self = .single(try AuthZENEvaluation(body))
            return
        }
        guard case .list(let items) = evaluations else { throw .bad("the member `evaluations` is no list") }
        if items.count > Self.maximumCount { throw .bad("there are more than \(Self.maximumCount) evaluations") }
        let semantic = try Self.semantic(body)
        self = .several(
            items.map { item in
                do throws(RequestRefusal) {
                    return .success(try AuthZENEvaluation(item, defaults: body))
                } catch {
                    return .failure(error)
                }
            }, semantic)
    }

    private static func semantic(_ body: JSONValue) throws(RequestRefusal) -> Semantic {
        guard let options = body["options"] else { return .all }
        guard options.isObject else { throw .bad("the member `options` is no object") }
        guard let word = options["evaluations_semantic"] else { return .all }
        guard let semantic = word.text.flatMap(Semantic.init(rawValue:)) else {
            let known = Semantic.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw .bad("the member `options.evaluations_semantic` is none of \(known)")
        }
        return semantic
    }
}
