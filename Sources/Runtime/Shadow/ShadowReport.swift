import AuthCore
import Synchronization

/// What a shadow has found since it was loaded.
public struct ShadowReport: Sendable {
    /// Differences of one kind.
    public struct Row: Sendable {
        /// How often the kind was met.
        public let times: Int
        /// The first of it.
        public let first: ShadowDifference
    }

    /// When it was loaded, in seconds since 1970.
    public let since: Int64
    /// What hinders the shadow from being asked; nil for nothing.
    public let hindrance: String?
    /// Sessions that it has let in.
    public let sessions: Int
    /// Questions that have not been compared yet.
    public let waiting: Int
    /// How often its module has said that earlier answers may have changed; nothing follows from it.
    public let invalidations: Int
    /// How many questions there were of each outcome: the words of the metric.
    public let findings: [String: Int]
    /// Kinds of differences, those that were met most often first.
    public let differences: [Row]
}

extension ShadowDifference: CustomStringConvertible {
    /// One line, for the event log.
    public var description: String {
        let about = object.map { " \($0)" } ?? ""
        let name = decision.isEmpty ? "" : "; decision \(decision)"
        return "\(user) \(question)\(about): \(change); was: \(oldReason); now: \(newReason)\(name)"
    }

    /// What differs, in words.
    public var change: String {
        switch what {
        case .verdict, .undecided: "\(was.rawValue) → \(now.rawValue)"
        case .user: "allow for another user"
        case .name: "allow for another name inside"
        case .attributes: "allow with other attributes"
        }
    }
}

/// A number that grows.
final class ShadowCount: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add() { count.wrappingAdd(1, ordering: .relaxed) }
}
