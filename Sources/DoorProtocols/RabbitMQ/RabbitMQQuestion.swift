import AuthCore

/// What RabbitMQ's `rabbitmq_auth_backend_http` asks, read from a form (its README, and what brokers of 3.10 to 4 send).
struct RabbitMQQuestion: Sendable {
    /// The four paths of the plugin.
    enum Kind: String, Sendable, CaseIterable {
        case user, vhost, resource, topic
    }

    enum Subject: Sendable {
        /// May the user log in? Without a password the broker has authenticated the user itself, by a certificate.
        case user(password: Secret?)
        case object(RabbitMQObject, Check.Action)
    }

    /// Most fields of a form: brokers add properties of the connection to those that are documented.
    static let maximumFields = 64

    let user: String
    /// Of an MQTT client; empty for none.
    let clientID: String
    /// Of the client, as the broker sees it; empty where it does not say.
    let address: String
    let subject: Subject
    /// The virtual host, where the broker names one.
    let virtualHost: [UInt8]

    /// Reads a form. What it holds besides is passed over: brokers add to it.
    ///
    /// - Throws: a refusal for a form that is not valid, that lacks something, or that holds an unknown word.
    init(_ kind: Kind, _ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestRefusal) {
        let form = try FormFields(bytes, range, maximum: Self.maximumFields)
        user = try Self.text("username", try Self.needed("username", form))
        clientID = try Self.text("client_id", form["client_id"] ?? form["variable_map.client_id"] ?? [])
        address = String(validating: form["ip"] ?? [], as: UTF8.self) ?? ""
        virtualHost = form["vhost"] ?? []
        if kind == .user {
            subject = .user(password: form.secret("password"))
            return
        }
        let vhost = try Self.needed("vhost", form)
        switch kind {
        case .user, .vhost: subject = .object(RabbitMQObject(vhost: vhost, kind: .vhost), .read)
        case .resource, .topic:
            guard let resource = RabbitMQObject.Kind(rawValue: Self.word(try Self.needed("resource", form))),
                resource != .vhost
            else { throw .bad("the `resource` must be `exchange`, `queue` or `topic`") }
            guard let action = Self.actions[Self.word(try Self.needed("permission", form))] else {
                throw .bad("the `permission` must be `configure`, `write` or `read`")
            }
            let key = kind == .topic ? try Self.needed("routing_key", form) : nil
            let name = try Self.needed("name", form)
            subject = .object(RabbitMQObject(vhost: vhost, kind: resource, name: name, routingKey: key), action)
        }
    }

    private static let actions: [String: Check.Action] = ["configure": .create, "write": .write, "read": .read]

    private static func word(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func needed(_ name: String, _ form: FormFields) throws(RequestRefusal) -> [UInt8] {
        guard let value = form[name] else { throw .bad("the form has no `\(name)`") }
        return value
    }

    private static func text(_ name: String, _ bytes: [UInt8]) throws(RequestRefusal) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .bad("the `\(name)` is not UTF-8") }
        return text
    }
}

/// What a broker asks about: a virtual host, or something in one.
struct RabbitMQObject: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case vhost, exchange, queue, topic
    }

    let vhost: [UInt8]
    let kind: Kind
    /// Of the queue or exchange; nil for a virtual host.
    var name: [UInt8]?
    /// Of what is published or, with `*` and `#`, of what is bound; nil but for topics.
    var routingKey: [UInt8]?

    /// Writes what stands for a letter of the template in the names of objects.
    func write(_ part: Character, to bytes: inout [UInt8]) {
        switch part {
        case "v": ObjectSegment.write(vhost, to: &bytes)
        case "k": bytes += kind.rawValue.utf8
        case "n": writeOwnSegment(name, to: &bytes)
        case "r": writeOwnSegment(routingKey, to: &bytes)
        case "w": bytes += words
        default: break
        }
    }

    /// Writes a segment behind a slash, where there is one.
    private func writeOwnSegment(_ segment: [UInt8]?, to bytes: inout [UInt8]) {
        guard let segment else { return }
        bytes.append(UInt8(ascii: "/"))
        ObjectSegment.write(segment, to: &bytes)
    }

    /// Whether the routing key is a pattern that stands for others, as keys of bindings may be.
    var hasWildcard: Bool {
        routingKey?.split(separator: UInt8(ascii: ".")).contains { word in
            word.elementsEqual("*".utf8) || word.elementsEqual("#".utf8)
        } ?? false
    }

    /// The words of the routing key, each behind a slash.
    private var words: [UInt8] {
        // A slash makes each word longer, so a name that is left out would be too long.
        guard let routingKey = routingKey?.prefix(ObjectName.maximumLength + 1) else { return [] }
        let words = routingKey.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return words.flatMap { [UInt8(ascii: "/")] + ObjectSegment.encoded($0) }
    }
}
