/// SplitMix64, so that a failure can be had again from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// An element of a generated users file.
struct GeneratedElement: Hashable {
    var name: String
    var attributes: [(name: String, value: String)] = []
    var children: [GeneratedElement] = []
    /// Text that stands before the children.
    var text = ""

    init(_ name: String, _ attributes: [(String, String)] = [], _ children: [GeneratedElement] = []) {
        self.name = name
        self.attributes = attributes
        self.children = children
    }

    subscript(attribute: String) -> String? {
        get { attributes.first { $0.name == attribute }?.value }
        set {
            attributes.removeAll { $0.name == attribute }
            if let newValue { attributes.append((attribute, newValue)) }
        }
    }

    static func == (left: Self, right: Self) -> Bool { left.written == right.written }

    func hash(into hasher: inout Hasher) { hasher.combine(written) }

    /// The element as XML, on one line.
    var written: String {
        let words = attributes.map { " \($0.name)=\"\(Self.escaped($0.value))\"" }.joined()
        if children.isEmpty && text.isEmpty { return "<\(name)\(words)/>" }
        return "<\(name)\(words)>\(text)" + children.map(\.written).joined() + "</\(name)>"
    }

    /// The element as XML in a random layout: attributes in another order, line breaks, blank lines, comments.
    func written(_ random: inout SeededGenerator) -> String {
        func space() -> String {
            ["", " ", "\n", "\n\n\t", "\n<!-- a\n  note -->", " <!--x-->\n"].randomElement(using: &random)!
        }
        let quote = Bool.random(using: &random) ? "\"" : "'"
        let gap = ["\n   ", " ", "\t"].randomElement(using: &random)!
        let words = attributes.shuffled(using: &random).map {
            "\(gap)\($0.name) = \(quote)\(Self.escaped($0.value))\(quote)"
        }
        if children.isEmpty && text.isEmpty { return "\(space())<\(name)\(words.joined())\(gap)/>\(space())" }
        var inside = text
        for child in children { inside += child.written(&random) }
        return "\(space())<\(name)\(words.joined())>\(inside)\(space())</\(name)\n>\(space())"
    }

    private static func escaped(_ value: String) -> String {
        value.unicodeScalars.map { scalar in
            "&<>\"'\t\n\r".unicodeScalars.contains(scalar) ? "&#\(scalar.value);" : String(scalar)
        }.joined()
    }
}

/// Makes random users files that are right.
struct DocumentGenerator {
    private(set) var random: SeededGenerator
    private var serial = 0

    static let salted = "{SSHA256}" + String(repeating: "A", count: 48)

    init(seed: UInt64) { random = SeededGenerator(seed) }

    mutating func document() -> GeneratedElement {
        serial = 0
        let roles = names("role", 0...3)
        let groups = names("gruppe-ü", 0...4)
        let users = (0..<Int.random(in: 0...5, using: &random)).map { "user \($0)&<>'\"é" }
        var children = roles.map { role($0, roles) } + groups.map { group($0, groups, roles) }
        children += users.map { user($0, groups, roles) }
        if Bool.random(using: &random) {
            var attributes = maybe("roles", list(roles)) + restrictions()
            attributes += maybe("max-sessions", pick(Self.counts))
            children.append(GeneratedElement("everybody", attributes, content(maps: true, limits: true)))
        }
        let attributes = [("version", "1")] + maybe("sigkey-id", "key.1")
        return GeneratedElement("authhost-users", attributes, children.shuffled(using: &random))
    }

    /// Draws one of `values`.
    mutating func pick<T>(_ values: [T]) -> T { values.randomElement(using: &random)! }

    /// The document in a random layout.
    mutating func written(_ document: GeneratedElement) -> String {
        "<?xml version='1.0' encoding='UTF-8'?>" + document.written(&random)
    }

    private static let counts = ["1", "25", "007", "4294967295"]
    private static let times = [
        "2026-03-29T08:00:00+02:00", "1999-12-31t23:59:60z", "2024-02-29T00:00:00.125Z", "2031-01-01T00:00:00-11:30",
    ]
    private static let hours = [
        "Mon-Fri 08:00-18:00", "Sat 22:00-02:00; Sun 00:00-24:00", " Fri-Mon  09:15-09:14 ;Wed 12:00-12:01",
    ]
    private static let addresses = [
        "10.0.0.0/8", "127.0.0.1 ::1", "2001:db8::/32 192.168.1.0/24", "::ffff:10.1.2.3", "0.0.0.0/0  ::/0",
        "1:2:3:4:5:6:7:8/128 255.255.255.255/32",
    ]
    private static let objects = [
        "/", "/FX/*/SPOT", "/**", "/A/%u/B", "/%g/**", "/a%%b/.../x..y", "/x y/é", "/*/**/%u-%g", "/.a/..b/...",
    ]
    private static let actions = ["read", "write", " create ", "read write", "create  read write", "write create read"]
    private static let conditions: [[(String, String)]] = [
        [("equals", "")], [("equals", "a b")], [("one-of", "A B")], [("one-of", " A ")], [("min", "-1.50")],
        [("max", "+3")], [("min", "0"), ("max", "10.5")], [("matches", "[A-Z]{3}|\\.x")], [("matches", "a\\\\b")],
    ]
    private static let passwords = [
        salted, "{PLAIN}pass word", "{PLAIN}pass\nword", "{PLAIN}",
        "$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/"
            + "otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/",
        "$y$j9T$Xf2mVq7rTzLp0aWcYdKe1.$PvAmqbgQeoIjr6wXSHIjUkjh.LnqK7R8XufKCfVBIk2",
    ]

    private mutating func names(_ stem: String, _ count: ClosedRange<Int>) -> [String] {
        (0..<Int.random(in: count, using: &random)).map { "\(stem)\($0)" }
    }

    private mutating func list(_ names: [String]) -> String {
        names.filter { _ in Bool.random(using: &random) }.joined(separator: Bool.random(using: &random) ? " " : "  ")
    }

    private mutating func maybe(_ name: String, _ value: String) -> [(String, String)] {
        Int.random(in: 0..<3, using: &random) == 0 ? [(name, value)] : []
    }

    private mutating func restrictions() -> [(String, String)] {
        maybe("addresses", pick(Self.addresses)) + maybe("hours", pick(Self.hours))
            + maybe("applications", pick(["one", " SLJS:Trader  two "]))
    }

    private mutating func role(_ name: String, _ roles: [String]) -> GeneratedElement {
        GeneratedElement("role", [("name", name)] + maybe("roles", list(roles)), content())
    }

    private mutating func group(_ name: String, _ groups: [String], _ roles: [String]) -> GeneratedElement {
        let attributes = [("name", name)] + maybe("groups", list(groups)) + maybe("roles", list(roles)) + restrictions()
        return GeneratedElement("group", attributes, content(maps: true))
    }

    private mutating func user(_ name: String, _ groups: [String], _ roles: [String]) -> GeneratedElement {
        var attributes = [("name", name)] + maybe("groups", list(groups)) + maybe("roles", list(roles)) + restrictions()
        attributes += pick([[("password", pick(Self.passwords))], [("sigkey-id", "key-2")], []])
        attributes += pick([
            [("not-before", pick(Self.times))], [("expires", pick(Self.times))],
            [("not-before", "2020-01-01T00:00:00Z"), ("expires", "2020-01-01T00:00:01Z")], [],
        ])
        attributes += maybe("max-sessions", pick(Self.counts))
        return GeneratedElement("user", attributes, content(maps: true, limits: true))
    }

    private mutating func content(maps: Bool = false, limits: Bool = false) -> [GeneratedElement] {
        (0..<Int.random(in: 0...4, using: &random)).map { index in
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where maps: return mapping()
            case 1 where limits:
                return GeneratedElement(
                    "limit", [("application", "app \(index)"), ("max-sessions", pick(Self.counts))])
            default: return rule()
            }
        }
    }

    private mutating func mapping() -> GeneratedElement {
        serial += 1
        let (from, to) = pick([
            ("/M\(serial)/%1/%2", "/N\(serial)/%2.%1"), ("/M\(serial)/%u", "/N\(serial)%u"),
            ("/M\(serial)/%%", "/..N\(serial)/%%*"), ("/M\(serial)", "/"),
        ])
        return GeneratedElement("map", [("from", from), ("to", to)])
    }

    private mutating func rule() -> GeneratedElement {
        let conditions = (0..<pick([0, 0, 0, 1, 2])).map { _ in
            GeneratedElement("when", [("field", pick(["Amount", "Side é"]))] + pick(Self.conditions))
        }
        let attributes = [("actions", pick(Self.actions)), ("object", pick(Self.objects))]
        return GeneratedElement(pick(["allow", "deny"]), attributes, conditions)
    }
}
