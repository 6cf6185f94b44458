import AuthCore

extension Answer {
    /// The values of each attribute, in the order in which the module gave them; nil without any.
    var attributesByName: [String: [String]]? {
        attributes.isEmpty ? nil : Dictionary(grouping: attributes, by: \.name).mapValues { $0.map(\.value) }
    }
}

/// Which attributes of answers a door hands on, and what its protocol calls each: `group=Remote-Groups,email=Remote-Email`.
struct AttributeNames: Sendable {
    private let pairs: [(attribute: String, name: String)]

    /// Most bytes of what is handed on of one attribute.
    static let longest = 8192

    static let none = AttributeNames()

    private init() { pairs = [] }

    /// Reads the value of an option.
    ///
    /// - Parameters:
    ///   - spelling: what stands for a name in the protocol: names that are one there are one here.
    ///   - isName: whether the protocol may use a name.
    ///   - accepted: what such names are, in words.
    /// - Throws: ``DoorProblem`` that names what is wrong.
    init(
        _ option: String, in settings: DoorSettings, of type: any DoorType.Type,
        spelling: (String) -> String = { $0 }, isName: (String) -> Bool, accepted: String
    ) throws(DoorProblem) {
        var pairs: [(attribute: String, name: String)] = []
        for part in settings.option(option, of: type).split(separator: ",", omittingEmptySubsequences: false) {
            let text = String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            if text.isEmpty, settings.option(option, of: type).isEmpty { break }
            let words = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = words.count == 2 ? spelling(words[1]) : ""
            guard words.count == 2, Field.attribute(words[0], "") != nil, isName(name),
                !pairs.contains(where: { $0.name == name })
            else {
                throw DoorProblem(
                    settings.options.firstIndex { $0.name == option }.map { .option($0) } ?? .block,
                    "`\(text.clippedForMessage)` is not `ATTRIBUTE=NAME`: attributes with commas between are accepted, such as "
                        + "`group=…`, and \(accepted), each once")
            }
            pairs.append((words[0], name))
        }
        self.pairs = pairs
    }

    var isEmpty: Bool { pairs.isEmpty }
    var names: [String] { pairs.map(\.name) }

    /// What is handed on, in the order of the option: the values of each attribute with commas between, as visible ASCII, in which
    /// a comma, a `%` and everything else is `%XX`. Empty where the answer does not have the attribute, since a client's own
    /// field of that name must not stand in its place.
    ///
    /// - Returns: nil where one would be longer than ``longest``.
    func values(in attributes: [Field]) -> [(name: String, value: String)]? {
        var values: [(name: String, value: String)] = []
        for (attribute, name) in pairs {
            let own = attributes.filter { $0.name == attribute }
            let text = own.map { PercentEncoding.encode($0.value.utf8, and: ",") }.joined(separator: ",")
            if text.utf8.count > Self.longest { return nil }
            values.append((name, text))
        }
        return values
    }
}
