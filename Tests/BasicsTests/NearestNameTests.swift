import Testing

@testable import Basics

@Suite struct NearestNameTests {
    @Test(
        arguments: [
            ("auth-modul", "auth-module"), ("AUTH-MODULE", "auth-module"), ("atuh-module", "auth-module"),
            ("raed", "read"), ("usr", "user"), ("USR", "user"), ("authdir", "add-authdir"), ("name-of", "name"),
            ("Cache", "CacheTime"), ("warden", nil), ("", nil), ("ar", nil), ("x-listen", nil),
            (String(repeating: "r", count: 81), nil), ("auth-module" + String(repeating: "x", count: 70), nil),
        ] as [(String, String?)])
    func `finds the name that is near, or that holds what was written`(written: String, nearest: String?) {
        let known = ["auth-module", "add-authdir", "write", "read", "user", "name", "CacheTime"]
        #expect(NearestName.of(written, among: known) == nearest)
        #expect(NearestName.of(written, among: known.reversed()) == nearest, "the order of the names decides")
        #expect(NearestName.hint(written, among: known) == (nearest.map { " (did you mean `\($0)`?)" } ?? ""))
    }

    @Test(arguments: [("abc", "abd", true), ("abc", "ade", false), ("a", "b", false), ("ab", "ac", true)])
    func `takes no name for another of which less than half is the same`(written: String, known: String, isNear: Bool) {
        #expect((NearestName.of(written, among: [known]) != nil) == isNear)
    }

    @Test(arguments: [("kitten", "sitting", 3), ("ab", "ba", 1), ("", "abc", 3), ("same", "same", 0)])
    func `counts the edits between two names`(left: String, right: String, edits: Int) {
        #expect(NearestName.distance(Array(left.utf8), Array(right.utf8), within: edits) == edits)
        #expect(edits == 0 || NearestName.distance(Array(left.utf8), Array(right.utf8), within: edits - 1) == nil)
    }
}
