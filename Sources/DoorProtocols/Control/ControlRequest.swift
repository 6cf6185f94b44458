import AuthCore
import JSONReading

/// What an operator asks over the control socket: one JSON object on one line.
public struct ControlRequest: Sendable {
    /// What is to be done.
    public enum Action: String, Encodable, Sendable, CaseIterable {
        case sessions, eject, invalidate, status, events, credential, reject, destinations, modules, swap, rollback,
            release, decision, penalties, clear, metrics, shadow, promote
        case takeOver = "take-over"
    }

    /// Who asks, as the audit log has it.
    public struct Asker: Sendable {
        /// `uid:` and a number at the control socket, the user's name over HTTP.
        public let name: String
        /// `control` or `http`.
        public let door: String

        /// Names who asks.
        public init(_ name: String, door: String) { (self.name, self.door) = (name, door) }
    }

    /// Who asks; known from the connection, and no member of the request.
    public var asker: Asker?
    /// What is asked for.
    public var action: Action
    /// Of `sessions`, `eject` and `invalidate`: which sessions.
    public var filter = SessionFilter()
    /// Of `invalidate`: an object's name.
    public var object: String?
    /// Of `eject` and `invalidate`: everything, where no filter is given.
    public var all: Bool?
    /// Of `eject`: how many at most, the oldest first; -1 for all.
    public var count: Int?
    /// Of `sessions`: how many are left out at the front.
    public var offset: Int?
    /// Of `sessions`: how many are told at most, 1...1000.
    public var limit: Int?
    /// Of `sessions`, `eject` and `invalidate`: on all hosts of the cluster.
    public var cluster: Bool?
    /// Of `events`: how many of the latest lines come first, 0...1024.
    public var since: Int?
    /// Of `events`: whether lines follow as they are written.
    public var follow: Bool?
    /// Of `credential` and `reject`: a destination's name.
    public var destination: String?
    /// Of `credential` and `reject`: the server that the client is to be shown to, `protocol://host[:port]`. A server that
    /// is not the destination's is given nothing, and nothing is rejected.
    public var server: String?
    /// Of `reject`: the secret that was refused; a newer one that is kept by now stays.
    public var secret: String?

    /// Of `swap`: the module; nil for the configured one.
    public var module: String?

    /// Of `decision`: its id, 32 digits.
    public var decision: String?

    /// Of `take-over`: the newest version of what follows that the asking process speaks.
    public var version: Int?

    /// Makes a request that names nothing.
    public init(_ action: Action) { self.action = action }
}

/// The members by their names: the one table from which a request is read and written.
extension ControlRequest {
    private typealias Path<Value> = any WritableKeyPath<ControlRequest, Value?> & Sendable

    private static let action = "do"
    private static let texts: [(name: String, path: Path<String>)] = [
        ("object", \.object), ("destination", \.destination), ("server", \.server), ("secret", \.secret),
        ("module", \.module), ("decision", \.decision),
    ]
    private static let numbers: [(name: String, path: Path<Int>)] = [
        ("count", \.count), ("offset", \.offset), ("limit", \.limit), ("since", \.since),
        ("protocol", \.version),
    ]
    private static let flags: [(name: String, path: Path<Bool>)] = [
        ("all", \.all), ("follow", \.follow), ("cluster", \.cluster),
    ]
}

extension ControlRequest: JSONBody {
    static let members =
        [action] + SessionFilter.members.map(\.name) + texts.map(\.name) + numbers.map(\.name) + flags.map(\.name)

    init(_ object: JSONObject) throws(JSONFault) {
        action = try object.needed(Self.action) { node throws(JSONFault) in
            let text = try node.text()
            if let action = Action(rawValue: text) { return action }
            let known = Action.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw JSONFault(description: "the member `\(node.place)` takes one of \(known)")
        }
        filter = try SessionFilter(object)
        for (name, path) in Self.texts { self[keyPath: path] = try object.optionalText(name) }
        for (name, path) in Self.numbers { self[keyPath: path] = try object.optionalInteger(name) }
        for (name, path) in Self.flags { self[keyPath: path] = try object.optionalFlag(name) }
    }
}

extension SessionFilter {
    /// Reads the members of an object that say which sessions are meant.
    init(_ object: JSONObject) throws(JSONFault) {
        self.init()
        for member in Self.members { self[keyPath: member.path] = try object.optionalText(member.name) }
    }
}

extension ControlRequest: Encodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Writes an object of the members that are set.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        func write(_ value: (some Encodable)?, _ name: String) throws {
            try object.encodeIfPresent(value, forKey: Key(stringValue: name))
        }
        try write(action, Self.action)
        for (name, value) in filter.given { try write(value, name) }
        for (name, path) in Self.texts { try write(self[keyPath: path], name) }
        for (name, path) in Self.numbers { try write(self[keyPath: path], name) }
        for (name, path) in Self.flags { try write(self[keyPath: path], name) }
    }
}
