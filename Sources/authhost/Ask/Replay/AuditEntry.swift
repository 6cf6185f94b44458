import AuthCore
import Basics

/// A line of an audit log that tells what a module was asked: `docs/audit-log.md` has its facts.
struct AuditEntry {
    /// Who asked, and from where; equal askers share a session.
    struct Asker: Hashable {
        let user, address, application, machine, door: String
    }

    /// What was asked.
    enum Question: Hashable {
        /// `password`: whether the answer was about one, or a token: the log holds neither.
        case login(password: Bool)
        case map
        case check(Check.Action)
    }

    let asker: Asker
    let question: Question
    /// The word that the log has for the question.
    let word: String
    /// The name as asked for, and the name inside; "" for none.
    let requested, object: String
    let verdict: Verdict
    let reason: Reason
    /// What the module said, such as the rule that decided; "" for nothing.
    let rule: String
    /// Nanoseconds since 1970 when it was decided.
    let time: Int64

    /// What a line may be.
    enum Line {
        case entry(AuditEntry)
        /// Nothing that a module was asked: what operators did, the end of a session, a mark of the chain.
        case other
        /// Why it is no line of an audit log.
        case damaged(String)
    }

    /// Reads a line in either form.
    static func read(_ line: ArraySlice<UInt8>) -> Line {
        let facts: AuditFacts
        do throws(AuditFacts.Fault) {
            facts = try AuditFacts(line)
        } catch {
            return .damaged(error.text)
        }
        return facts["audit"] != nil ? .other : entry(facts)
    }

    private static func entry(_ facts: AuditFacts) -> Line {
        guard let word = facts["question"] else { return .damaged("it has no `question`") }
        let question: Question
        switch word {
        case "login", "authenticate": question = .login(password: true)
        case "resume": question = .login(password: false)
        case "map": question = .map
        case "logout", "realm", "operator", "none": return .other
        default:
            guard let action = Check.Action(rawValue: word) else {
                return .damaged("`\(word.controlsEscaped)` is not a question")
            }
            question = .check(action)
        }
        guard let verdict = facts["verdict"].flatMap(Verdict.init), let reason = facts["reason"].flatMap(Reason.init)
        else {
            let found = ["verdict", "reason"].map { "\($0) `\((facts[$0] ?? "").controlsEscaped)`" }
            return .damaged("its \(found.joined(separator: " and ")) are not those of an answer")
        }
        guard let time = facts.time else {
            return .damaged("its time `\((facts["time"] ?? "").controlsEscaped)` is not that of a log line")
        }
        return .entry(
            AuditEntry(
                asker: Asker(
                    user: facts["user"] ?? "", address: facts["address"] ?? "",
                    application: facts["application"] ?? "", machine: facts["machine"] ?? "",
                    door: facts["door"] ?? "replay"),
                question: question, word: word, requested: facts["requested"] ?? "", object: facts["object"] ?? "",
                verdict: verdict, reason: reason, rule: facts["module"] ?? "", time: time))
    }
}
