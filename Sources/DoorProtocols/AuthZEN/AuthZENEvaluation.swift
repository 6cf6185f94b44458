import AuthCore
import JSONReading

/// One question of the Authorization API: may the subject do the action with the resource?
struct AuthZENEvaluation: Sendable, Equatable {
    let subjectType: String
    let subject: String
    private(set) var action: String
    let resourceType: String
    let resource: String
    /// What the properties of the entities and the context become, in the order of their names.
    private let parts: [AuthZENFields]

    /// Takes a question out of an item of a batch; entities that it lacks are those beside the batch. An entity stands for
    /// itself as a whole, but for a type, id or name that it lacks.
    ///
    /// - Parameter action: nil to read it.
    /// - Throws: a refusal that names what is missing, of another type, or too much.
    init(_ item: JSONValue, defaults: AuthZENDefaults? = nil, action named: String? = nil) throws(RequestRefusal) {
        guard item.isObject else { throw .bad("an evaluation is not an object") }
        let read = Reader(item: item, defaults: defaults)
        let subject = try read.entity(.subject)
        let resource = try read.entity(.resource)
        subjectType = try read.needed("type", subject, .subject)
        self.subject = try read.needed("id", subject, .subject)
        resourceType = try read.needed("type", resource, .resource)
        self.resource = try read.needed("id", resource, .resource)
        if let named {
            action = named
        } else {
            action = try read.needed("name", try read.entity(.action), .action)
        }
        var parts: [AuthZENFields] = []
        for entity in AuthZENEntity.allCases where entity != .action || named == nil {
            parts.append(try read.fields(entity))
        }
        self.parts = parts
        if action.utf8.contains(0) { throw .bad("the name of the action holds a NUL") }
        try AuthZENFields.check(parts.reduce(1) { $0 + $1.fields.count }, size)
    }

    /// The action's name as `action`, and what the properties and the context say, such as `resource.status`.
    ///
    /// Put together when they are asked about, so that a batch holds those of one question at a time.
    var fields: [Field] { [Field("action", action)] + parts.flatMap(\.fields) }

    /// The bytes of the fields as they are counted, shared or not.
    var size: Int { parts.reduce(AuthZENFields.size("action".utf8.count, action.utf8.count)) { $0 + $1.size } }

    /// The same question about another action.
    func asking(_ action: String) -> AuthZENEvaluation {
        var other = self
        other.action = action
        return other
    }

    private struct Reader {
        let item: JSONValue
        let defaults: AuthZENDefaults?

        func entity(_ entity: AuthZENEntity) throws(RequestRefusal) -> JSONValue {
            let name = entity.rawValue
            guard let value = item[name] ?? defaults?.body[name] else { throw .bad("the member `\(name)` is missing") }
            guard value.isObject else { throw .bad("the member `\(name)` is not an object") }
            return value
        }

        func needed(_ part: String, _ value: JSONValue, _ entity: AuthZENEntity) throws(RequestRefusal) -> String {
            let name = entity.rawValue
            guard let value = value[part] ?? defaults?.body[name]?[part] else {
                throw .bad("the member `\(name).\(part)` is missing")
            }
            guard let text = value.text else { throw .bad("the member `\(name).\(part)` is not text") }
            return text
        }

        func fields(_ entity: AuthZENEntity) throws(RequestRefusal) -> AuthZENFields {
            let own = item[entity.rawValue]
            if entity == .context, let context = own ?? defaults?.body[entity.rawValue], !context.isObject {
                throw .bad("the member `context` is not an object")
            }
            if own == nil, let defaults { return try defaults.fields(entity) }
            return try entity.fields(of: own)
        }
    }
}

extension AuthZENEvaluation {
    /// Writes what stands for a letter of the template in the names of objects.
    func write(_ part: Character, to bytes: inout [UInt8]) {
        switch part {
        case "t": ObjectSegment.write(resourceType.utf8, to: &bytes)
        case "i": ObjectSegment.write(resource.utf8, to: &bytes)
        case "p": writePath(to: &bytes)
        case "a": ObjectSegment.write(action.utf8, to: &bytes)
        default: break
        }
    }

    /// Writes the id of the resource as a path; as ``ObjectSegment``, no longer than it takes to be too long.
    private func writePath(to bytes: inout [UInt8]) {
        let path = resource.utf8.prefix(ObjectName.maximumLength + 1)
        let slash = UInt8(ascii: "/")
        if path.first != slash { bytes.append(slash) }
        bytes += path
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

    /// - Throws: a refusal where the body as a whole is wrong; what is wrong with one of several is the result of that one.
    init(_ body: JSONValue) throws(RequestRefusal) {
        guard body.isObject else { throw .bad("the body is not an object") }
        guard let evaluations = body["evaluations"], evaluations != .list([]) else {
            self = .single(try AuthZENEvaluation(body))
            return
        }
        guard case .list(let items) = evaluations else { throw .bad("the member `evaluations` is no list") }
        if items.count > Self.maximumCount { throw .bad("there are more than \(Self.maximumCount) evaluations") }
        let semantic = try Self.semantic(body)
        self = .several(try Self.evaluations(items, AuthZENDefaults(body)), semantic)
    }

    /// - Throws: a refusal where the evaluations hold too much together; what each of them inherits counts for each.
    private static func evaluations(
        _ items: [JSONValue], _ defaults: AuthZENDefaults
    ) throws(RequestRefusal) -> [Result<AuthZENEvaluation, RequestRefusal>] {
        var results: [Result<AuthZENEvaluation, RequestRefusal>] = []
        var total = 0
        for item in items {
            do throws(RequestRefusal) {
                let evaluation = try AuthZENEvaluation(item, defaults: defaults)
                total += evaluation.size
                results.append(.success(evaluation))
            } catch {
                results.append(.failure(error))
            }
            if total > AuthZENFields.maximumTotal {
                throw RequestRefusal(
                    413,
                    "the properties of the evaluations have more than \(AuthZENFields.maximumTotal) bytes, those that they "
                        + "inherit counted for each")
            }
        }
        return results
    }

    private static func semantic(_ body: JSONValue) throws(RequestRefusal) -> Semantic {
        guard let options = body["options"] else { return .all }
        guard options.isObject else { throw .bad("the member `options` is not an object") }
        guard let word = options["evaluations_semantic"] else { return .all }
        guard let semantic = word.text.flatMap(Semantic.init(rawValue:)) else {
            let known = Semantic.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw .bad("the member `options.evaluations_semantic` is not one of \(known)")
        }
        return semantic
    }
}
