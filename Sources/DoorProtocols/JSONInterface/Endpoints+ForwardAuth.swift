import AuthCore

/// `/auth`: the question of nginx's `auth_request`.
extension Endpoints {
    func forwardAuth(_ request: StrictRequest, _ peer: DoorPeer) throws(RequestRefusal) -> Step {
        try forwardAuthHandler.answer(.nginx, request) { () throws(RequestRefusal) in try peer.clientAddress(request) }
    }
}
