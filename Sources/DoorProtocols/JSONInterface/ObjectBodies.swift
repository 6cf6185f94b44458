import AuthCore
import JSONReading

/// `PUT /v1/objects`
struct ObjectBody: JSONBody {
    let session: String
    let object: String
    let fields: [String: String]?
    let rows: [String: [String: String]]?

    static let members = ["session", "object", "fields", "rows"]

    init(_ object: JSONObject) throws(JSONFault) {
        session = try object.text("session")
        self.object = try object.text("object")
        fields = try object.optionalTexts("fields")
        rows = try object.optional("rows") { rows throws(JSONFault) in
            try rows.members { row throws(JSONFault) in
                try row.members { field throws(JSONFault) in try field.text() }
            }
        }
    }

    /// Most fields of an object, and of each of its rows.
    static let maximumFields = 1024

    func content() throws(RequestRefusal) -> ObjectContent {
        guard fields != nil || rows != nil else { throw .bad("there are neither `fields` nor `rows`") }
        var read: [String: [Field]] = [:]
        for (key, values) in rows ?? [:] {
            if key.utf8.contains(0) { throw .bad("a key of a row holds a NUL") }
            read[key] = try Self.fields(values)
        }
        if read.count > Self.maximumFields { throw .bad("there are more than \(Self.maximumFields) rows") }
        return ObjectContent(fields: try Self.fields(fields ?? [:]), rows: read)
    }

    private static func fields(_ values: [String: String]) throws(RequestRefusal) -> [Field] {
        if values.count > maximumFields { throw .bad("there are more than \(maximumFields) fields") }
        for (name, value) in values where name.utf8.contains(0) || value.utf8.contains(0) {
            throw .bad("a field holds a NUL")
        }
        return values.sorted { $0.key < $1.key }.map { Field($0.key, $0.value) }
    }
}

/// `DELETE /v1/objects`
struct ObjectRemovalBody: JSONBody {
    let session: String
    let object: String

    static let members = ["session", "object"]

    init(_ object: JSONObject) throws(JSONFault) {
        session = try object.text("session")
        self.object = try object.text("object")
    }
}
