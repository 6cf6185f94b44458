import Foundation
import Testing

@testable import XMLAuthCore

@Suite struct UsersDifferenceTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "difference-\(UUID())")

    private func compare(_ first: String, _ second: String) throws -> UsersDifference {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ text: String, _ name: String) throws -> String {
            let file = folder.appending(path: name)
            try "<authhost-users version=\"1\">\(text)</authhost-users>".write(
                to: file, atomically: true, encoding: .utf8)
            return file.path(percentEncoded: false)
        }
        return try UsersDifference(try write(first, "a.xml"), try write(second, "b.xml"))
    }

    private func user(_ name: String, _ rules: String) -> String { "<user name=\"\(name)\">\(rules)</user>" }

    private func texts(_ difference: UsersDifference) -> [String] {
        difference.questions.map {
            "\($0.user) \($0.action) \($0.object) \($0.first.allowed) \($0.second.allowed) +\($0.others)"
        }
    }

    @Test func `files that say the same in another order do not differ`() throws {
        let rules = ["<allow actions=\"read\" object=\"/A/**\"/>", "<deny actions=\"read\" object=\"/A/*\"/>"]
        #expect(try compare(user("ann", rules.joined()), user("ann", rules.reversed().joined())).isEmpty)
    }

    @Test func `one question stands for each region`() throws {
        let wide = "<allow actions=\"read write\" object=\"/A/**\"/>"
        let narrow = wide + "<deny actions=\"write\" object=\"/A/*/SECRET\"/>"
        let difference = try compare(user("ann", wide) + user("bob", wide), user("ann", narrow) + user("bob", narrow))
        #expect(texts(difference) == ["ann write /A/any1/SECRET true false +1"])
        #expect(difference.questions[0].second.rule?.hasPrefix("`deny write /A/*/SECRET` of the user `ann`") == true)
    }

    @Test func `an allow that is added is found where nothing matched, and where another rule decided`() throws {
        let first = "<deny actions=\"read\" object=\"/A/**\"/>"
        let difference = try compare(
            user("ann", first), user("ann", first + "<allow actions=\"read\" object=\"/*/B\"/>"))
        #expect(
            Set(texts(difference)) == ["ann read /any1/B false true +0"], "\(texts(difference))")
        let under = try compare(
            user("ann", first), user("ann", first + "<allow actions=\"read\" object=\"/A/B\"/>"))
        #expect(texts(under) == ["ann read /A/B false true +0"])
    }

    @Test func `users of one file, other conditions and names in patterns are told`() throws {
        let condition = { (most: String) in
            self.user("ann", "<allow actions=\"write\" object=\"/O/%u\"><when field=\"q\" max=\"\(most)\"/></allow>")
        }
        let difference = try compare(condition("5") + user("bob", ""), condition("6") + user("eve", ""))
        #expect(difference.onlyFirst == ["bob"] && difference.onlySecond == ["eve"])
        #expect(texts(difference) == ["ann write /O/ann true true +0"] && difference.questions[0].isConditional)
        #expect(try compare(condition("5"), condition("5")).isEmpty)
    }

    @Test func `groups count as far as their members`() throws {
        func file(_ rule: String) -> String {
            "<group name=\"g\">\(rule)</group><user name=\"ann\" groups=\"g\"/><user name=\"bob\"/>"
        }
        let difference = try compare(file(""), file("<allow actions=\"create\" object=\"/G\"/>"))
        #expect(texts(difference) == ["ann create /G false true +0"])
    }
}
