import AuthCore

/// `PUT /v1/objects`
struct ObjectBody: StrictBody {
    let session: String
    let object: String
    let fields: [String: String]?
    let rows: [String: [String: String]]?

    enum CodingKeys: String, CodingKey, CaseIterable { case session, object, fields, rows }

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
struct ObjectRemovalBody: StrictBody {
    let session: String
    let object: String
    enum CodingKeys: String, CodingKey, CaseIterable { case session, object }
}

/// What is known of objects: whoever may write an object may say what is in it.
extension Endpoints {
    /// Takes the content of an object, under the name that it has after mapping.
    func putObject(_ request: StrictRequest, _ peer: Peer) throws(RequestRefusal) -> Step {
        let body = try JSON.decode(ObjectBody.self, request)
        return try setContent(try body.content(), of: body.object, session: body.session)
    }

    /// Forgets the content of an object.
    func deleteObject(_ request: StrictRequest, _ peer: Peer) throws(RequestRefusal) -> Step {
        let body = try JSON.decode(ObjectRemovalBody.self, request)
        return try setContent(nil, of: body.object, session: body.session)
    }

    private func setContent(
        _ content: ObjectContent?, of object: String, session: String
    ) throws(RequestRefusal) -> Step {
        let name: ObjectName
        do throws(NameError) {
            name = try ObjectName(object)
        } catch {
            throw .bad("\(error)")
        }
        let id = try Self.session(session)
        let check = Check(.write, name, fields: content?.fields ?? [])
        return .ask(.check(id, check)) { [host] answer in
            guard answer.verdict == .allow, let mapped = answer.mappedName else { return .reply(refused(answer)) }
            do throws(ObjectRefusal) {
                try host.setContent(content, of: mapped)
                return .reply(Reply(200, json: MapResult(object: mapped.text)))
            } catch {
                return .reply(Reply(Self.refusal(error)))
            }
        }
    }

    private static func refusal(_ error: ObjectRefusal) -> RequestRefusal {
        switch error {
        case .closed: RequestRefusal(409, "content of objects is not taken: `object-values` is FALSE")
        case .tooLarge(let limit):
            RequestRefusal(413, "the names and values have more than \(limit) bytes (object-size)")
        case .tooMany(let limit): RequestRefusal(507, "there are \(limit) objects with content already (object-limit)")
        }
    }
}
