/// `POST /v1/admin/eject` and `POST /v1/admin/invalidate`: the members of a control request that say which sessions are meant.
struct AdministratorBody: JSONBody {
    static let members = [
        "user", "application", "machine", "address", "door", "session", "object", "all", "count",
    ]

    private let meant: ControlRequest

    init(_ object: JSONObject) throws(JSONFault) { meant = try ControlRequest(.eject, of: object) }

    /// What is asked for, of the sessions that are meant.
    func request(_ action: ControlRequest.Action) -> ControlRequest {
        var request = meant
        request.action = action
        return request
    }
}
