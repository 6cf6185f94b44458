import Testing

/// One kind of fault, and how to put it into a document that is right.
struct DocumentFault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Whether a RELAX NG schema cannot express the rule that is broken.
    let isParserOnly: Bool
    /// Adds elements at fault to the document's root.
    private let change: @Sendable (inout GeneratedElement) -> Void

    private init(
        _ name: String, parserOnly: Bool = false, _ change: @escaping @Sendable (inout GeneratedElement) -> Void
    ) {
        testDescription = name
        isParserOnly = parserOnly
        self.change = change
    }

    func put(into document: inout GeneratedElement, at position: Int) {
        var changed = document
        change(&changed)
        // What was added may stand anywhere.
        let added = changed.children.count - document.children.count
        if added > 0 {
            let new = Array(changed.children.suffix(added))
            changed.children.removeLast(added)
            changed.children.insert(contentsOf: new, at: position % (changed.children.count + 1))
        }
        document = changed
    }

    private static func adding(
        _ name: String, parserOnly: Bool = false, _ elements: @escaping @autoclosure @Sendable () -> [GeneratedElement]
    ) -> DocumentFault {
        DocumentFault(name, parserOnly: parserOnly) { $0.children += elements() }
    }

    private static func user(_ attributes: [(String, String)], _ children: [GeneratedElement] = []) -> GeneratedElement
    {
        GeneratedElement("user", [("name", "fault")] + attributes, children)
    }

    /// A user with one attribute at fault.
    private static func attribute(
        _ name: String, _ attribute: String, _ value: String, parserOnly: Bool = false
    ) -> DocumentFault {
        adding(name, parserOnly: parserOnly, [user([(attribute, value)])])
    }

    /// A user with one rule at fault.
    private static func rule(_ name: String, actions: String = "read", object: String = "/A") -> DocumentFault {
        adding(name, [user([], [GeneratedElement("allow", [("actions", actions), ("object", object)])])])
    }

    /// A user with one condition at fault.
    private static func condition(
        _ name: String, _ attributes: [(String, String)], parserOnly: Bool = false
    ) -> DocumentFault {
        adding(
            name, parserOnly: parserOnly,
            [
                user(
                    [],
                    [
                        GeneratedElement(
                            "deny", [("actions", "write"), ("object", "/A")], [GeneratedElement("when", attributes)])
                    ])
            ])
    }

    private static func mapping(
        _ name: String, _ from: String, _ to: String, parserOnly: Bool = false
    ) -> DocumentFault {
        adding(name, parserOnly: parserOnly, [user([], [GeneratedElement("map", [("from", from), ("to", to)])])])
    }

    static let all = elements + names + rules + conditions + mappings + restrictions + accounts

    private static let elements: [DocumentFault] = [
        DocumentFault("another root") { $0.name = "users" },
        DocumentFault("another version") { $0["version"] = "2" },
        DocumentFault("no version") { $0["version"] = nil },
        DocumentFault("text in the root") { $0.text = "text" },
        DocumentFault("a namespace") { $0["xmlns"] = "urn:x" },
        DocumentFault("a namespace that nothing uses", parserOnly: true) { $0["xmlns:q"] = "urn:x" },
        adding("an unknown element", [GeneratedElement("usr", [("name", "a")])]),
        adding("a rule in the root", [GeneratedElement("allow", [("actions", "read"), ("object", "/")])]),
        adding(
            "a mapping in a role",
            [GeneratedElement("role", [("name", "r")], [GeneratedElement("map", [("from", "/a"), ("to", "/b")])])]),
        adding(
            "a limit in a group",
            [
                GeneratedElement(
                    "group", [("name", "g")],
                    [GeneratedElement("limit", [("application", "a"), ("max-sessions", "1")])])
            ]),
        adding("a condition in a user", [user([], [GeneratedElement("when", [("field", "a"), ("equals", "b")])])]),
        adding("a user in a user", [user([], [GeneratedElement("user", [("name", "inner")])])]),
        adding("two of everybody", [GeneratedElement("everybody"), GeneratedElement("everybody")]),
        adding("an unknown attribute", [user([("nane", "a")])]),
        adding("groups of a role", [GeneratedElement("role", [("name", "r"), ("groups", "")])]),
        adding("a password of a group", [GeneratedElement("group", [("name", "g"), ("password", "{PLAIN}a")])]),
        adding("a user without a name", [GeneratedElement("user")]),
        adding("a rule without an object", [user([], [GeneratedElement("allow", [("actions", "read")])])]),
        adding("a mapping without a result", [user([], [GeneratedElement("map", [("from", "/a")])])]),
        adding("a limit without a number", [user([], [GeneratedElement("limit", [("application", "a")])])]),
    ]

    private static let names: [DocumentFault] = [
        adding("a slash in a name", [GeneratedElement("user", [("name", "a/b")])]),
        adding("an empty name", [GeneratedElement("user", [("name", "")])]),
        adding("two dots as a name", [GeneratedElement("user", [("name", "..")])]),
        adding("a space before a name", [GeneratedElement("user", [("name", " a")])]),
        adding("a tab in a name", [GeneratedElement("user", [("name", "a\tb")])]),
        adding("a control character beyond ASCII in a name", [GeneratedElement("user", [("name", "a\u{9B}b")])]),
        adding(
            "a control character beyond ASCII in a group's name", [GeneratedElement("group", [("name", "a\u{85}")])]),
        attribute("a control character beyond ASCII in a key", "sigkey-id", "a\u{80}"),
        attribute("a setting without a hash", "password", "$6$saltsalt$", parserOnly: true),
        attribute("a cost of days", "password", "$2b$31$" + String(repeating: "a", count: 53), parserOnly: true),
        attribute("a digest without a salt", "password", "{SSHA256}" + String(repeating: "A", count: 43) + "="),
        attribute("two gaps in an address", "addresses", "1::2::3", parserOnly: true),
        adding("a name of 256 bytes", [GeneratedElement("user", [("name", String(repeating: "x", count: 256))])]),
        adding(
            "a name of 128 letters and 256 bytes", parserOnly: true,
            [GeneratedElement("user", [("name", String(repeating: "é", count: 128))])]),
        adding("a space in a group's name", [GeneratedElement("group", [("name", "a b")])]),
        adding("a dot as a role's name", [GeneratedElement("role", [("name", ".")])]),
        adding("a user twice", parserOnly: true, [user([]), user([])]),
        adding(
            "a group twice", parserOnly: true,
            [GeneratedElement("group", [("name", "g")]), GeneratedElement("group", [("name", "g")])]),
        adding(
            "a role twice", parserOnly: true,
            [GeneratedElement("role", [("name", "g")]), GeneratedElement("role", [("name", "g")])]),
        attribute("an unknown group", "groups", "nowhere", parserOnly: true),
        attribute("an unknown role", "roles", "nowhere", parserOnly: true),
        attribute("a slash in a list", "groups", "a/b"),
    ]

    private static let rules: [DocumentFault] = [
        rule("an unknown action", actions: "raed"), rule("an action twice", actions: "read write read"),
        rule("no action", actions: " "), rule("actions with a comma", actions: "read,write"),
        rule("an object without its slash", object: "A"), rule("an empty object", object: ""),
        rule("an empty segment", object: "/A//B"), rule("a slash at the end", object: "/A/"),
        rule("a dot as a segment", object: "/A/./B"), rule("two dots as a segment", object: "/.."),
        rule("a part of a wildcard", object: "/EUR*"), rule("three stars", object: "/***"),
        rule("an unknown escape", object: "/%x"), rule("a capture in an object", object: "/%1"),
        rule("a percent sign at the end", object: "/a%"), rule("a tab in an object", object: "/a\tb"),
        rule("an object of 4096 bytes", object: "/" + String(repeating: "x", count: 4_095)),
    ]

    private static let conditions: [DocumentFault] = [
        condition("no comparison", [("field", "a")]),
        condition("two comparisons", [("field", "a"), ("equals", "b"), ("one-of", "b")]),
        condition("a number and a comparison", [("field", "a"), ("min", "1"), ("matches", "b")]),
        condition("no field", [("equals", "b")]), condition("an empty field", [("field", ""), ("equals", "b")]),
        condition("no value", [("field", "a"), ("one-of", "  ")]),
        condition("a word as a number", [("field", "a"), ("min", "many")]),
        condition("a number without digits", [("field", "a"), ("max", "1.")]),
        condition("an exponent", [("field", "a"), ("max", "1e3")]),
        condition("a minimum above the maximum", [("field", "a"), ("min", "2"), ("max", "1.9")], parserOnly: true),
        condition("an empty expression", [("field", "a"), ("matches", "")]),
        condition("a long expression", [("field", "a"), ("matches", String(repeating: "x", count: 257))]),
        condition("a broken expression", [("field", "a"), ("matches", "(a")], parserOnly: true),
        condition("a back-reference", [("field", "a"), ("matches", "(a)\\1")], parserOnly: true),
        condition("an escape that is not of POSIX", [("field", "a"), ("matches", "\\d")], parserOnly: true),
    ]

    private static let mappings: [DocumentFault] = [
        mapping("a wildcard in a mapping", "/a/*", "/b"), mapping("a group in a mapping", "/a/%g", "/b"),
        mapping("a capture inside a segment", "/a/x%1", "/b"),
        mapping("an empty segment in a result", "/a", "/b//c"), mapping("an unknown escape in a result", "/a", "/%g"),
        mapping("a capture that was not made", "/a/%1", "/b/%2", parserOnly: true),
        mapping("a capture made twice", "/a/%1/%1", "/b", parserOnly: true),
        mapping("a mapping to itself", "/a/%1", "/a/%1", parserOnly: true),
        adding(
            "mappings in a circle", parserOnly: true,
            [
                user(
                    [],
                    [
                        GeneratedElement("map", [("from", "/a/%1"), ("to", "/b/%1")]),
                        GeneratedElement("map", [("from", "/b/%1"), ("to", "/a/%1")]),
                    ])
            ]),
    ]

    private static let restrictions: [DocumentFault] = [
        attribute("no address", "addresses", " "), attribute("a host's name", "addresses", "localhost"),
        attribute("a number above 255", "addresses", "10.0.0.256"), attribute("three numbers", "addresses", "10.0.0"),
        attribute("a long prefix", "addresses", "10.0.0.0/33"), attribute("no prefix", "addresses", "10.0.0.0/"),
        attribute("a prefix of IPv6 that is too long", "addresses", "::/129"),
        attribute("too few parts of IPv6", "addresses", "1:2:3", parserOnly: true),
        attribute("bits behind the prefix", "addresses", "10.0.0.1/8", parserOnly: true),
        attribute("a comma between addresses", "addresses", "10.0.0.1,10.0.0.2"),
        attribute("an unknown day", "hours", "Mo 08:00-18:00"), attribute("no hours", "hours", ""),
        attribute("a day without hours", "hours", "Mon"), attribute("an hour 25", "hours", "Mon 08:00-25:00"),
        attribute("24:00 as a start", "hours", "Mon 24:00-08:00"), attribute("a half", "hours", "Mon 08:00-18:00;"),
        attribute("hours of no length", "hours", "Mon 08:00-08:00", parserOnly: true),
        attribute("no application", "applications", ""),
    ]

    private static let accounts: [DocumentFault] = [
        adding("a password and a key", [user([("password", "{PLAIN}a"), ("sigkey-id", "k")])]),
        attribute("a format without a dollar", "password", "abcdefghijklm"),
        attribute("no base64", "password", "{SSHA256}a-b"),
        attribute("a digest that is too short", "password", "{SSHA256}AAAA"),
        attribute("an unknown method", "password", "$nope$abc", parserOnly: true),
        attribute("a space in a hash", "password", "$6$salt$a b"),
        attribute("a password of 384 bytes", "password", "{PLAIN}" + String(repeating: "x", count: 377)),
        attribute("an empty key", "sigkey-id", ""), attribute("a space in a key", "sigkey-id", "a b"),
        attribute("a date alone", "expires", "2026-01-01"), attribute("no offset", "expires", "2026-01-01T00:00:00"),
        attribute("a month 13", "not-before", "2026-13-01T00:00:00Z"),
        attribute("a space for a T", "not-before", "2026-01-01 00:00:00Z"),
        attribute("a time after 9999", "expires", "9999-12-31T23:59:59-00:01", parserOnly: true),
        attribute("a day that the month lacks", "expires", "2026-02-29T00:00:00Z", parserOnly: true),
        adding(
            "an end before the start", parserOnly: true,
            [user([("not-before", "2026-01-02T00:00:00Z"), ("expires", "2026-01-01T00:00:00Z")])]),
        attribute("no session", "max-sessions", "0"), attribute("a negative number", "max-sessions", "-1"),
        attribute("a number above 32 bits", "max-sessions", "4294967296", parserOnly: true),
        adding(
            "an application without a name",
            [user([], [GeneratedElement("limit", [("application", ""), ("max-sessions", "1")])])]),
        adding(
            "a limit twice", parserOnly: true,
            [
                user(
                    [],
                    [
                        GeneratedElement("limit", [("application", "a"), ("max-sessions", "1")]),
                        GeneratedElement("limit", [("application", "a"), ("max-sessions", "2")]),
                    ])
            ]),
    ]
}
