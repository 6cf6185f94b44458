import Rules
import Testing

@testable import AuthConfiguration

@Suite struct ObjectMapTests {
    @Test(arguments: [
        ("object-map /FX/%1 /FX/%u/%1", "/FX/EURUSD", "/FX/john/EURUSD"),
        ("object-map \"/FX/%1\" \"/FX/%u/%1\"", "/FX/EURUSD", "/FX/john/EURUSD"),
        ("object-map /TEMPLATE/%1/ITEM/%2 /T/%2/%1", "/TEMPLATE/A/ITEM/7", "/T/7/A"),
        ("object-map /A /B\nobject-map /%1 /C/%1", "/A", "/B"),
        ("object-map /HOME/%u /USERS/%u", "/HOME/john", "/USERS/john"),
        ("object-map /100%% /PERCENT%%", "/100%", "/PERCENT%"),
        ("define TOP FX\nobject-map \"/${TOP} spot/%1\" /${TOP}/%1", "/FX spot/A", "/FX/A"),
    ])
    func `renames as its line says, with quotes or without`(text: String, name: String, mapped: String) throws {
        let maps = try load(text).objectMaps
        var result: [UInt8] = []
        let outcomes = maps.map {
            $0.mapping.apply(Array(name.utf8).span, user: Array("john".utf8).span, into: &result)
        }
        #expect(outcomes.first == .mapped)
        _ = maps[0].mapping.apply(Array(name.utf8).span, user: Array("john".utf8).span, into: &result)
        #expect(String(decoding: result, as: UTF8.self) == mapped)
    }

    @Test(arguments: [
        Case(
            "object-map A /B",
            "main.conf:1:12: `object-map` has the pattern `A`: `A` does not begin with `/` (at byte 1)"),
        Case(
            "object-map /A/* /B",
            "main.conf:1:12: `object-map` has the pattern `/A/*`: `*` is not accepted in a mapping, a segment is captured "
                + "with `%1`…`%9` (at byte 4)"),
        Case(
            "object-map /%1/%1 /B",
            "main.conf:1:12: `object-map` has the pattern `/%1/%1`: `%1` captures twice (at byte 5)"),
        Case(
            "  object-map /A%1 \"/B\"",
            "main.conf:1:14: `object-map` has the pattern `/A%1`: `%1` must be the whole segment `A%1` (at byte 3)"),
        Case(
            "object-map /A /B/%1",
            "main.conf:1:15: `object-map` has the replacement `/B/%1`: `%1` is not captured by the pattern (at byte 4)"),
        Case(
            "object-map /A /B/%s",
            "main.conf:1:15: `object-map` has the replacement `/B/%s`: found `%s` in a mapping, expected `%1`…`%9`, `%u` "
                + "or `%%` (at byte 4)"),
        Case(
            "object-map /A /B /C",
            "main.conf:1:18: `object-map` takes a pattern and a replacement, but 3 values are given"),
        Case("object-map \"\" /B", "main.conf:1:12: `object-map` takes a pattern and a replacement, not ``"),
        Case(
            "object-map /A/%1 /A/%1",
            "main.conf:1:12: `object-map` loops: this mapping leads back to the name that it began with"),
        Case(
            "object-map /A/%1 /B/%1\nobject-map /X /Y\nobject-map /B/%2 /A/%2",
            "main.conf:1:12: `object-map` loops: this mapping, then that at main.conf:3:12 leads back to the name that it "
                + "began with"),
    ])
    func `is refused with its place when it cannot be applied`(each: Case) {
        #expect(mistakes(each.text) == each.message)
    }

    @Test func `names a mistake of the command line`() {
        #expect(
            mistakes("", arguments: ["--object-map", "/A", "/%2"])
                == "command line: --object-map: `object-map` has the replacement `/%2`: `%2` is not captured by the pattern "
                + "(at byte 2)")
    }
}
