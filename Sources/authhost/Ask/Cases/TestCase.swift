import AuthCore
import Basics
import JSONReading

/// A question with the answer that is expected: a line of a file for `authhost test`.
struct TestCase {
    /// What is asked.
    enum Question: Hashable {
        case login
        case check(Check.Action, String)
        case map(String)

        var text: String {
            switch self {
            case .login: "login"
            case .check(let action, let object): "\(action) \(object)"
            case .map(let object): "map \(object)"
            }
        }
    }

    /// Whose session asks; equal ones share one.
    struct Asker: Hashable {
        let user: String
        /// nil takes the user back without one.
        let password: String?
        let address, application: String
    }

    let line: Int
    let name: String
    let asker: Asker
    let question: Question
    let fields: [Field]
    /// The verdict that is expected; nil for a mapping that names its object alone.
    let verdict: Verdict?
    /// The word beside the verdict, and the name inside; nil where they do not matter.
    let reason, object: String?

    /// Reads a line of JSON.
    ///
    /// - Throws: what is wrong with it, in words.
    init(_ text: Substring, line: Int) throws(CaseFault) {
        let raw: RawCase
        do {
            raw = try JSONReader.decode(RawCase.self, text.utf8, as: "case")
        } catch let fault as CaseFault {
            throw fault
        } catch {
            throw CaseFault("it must be a JSON object whose members are strings")
        }
        guard let user = raw.texts["user"] else { throw CaseFault("`user` is missing: who asks") }
        let asked: [Question] = [
            raw.login == true ? .login : nil, raw.texts["read"].map { .check(.read, $0) },
            raw.texts["write"].map { .check(.write, $0) }, raw.texts["create"].map { .check(.create, $0) },
            raw.texts["map"].map { .map($0) },
        ].compactMap(\.self)
        guard asked.count == 1 else {
            throw CaseFault("\(asked.count) questions: one of `login`, `read`, `write`, `create` and `map` is accepted")
        }
        question = asked[0]
        if let word = raw.texts["verdict"] {
            guard let known = Verdict(rawValue: word) else {
                let hint = NearestName.hint(word, among: Verdict.allCases.map(\.rawValue))
                throw CaseFault("`\(word.controlsEscaped)` is not a verdict\(hint)")
            }
            verdict = known
        } else {
            verdict = nil
        }
        (reason, object) = (raw.texts["reason"], raw.texts["object"])
        guard verdict != nil || object != nil else { throw CaseFault("`verdict` is missing: what is expected") }
        asker = Asker(
            user: user, password: raw.texts["password"], address: raw.texts["address"] ?? "",
            application: raw.texts["application_id"] ?? "")
        fields = raw.fields.sorted { $0.key < $1.key }.map { Field($0.key, $0.value) }
        name = raw.texts["name"] ?? "\(user) \(question.text)"
        self.line = line
    }
}

/// What is wrong with a line.
struct CaseFault: Error {
    let message: String

    init(_ message: String) { self.message = message }
}

/// The members of a line. An unknown one would be an expectation that is not tested.
private struct RawCase: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private static let known = [
        "name", "user", "password", "address", "application_id", "read", "write", "create", "map", "verdict", "reason",
        "object",
    ]

    var texts: [String: String] = [:]
    var login: Bool?
    var fields: [String: String] = [:]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for key in container.allKeys {
            switch key.stringValue {
            case "login": login = try container.decode(Bool.self, forKey: key)
            case "fields": fields = try container.decode([String: String].self, forKey: key)
            case let name where Self.known.contains(name): texts[name] = try container.decode(String.self, forKey: key)
            default:
                let hint = NearestName.hint(key.stringValue, among: Self.known + ["login", "fields"])
                throw CaseFault("there is no member `\(key.stringValue.controlsEscaped)`\(hint)")
            }
        }
    }
}
