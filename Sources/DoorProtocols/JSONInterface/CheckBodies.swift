import AuthCore
import JSONReading

/// `POST /v1/check`
struct CheckBody: JSONBody {
    let session: String
    let item: CheckItem

    static let members = ["session"] + CheckItem.members

    init(_ object: JSONObject) throws(JSONFault) {
        session = try object.text("session")
        item = try CheckItem(object)
    }
}

/// One element of `POST /v1/checks`.
struct CheckItem: JSONBody {
    let action: String
    let object: String
    let fields: [String: String]?
    let contributionID: String?

    static let members = ["action", "object", "fields", "contribution_id"]

    init(_ object: JSONObject) throws(JSONFault) {
        action = try object.text("action")
        self.object = try object.text("object")
        fields = try object.optionalTexts("fields")
        contributionID = try object.optionalText("contribution_id")
    }

    /// Most fields of one check.
    static let maximumFields = 1024

    /// Makes the check. An invalid name is told apart from an invalid request, for names come from strangers.
    func check() throws(RequestRefusal) -> Result<Check, NameError> {
        guard let action = Check.Action(rawValue: action) else {
            throw .bad("the action must be `read`, `write` or `create`")
        }
        let fields = fields ?? [:]
        if fields.count > Self.maximumFields { throw .bad("there are more than \(Self.maximumFields) fields") }
        for (name, value) in fields where name.utf8.contains(0) || value.utf8.contains(0) {
            throw .bad("a field holds a NUL")
        }
        if contributionID?.utf8.contains(0) == true { throw .bad("the contribution id holds a NUL") }
        let sorted = fields.sorted { $0.key < $1.key }.map { Field($0.key, $0.value) }
        do throws(NameError) {
            return .success(
                Check(action, try ObjectName(object), fields: sorted, contributionID: contributionID))
        } catch {
            return .failure(error)
        }
    }
}

/// `POST /v1/checks`
struct ChecksBody: JSONBody {
    let session: String
    let checks: [CheckItem]

    static let members = ["session", "checks"]

    init(_ object: JSONObject) throws(JSONFault) {
        session = try object.text("session")
        checks = try object.needed("checks") { list throws(JSONFault) in
            try list.elements { item throws(JSONFault) in try item.read(CheckItem.self) }
        }
    }
}

struct CheckResult: Encodable, Sendable {
    let verdict: String
    let reason: String
    /// The mapped name, where one is known.
    let object: String?
    let detail: String?
    let attributes: [String: [String]]?
    /// Left out where no question was asked.
    let decisionID: String?

    enum CodingKeys: String, CodingKey {
        case verdict, reason, object, detail, attributes
        case decisionID = "decision_id"
    }

    init(_ answer: Answer) {
        verdict = answer.verdict.rawValue
        reason = answer.reason.told.rawValue
        object = answer.mappedName?.text
        detail = answer.clientText
        attributes = answer.attributesByName
        decisionID = answer.decision.text
    }

    init(_ error: NameError) {
        verdict = Verdict.deny.rawValue
        reason = Reason.invalidName.rawValue
        object = nil
        detail = error.description
        attributes = nil
        decisionID = nil
    }
}

struct ChecksResult: Encodable {
    let answers: [CheckResult]
}
