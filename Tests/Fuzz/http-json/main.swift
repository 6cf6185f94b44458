import AuthCore
import Conversing
import Fuzzing
import JSONReading

@testable import DoorProtocols

/// Reads one input as the body of each endpoint of the HTTP door that takes JSON.
func read(_ bytes: UnsafeRawBufferPointer) {
    if let login = body(LoginBody.self, bytes) {
        precondition(login.password.count <= bytes.count, "a password longer than the text that holds it")
        _ = try? Login(user: login.user, password: login.password, door: "http")
    }
    _ = body(LogoutBody.self, bytes)
    _ = body(MapBody.self, bytes)
    _ = body(CredentialBody.self, bytes)
    _ = body(ObjectRemovalBody.self, bytes)
    if let check = body(CheckBody.self, bytes) { look(check.item) }
    if let batch = body(ChecksBody.self, bytes, within: .large) {
        precondition(batch.checks.count <= JSONBounds.large.values, "more checks than values")
        for item in batch.checks { look(item) }
    }
    if let object = body(ObjectBody.self, bytes, within: .large) { look(object) }
}

func body<Body: JSONBody>(
    _ type: Body.Type, _ bytes: UnsafeRawBufferPointer, within bounds: JSONBounds = .usual
) -> Body? {
    do throws(JSONFault) {
        return try JSONReader.read(bytes, within: bounds, as: "body") { node throws(JSONFault) -> Body in
            try node.read(type)
        }
    } catch {
        expectReadable(error.description)
        return nil
    }
}

/// A module sees at most so many fields, in order, without NUL.
func look(_ item: CheckItem) {
    do throws(RequestRefusal) {
        guard case .success(let check) = try item.check() else { return }
        precondition(check.fields.count <= CheckItem.maximumFields, "too many fields")
        look(check.fields)
    } catch {
        expectReadable(error.detail)
    }
}

func look(_ object: ObjectBody) {
    do throws(RequestRefusal) {
        let content = try object.content()
        look(content.fields)
    } catch {
        expectReadable(error.detail)
    }
}

func look(_ fields: [Field]) {
    for (one, next) in zip(fields, fields.dropFirst()) { precondition(one.name < next.name, "fields out of order") }
    for field in fields {
        precondition(!field.name.utf8.contains(0) && !field.value.utf8.contains(0), "a field holds a NUL")
    }
}

fuzz { data, size in
    read(UnsafeRawBufferPointer(start: data, count: size))
    converse(HTTPDoor.self, Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
