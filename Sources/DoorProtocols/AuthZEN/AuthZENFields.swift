import AuthCore
import JSONReading

/// What the properties of an entity, or the context, become for a module: fields, in the order of their names.
///
/// They are made once and shared by every evaluation that inherits them. Nested objects repeat the names around them in
/// each field, so a few bytes can stand for many: the size counts what a module would get, and is bounded before it is made.
struct AuthZENFields: Sendable, Equatable {
    /// Most fields of one question, that of the action's name among them.
    static let maximumCount = 1024
    /// Most bytes of one question's fields, counted as ``size(_:)`` does.
    static let maximumSize = 64 * 1024
    /// Most bytes of all fields of one request, where those that evaluations share count for each of them.
    static let maximumTotal = 4 * 1024 * 1024
    /// What a field costs besides its texts.
    private static let overhead = 32

    static let none = AuthZENFields()

    private(set) var fields: [Field] = []
    private(set) var size = 0

    private init() {}

    /// Makes fields of a value: the members of objects behind a dot, the elements of lists one by one, and nothing for `null`.
    ///
    /// - Throws: a refusal for a NUL, and with the status 413 for more than the bounds.
    init(_ value: JSONValue, _ name: String) throws(RequestRefusal) {
        var path = [name]
        try add(value, &path, name.utf8.count)
        fields.sort { $0.name < $1.name }
    }

    /// The bytes of a field as they are counted: its texts, and ``overhead``.
    static func size(_ name: Int, _ value: Int) -> Int { name + value + overhead }

    /// Refuses more than one question may hold.
    static func check(_ count: Int, _ size: Int) throws(RequestRefusal) {
        if count > maximumCount {
            throw RequestRefusal(413, "a question has more than \(maximumCount) properties, its action among them")
        }
        if size > maximumSize {
            throw RequestRefusal(
                413, "the properties of a question have more than \(maximumSize) bytes, names included")
        }
    }

    /// - Parameter length: the bytes of the path with its dots, which is only put together for a field.
    private mutating func add(_ value: JSONValue, _ path: inout [String], _ length: Int) throws(RequestRefusal) {
        switch value {
        case .null: break
        case .flag(let flag): try add(flag ? "true" : "false", path, length)
        case .number(let text), .text(let text): try add(text, path, length)
        case .list(let elements): for element in elements { try add(element, &path, length) }
        case .object(let members):
            for (member, value) in members {
                path.append(member)
                try add(value, &path, length + 1 + member.utf8.count)
                path.removeLast()
            }
        }
    }

    private mutating func add(_ value: String, _ path: [String], _ length: Int) throws(RequestRefusal) {
        size += Self.size(length, value.utf8.count)
        // One is the action's name.
        try Self.check(fields.count + 2, size)
        let name = path.joined(separator: ".")
        if name.utf8.contains(0) || value.utf8.contains(0) { throw .bad("a property holds a NUL") }
        fields.append(Field(name, value))
    }
}

/// The entities beside a batch, which stand in for those that an evaluation lacks, with the fields that each becomes.
struct AuthZENDefaults: Sendable {
    let body: JSONValue
    private let fields: [String: Result<AuthZENFields, RequestRefusal>]

    /// Makes the fields of each entity once; one that cannot be read is the refusal of the evaluations that inherit it.
    init(_ body: JSONValue) {
        self.body = body
        fields = Dictionary(
            uniqueKeysWithValues: AuthZENEntity.allCases.map { entity in
                (entity.rawValue, Self.fields(entity, body))
            })
    }

    private static func fields(_ entity: AuthZENEntity, _ body: JSONValue) -> Result<AuthZENFields, RequestRefusal> {
        do throws(RequestRefusal) {
            return .success(try entity.fields(of: body[entity.rawValue]))
        } catch {
            return .failure(error)
        }
    }

    func fields(_ entity: AuthZENEntity) throws(RequestRefusal) -> AuthZENFields {
        try fields[entity.rawValue]?.get() ?? .none
    }
}

/// The parts of a question that have properties, in the order of the names of their fields.
enum AuthZENEntity: String, Sendable, CaseIterable {
    case action, context, resource, subject

    /// The fields of an entity as a request has it; none without one.
    func fields(of value: JSONValue?) throws(RequestRefusal) -> AuthZENFields {
        guard let value, value.isObject else { return .none }
        if self == .context { return try AuthZENFields(value, rawValue) }
        guard let properties = value["properties"] else { return .none }
        guard properties.isObject else { throw .bad("the member `\(rawValue).properties` is not an object") }
        return try AuthZENFields(properties, rawValue)
    }
}
