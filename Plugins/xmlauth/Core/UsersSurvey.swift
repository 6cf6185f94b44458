import Accounts

/// Gathers, while a file is read, what a check of it wants to know and a directory does not keep.
final class UsersSurvey {
    private(set) var faults: [UsersFileError] = []
    /// Whether the file is not XML to its end.
    var isMalformed: Bool { faults.contains { $0.code == .notXML } }

    func begin(_ element: Element, _ values: AttributeValues, at place: Place) {}
    func endRule() {}
    func report(_ fault: UsersFileError) { faults.append(fault) }
}
