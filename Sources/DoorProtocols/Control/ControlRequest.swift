/// What an operator asks over the control socket: one JSON object on one line.
public struct ControlRequest: Encodable, Sendable {
    /// What is to be done.
    public enum Action: String, Encodable, Sendable, CaseIterable {
        case sessions, eject, invalidate, status, events, credential, reject, destinations, modules, swap, rollback
    }

    /// What is asked for.
    public var action: Action
    /// Which sessions: those that have every property that is given.
    public var user: String?
    /// Of the sessions that are meant: their application id.
    public var application: String?
    /// Their machine id.
    public var machine: String?
    /// Their address.
    public var address: String?
    /// The door that they came in by.
    public var door: String?
    /// The first digits of a session's id, 4...32.
    public var session: String?
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
    /// Of `credential` and `reject`: the server that the client is to be shown to, `protocol://host[:port]`. Where it is none
    /// of the destination's, nothing is given and nothing is rejected.
    public var server: String?
    /// Of `reject`: the secret that was refused; another one that is kept meanwhile stays.
    public var secret: String?

    /// Of `swap`: the module; nil for the configured one.
    public var module: String?

    /// Makes a request that names nothing.
    public init(_ action: Action) { self.action = action }
}

extension ControlRequest: JSONBody {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case action = "do"
        case user, application, machine, address, door, session, object, all, count, offset, limit, since, follow
        case destination, server, secret, module, cluster
    }

    static var members: [String] { CodingKeys.allCases.map(\.rawValue) }

    init(_ object: JSONObject) throws(JSONFault) {
        let action = try object.needed(CodingKeys.action.rawValue) { node throws(JSONFault) in
            let text = try node.text()
            if let action = Action(rawValue: text) { return action }
            let known = Action.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw JSONFault(description: "the member `\(node.place)` takes one of \(known)")
        }
        try self.init(action, of: object)
    }

    /// Reads every member but the action.
    init(_ action: Action, of object: JSONObject) throws(JSONFault) {
        self.action = action
        user = try object.optionalText("user")
        application = try object.optionalText("application")
        machine = try object.optionalText("machine")
        address = try object.optionalText("address")
        door = try object.optionalText("door")
        session = try object.optionalText("session")
        self.object = try object.optionalText("object")
        all = try object.optionalFlag("all")
        count = try object.optionalInteger("count")
        offset = try object.optionalInteger("offset")
        limit = try object.optionalInteger("limit")
        since = try object.optionalInteger("since")
        follow = try object.optionalFlag("follow")
        destination = try object.optionalText("destination")
        server = try object.optionalText("server")
        secret = try object.optionalText("secret")
        module = try object.optionalText("module")
        cluster = try object.optionalFlag("cluster")
    }
}
