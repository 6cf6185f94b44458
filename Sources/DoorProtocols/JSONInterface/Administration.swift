import AuthCore

/// A part of `/v1/admin` that is served to the administrators that the module lets in.
public struct AdministratorRealm: Sendable {
    /// `/v1/admin`, or a path below it.
    public let path: String
    /// What browsers show when they ask for a password.
    public let realm: String

    /// Serves a path below `/v1/admin`, under a realm.
    public init(path: String, realm: String) {
        self.path = path
        self.realm = realm
    }

    func covers(_ path: String) -> Bool { path == self.path || path.hasPrefix(self.path + "/") }
}

/// The running host as an administrator's requests see it: less than the control socket shows.
public protocol OperatorAnswering: Sendable {
    /// Asks the module whether a user may send a request; `object` is what a module that knows of no HTTP is asked about.
    func permits(_ request: RealmRequest, session: SessionID, object: ObjectName) -> Outcome

    /// Answers everything but `events` for an administrator. May take a while; never called on an event loop.
    func answer(_ request: ControlRequest, for administrator: String) -> ControlReply

    /// Has all hosts of the cluster answer: calls `done` once, on any thread.
    func answer(
        ofCluster request: ControlRequest, for administrator: String,
        _ done: @escaping @Sendable (ControlReply) -> Void)

    /// The number of the next line of the event log.
    var nextEvent: UInt64 { get }

    /// Returns lines of the event log from a number on, and how many of those asked for are gone.
    func events(from start: UInt64, limit: Int) -> (lines: [String], next: UInt64, missed: UInt64)
}

/// What administrators reach through the HTTP door.
struct Administration: Sendable {
    static let root = "/v1/admin"
    /// The most specific first.
    private let directories: [AdministratorRealm]
    let operators: any OperatorAnswering

    /// nil without an HTTP realm.
    init?(_ directories: [AdministratorRealm], _ operators: any OperatorAnswering) {
        if directories.isEmpty { return nil }
        self.directories = directories.sorted { $0.path.utf8.count > $1.path.utf8.count }
        self.operators = operators
    }

    func directory(of path: String) -> AdministratorRealm? { directories.first { $0.covers(path) } }
}

/// What an administrator wants, before it is known whether the module lets them.
struct AdministratorErrand: Sendable {
    /// How it is done: here, or at all hosts of the cluster.
    enum Way: Sendable {
        case here(@Sendable (any OperatorAnswering, _ user: String) -> ControlReply)
        case everywhere(ControlRequest)
    }

    let way: Way

    /// One question like those of the control socket.
    init(_ request: ControlRequest) {
        way = request.cluster == true ? .everywhere(request) : .here { $0.answer(request, for: $1) }
    }

    /// Lines of the event log, from a number on or the latest.
    init(eventsFrom start: UInt64?, limit: Int) {
        way = .here { operators, _ in
            let next = operators.nextEvent
            var first = start ?? (next - min(next, UInt64(limit)))
            // The log begins with the lines that are kept; older ones were not lost.
            if start == nil { first += operators.events(from: first, limit: 0).missed }
            let found = operators.events(from: first, limit: limit)
            var reply = ControlReply()
            reply.events = found.lines
            reply.next = found.next
            if found.missed > 0 { reply.missed = found.missed }
            return reply
        }
    }
}

/// The query of an administrator's GET: each name at most once, values percent-encoded UTF-8.
struct AdministratorQuery {
    private let values: [String: String]

    init(_ request: StrictRequest, names: [String]) throws(RequestRefusal) {
        let span = request.span
        var values: [String: String] = [:]
        var start = request.head.query.lowerBound
        while start < request.head.query.upperBound {
            var end = start
            while end < request.head.query.upperBound, span[end] != UInt8(ascii: "&") { end += 1 }
            var equals = start
            while equals < end, span[equals] != UInt8(ascii: "=") { equals += 1 }
            guard let name = names.first(where: { RequestLine.equals(span, start..<equals, $0) }), values[name] == nil
            else {
                throw .bad("the query takes each of \(names.joined(separator: ", ")) at most once, and nothing else")
            }
            values[name] = try Self.value(span, min(equals + 1, end)..<end, name)
            start = end + 1
        }
        self.values = values
    }

    private static func value(
        _ span: Span<UInt8>, _ range: Range<Int>, _ name: String
    ) throws(RequestRefusal) -> String {
        for index in range where span[index] == UInt8(ascii: "+") {
            throw .bad("`\(name)` holds a plus; write `%2B` for a plus and `%20` for a space")
        }
        guard let bytes = PercentEncoding.decode(span, range), let text = String(validating: bytes, as: UTF8.self)
        else { throw .bad("`\(name)` is not percent-encoded UTF-8") }
        return text
    }

    subscript(_ name: String) -> String? { values[name] }

    func flag(_ name: String) throws(RequestRefusal) -> Bool? {
        switch values[name] {
        case nil: nil
        case "true": true
        case "false": false
        default: throw .bad("`\(name)` takes `true` or `false`")
        }
    }

    func number(_ name: String) throws(RequestRefusal) -> UInt64? {
        guard let text = values[name] else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(text), number <= UInt64(Int.max)
        else { throw .bad("`\(name)` takes a number in decimal digits") }
        return number
    }
}
