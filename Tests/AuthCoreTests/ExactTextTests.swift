import Testing

@testable import AuthCore

@Suite struct `Texts that are compared byte by byte` {
    @Test(arguments: [("Kate", "\u{212A}ate"), ("Jos\u{E9}", "Jose\u{301}")])
    func `are not equal where Unicode's forms of a text are`(one: String, other: String) {
        #expect(one == other)
        #expect(ExactText(one) != ExactText(other) && !one.hasBytes(of: other))
        #expect(ExactText(one) == ExactText(one) && one.hasBytes(of: one))
        #expect(Set([ExactText(one), ExactText(other), ExactText(one)]).count == 2)
        // A group of that name is another group.
        #expect(Field("group", one) != Field("group", other) && Field(one, "") != Field(other, ""))
        #expect(Set([[Field("group", one)], [Field("group", other)], [Field("group", one)]]).count == 2)
    }

    @Test(arguments: [("Kim", "\u{212A}im"), ("Jos\u{E9}", "Jose\u{301}")])
    func `have places of their own`(one: String, other: String) {
        #expect(AdmissionIndex.hash(one) == AdmissionIndex.hash(one))
        #expect(AdmissionIndex.hash(one) != AdmissionIndex.hash(other))
    }
}
