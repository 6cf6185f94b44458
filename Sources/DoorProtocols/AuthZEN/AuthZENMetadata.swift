/// `GET /.well-known/authzen-configuration`: what this decision point offers.
struct AuthZENMetadata: Encodable {
    let policyDecisionPoint: String
    let accessEvaluationEndpoint: String
    let accessEvaluationsEndpoint: String
    let searchActionEndpoint: String

    init(_ base: String) {
        policyDecisionPoint = base
        accessEvaluationEndpoint = base + AuthZENEndpoint.evaluation.rawValue
        accessEvaluationsEndpoint = base + AuthZENEndpoint.evaluations.rawValue
        searchActionEndpoint = base + AuthZENEndpoint.searchAction.rawValue
    }

    enum CodingKeys: String, CodingKey {
        case policyDecisionPoint = "policy_decision_point"
        case accessEvaluationEndpoint = "access_evaluation_endpoint"
        case accessEvaluationsEndpoint = "access_evaluations_endpoint"
        case searchActionEndpoint = "search_action_endpoint"
    }
}

/// Where the Authorization API asks, below the path of `base-url`.
enum AuthZENEndpoint: String, Sendable, CaseIterable {
    case evaluation = "/access/v1/evaluation"
    case evaluations = "/access/v1/evaluations"
    case searchSubject = "/access/v1/search/subject"
    case searchResource = "/access/v1/search/resource"
    case searchAction = "/access/v1/search/action"

    static let metadata = "/.well-known/authzen-configuration"
}
