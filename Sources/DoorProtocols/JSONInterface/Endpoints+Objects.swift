import AuthCore
import JSONReading

/// What is known of objects: a client that may write an object may say what is in it.
extension Endpoints {
    /// Takes the content of an object, under the name that it has after mapping.
    func putObject(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        let body = try JSON.decode(ObjectBody.self, request, within: .large)
        return try setContent(try body.content(), of: body.object, session: body.session)
    }

    /// Forgets the content of an object.
    func deleteObject(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
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
                return .reply(
                    Reply(200, json: MapResult(object: mapped.text, decisionID: answer.decision.text)))
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
