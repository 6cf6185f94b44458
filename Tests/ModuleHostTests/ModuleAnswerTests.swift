import AuthCore
import CAuthModule
import Testing

@testable import ModuleHost

@Suite struct `What a module said` {
    @Test func `is a value: a copy that says more leaves the other as it was`() {
        var first = ModuleAnswer(.ok)
        first.logText = "why"
        var second = first
        second.user = "bob"
        second.sessionData = 7
        second.attributes = [Field("group", "desk")]
        #expect(first.user == nil && first.sessionData == 0 && first.attributes.isEmpty)
        #expect(first.logText == "why" && second.logText == "why")
        #expect(second.user == "bob" && second.sessionData == 7 && second.attributes == [Field("group", "desk")])
        second.logText = nil
        #expect(second.logText == nil && first.logText == "why")
        #expect(ModuleAnswer(.ok).isBare && !first.isBare)
    }

    @Test func `is about texts that stand one behind the other, each with a NUL behind it`() {
        let texts = ["", "é", "a longer text than a value of Swift holds itself"]
        let size = texts.reduce(0) { $0 + $1.utf8.count + 1 }
        TextRoom.lend(size) { room in
            let placed = texts.map { room.place($0) }
            for (text, one) in zip(texts, placed) {
                #expect(one.length == text.utf8.count)
                #expect(String(cString: one.data) == text)
            }
            #expect(placed[1].data == placed[0].data + 1)
        }
    }
}
