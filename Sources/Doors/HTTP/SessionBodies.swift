import AuthCore

/// `POST /v1/login`
struct LoginBody: StrictBody {
    let user: String
    let password: String
    let applicationID: String?
    let machineID: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case user, password
        case applicationID = "application_id"
        case machineID = "machine_id"
    }
}

struct LoginResult: Encodable {
    let session: String
    let user: String
}

/// `POST /v1/logout`
struct LogoutBody: StrictBody {
    let session: String
    enum CodingKeys: String, CodingKey, CaseIterable { case session }
}

struct LogoutResult: Encodable {
    let verdict: String
    let reason: String
}

/// `POST /v1/map`
struct MapBody: StrictBody {
    let session: String
    let object: String
    enum CodingKeys: String, CodingKey, CaseIterable { case session, object }
}

struct MapResult: Encodable {
    let object: String
}

struct HealthResult: Encodable {
    let status: String
}

struct ReadinessResult: Encodable {
    let ready: Bool
    let detail: String
}
