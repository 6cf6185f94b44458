import AuthCore

/// `/auth`: the question of nginx's `auth_request`.
extension Endpoints {
    func forwardAuth(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        let asker = ForwardAuthAsker(host: host, peer: peer) { peer, request throws(RequestRefusal) in
            try peer.clientAddress(request)
        }
        return try forwardAuthHandler.answer(.nginx, request, asker)
    }
}
