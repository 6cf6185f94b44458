import AuthCore

/// The proxies whose questions are understood. Each asks at a path of its own, so that no field that its client has sent makes
/// one pass for another.
enum ForwardingProxy: String, Sendable, CaseIterable {
    case nginx, caddy, traefik, envoy

    var path: String { "/\(rawValue)" }

    /// The proxy that asks at a path; nil for none. Envoy puts the path of the request that it holds back behind its own.
    static func asking(at path: Range<Int>, _ bytes: Span<UInt8>) -> ForwardingProxy? {
        for proxy in allCases where proxy != .envoy && RequestLine.equals(bytes, path, proxy.path) { return proxy }
        let end = path.lowerBound + ForwardingProxy.envoy.path.utf8.count
        let isEnvoy =
            end < path.upperBound && bytes[end] == UInt8(ascii: "/")
            && RequestLine.equals(bytes, path.lowerBound..<end, ForwardingProxy.envoy.path)
        return isEnvoy ? .envoy : nil
    }
}

/// What the proxy says about the request it holds back.
struct ForwardedRequest: Sendable {
    /// The path and the query, as the client sent them; nil for what is no target, about which no question is asked.
    let target: ForwardedTarget?
    let method: [UInt8]
    /// May have a port; empty where no host was named.
    let host: [UInt8]

    /// Reads what a proxy sends: nginx what its configuration sets, Caddy and Traefik `X-Forwarded-…`, and Envoy the request
    /// line itself, with a path before it.
    ///
    /// - Throws: a refusal where a field is missing or there twice: the proxy is not set up as it must be.
    init(_ proxy: ForwardingProxy, _ head: RequestHead, _ bytes: Span<UInt8>) throws(RequestRefusal) {
        switch proxy {
        case .nginx:
            target = ForwardedTarget(try Self.needed(.originalURI, head, bytes))
            method = try Self.needed(.originalMethod, head, bytes)
            host = bytes.copied(try head.field(.host, in: bytes) ?? 0..<0)
        case .caddy, .traefik:
            target = ForwardedTarget(try Self.needed(.forwardedURI, head, bytes))
            method = try Self.needed(.forwardedMethod, head, bytes)
            // Caddy leaves it out where it listens at a unix socket, and always keeps the client's `Host`.
            var named = try head.field(.forwardedHost, in: bytes)
            if named == nil, proxy == .caddy { named = try head.field(.host, in: bytes) }
            guard let named else { throw .bad("the field `\(FieldName.forwardedHost.text)` is missing") }
            host = bytes.copied(named)
            guard host.allSatisfy({ RequestGrammar.isHost[Int($0)] }) else {
                throw .bad("the field `\(FieldName.forwardedHost.text)` is not a host")
            }
        case .envoy:
            let start = head.path.lowerBound + proxy.path.utf8.count
            target = ForwardedTarget(bytes.copied(start..<max(head.path.upperBound, head.query.upperBound)))
            method = Array(head.method.rawValue.utf8)
            host = bytes.copied(try head.field(.host, in: bytes) ?? 0..<0)
        }
    }

    private static func needed(
        _ name: FieldName, _ head: RequestHead, _ bytes: Span<UInt8>
    ) throws(RequestRefusal) -> [UInt8] {
        guard let range = try head.field(name, in: bytes) else { throw .bad("the field `\(name.text)` is missing") }
        return bytes.copied(range)
    }

    /// Reading is what the safe methods of RFC 9110, section 9.2.1 do, but TRACE; everything else is writing.
    var action: Check.Action {
        let safe = ["GET", "HEAD", "OPTIONS"]
        return safe.contains { method.elementsEqual($0.utf8) } ? .read : .write
    }

    /// Whether a page in place of the requested one is of any use, as it is to a browser that navigates.
    var mayShowPage: Bool { ["GET", "HEAD"].contains { method.elementsEqual($0.utf8) } }

    /// The host without its port and the dot of the root; an IPv6 address keeps its brackets.
    private var hostName: [UInt8] {
        var name = host[...]
        if name.last != UInt8(ascii: "]"), let colon = name.lastIndex(of: UInt8(ascii: ":")) { name = name[..<colon] }
        if name.last == UInt8(ascii: ".") { name = name.dropLast() }
        return Array(name)
    }

    /// The question, nil where what was requested has no name that a module may see.
    func check(_ template: ObjectTemplate) -> Check? {
        guard let path = target?.path, method.allSatisfy({ RequestGrammar.isToken[Int($0)] }), !method.isEmpty,
            let name = try? template.name(path: path, method: method, host: hostName)
        else { return nil }
        return Check(action, name)
    }
}

extension RequestHead {
    /// The last address of `X-Forwarded-For`: the one that the proxy itself has seen. Those before it are whatever the
    /// client says. Nil without the field, and for what proxies write that listen at a unix socket themselves.
    func forwardedFor(_ bytes: Span<UInt8>) throws(RequestRefusal) -> [UInt8]? {
        guard let value = try field(.forwardedFor, in: bytes) else { return nil }
        var start = value.upperBound
        while start > value.lowerBound, bytes[start - 1] != UInt8(ascii: ","), bytes[start - 1] != RequestGrammar.space
        {
            start -= 1
        }
        let last = bytes.copied(start..<value.upperBound)
        return ["unix:", "@", "unknown"].contains { last.elementsEqual($0.utf8) } ? nil : last
    }

    /// Whether the client takes HTML, as browsers say when they navigate.
    func acceptsHTML(_ bytes: Span<UInt8>) -> Bool {
        for field in fields where FieldName.accept.matches(bytes, field.name) {
            var start = field.value.lowerBound
            while start + Self.html.text.utf8.count <= field.value.upperBound {
                if Self.html.matches(bytes, start..<start + Self.html.text.utf8.count) { return true }
                start += 1
            }
        }
        return false
    }

    private static let html = FieldName("text/html")
}

extension Span<UInt8> {
    /// The bytes of a range, which must lie within.
    func copied(_ range: Range<Int>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count)
        for index in range { copy.append(self[index]) }
        return copy
    }
}

extension FieldName {
    static let accept = FieldName("accept")
    static let forwardedFor = FieldName("x-forwarded-for")
    static let forwardedHost = FieldName("x-forwarded-host")
    static let forwardedMethod = FieldName("x-forwarded-method")
    static let forwardedProto = FieldName("x-forwarded-proto")
    static let forwardedURI = FieldName("x-forwarded-uri")
}

extension StrictRequestReader.Limits {
    /// A target of 8 KiB, which is what proxies take of their clients, is three times as long where it is encoded: behind Envoy's
    /// prefix, in a field, and in the query of the log-in page.
    static let forwarded = StrictRequestReader.Limits(
        requestLine: 32 * 1024, fieldSection: 48 * 1024, targets: .forwarded)
}
