import JSONReading

/// `POST /v1/credentials` and `POST /v1/credentials/reject`
struct CredentialBody: JSONBody {
    let session: String
    let destination: String

    static let members = ["session", "destination"]

    init(_ object: JSONObject) throws(JSONFault) {
        session = try object.text("session")
        destination = try object.text("destination")
    }
}
