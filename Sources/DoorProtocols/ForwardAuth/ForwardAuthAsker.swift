import AuthCore

/// The proxy that asks, and what it tells of its own client.
struct ForwardAuthAsker: Sendable {
    let host: any QuestionAnswering
    let peer: DoorPeer
    /// Finds the address of the client behind the proxy, in the way of the door.
    private let findAddress: @Sendable (DoorPeer, StrictRequest) throws(RequestRefusal) -> String

    init(
        host: any QuestionAnswering, peer: DoorPeer,
        address: @escaping @Sendable (DoorPeer, StrictRequest) throws(RequestRefusal) -> String
    ) {
        self.host = host
        self.peer = peer
        findAddress = address
    }

    /// The address of the client behind the proxy.
    func address(_ request: StrictRequest) throws(RequestRefusal) -> String { try findAddress(peer, request) }

    /// What modules that read it are told.
    ///
    /// - Parameter forwarded: the request that the proxy holds back; nil for one of the door's own pages.
    func attributes(_ request: StrictRequest, _ forwarded: ForwardedRequest?) throws(RequestRefusal) -> [Field] {
        try host.attributes(of: peer) { (attributes) throws(RequestRefusal) in
            if let forwarded {
                attributes.add(.forwardedMethod, forwarded.method)
                attributes.add(.forwardedHost, forwarded.host)
            }
            attributes.add(.forwardedAddress, try address(request))
            attributes.addTrace(of: request)
        }
    }
}

extension DoorPeer {
    /// The address of the client behind a proxy, as the proxy names it in `X-Forwarded-For`; its own where it names none.
    func forwardedAddress(_ request: StrictRequest) throws(RequestRefusal) -> String {
        guard let bytes = try request.head.forwardedFor(request.span) else { return address }
        let text = String(decoding: bytes, as: UTF8.self)
        guard DoorPeer.bytes(ofAddress: text) != nil else {
            throw .bad("`\(FieldName.forwardedFor.text)` does not end with an address")
        }
        return text
    }
}
