/// `POST /v1/admin/eject` and `POST /v1/admin/invalidate`: as on the control socket.
struct AdministratorBody: JSONBody {
    let user, application, machine, address, door, session, object: String?
    let all: Bool?
    let count: Int?

    static let members = [
        "user", "application", "machine", "address", "door", "session", "object", "all", "count",
    ]

    init(_ object: JSONObject) throws(JSONFault) {
        user = try object.optionalText("user")
        application = try object.optionalText("application")
        machine = try object.optionalText("machine")
        address = try object.optionalText("address")
        door = try object.optionalText("door")
        session = try object.optionalText("session")
        self.object = try object.optionalText("object")
        all = try object.optionalFlag("all")
        count = try object.optionalInteger("count")
    }

    func request(_ action: ControlRequest.Action) -> ControlRequest {
        var request = ControlRequest(action)
        (request.user, request.application, request.machine) = (user, application, machine)
        (request.address, request.door, request.session) = (address, door, session)
        (request.object, request.all, request.count) = (object, all, count)
        return request
    }
}
