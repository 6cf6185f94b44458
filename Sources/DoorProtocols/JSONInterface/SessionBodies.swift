import AuthCore
import JSONReading

/// `POST /v1/login`
struct LoginBody: JSONBody {
    let user: String
    let password: Secret
    let applicationID: String?
    let machineID: String?

    static let members = ["user", "password", "application_id", "machine_id"]

    init(_ object: JSONObject) throws(JSONFault) {
        user = try object.text("user")
        password = try object.secret("password")
        applicationID = try object.optionalText("application_id")
        machineID = try object.optionalText("machine_id")
    }
}

/// `POST /v1/logout`
struct LogoutBody: JSONBody {
    let session: String

    static let members = ["session"]

    init(_ object: JSONObject) throws(JSONFault) { session = try object.text("session") }
}

struct LogoutResult: Encodable {
    let verdict: String
    let reason: String
    let decisionID: String?

    enum CodingKeys: String, CodingKey {
        case verdict, reason
        case decisionID = "decision_id"
    }
}

/// `POST /v1/map`
struct MapBody: JSONBody {
    let session: String
    let object: String

    static let members = ["session", "object"]

    init(_ object: JSONObject) throws(JSONFault) {
        session = try object.text("session")
        self.object = try object.text("object")
    }
}

struct MapResult: Encodable {
    let object: String
    let decisionID: String?

    enum CodingKeys: String, CodingKey {
        case object
        case decisionID = "decision_id"
    }
}

struct HealthResult: Encodable {
    let status: String
}

struct ReadinessResult: Encodable {
    let ready: Bool
    let detail: String
}
