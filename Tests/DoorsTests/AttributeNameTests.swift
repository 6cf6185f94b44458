import AuthCore
import Foundation
import Testing

@testable import DoorProtocols

@Suite struct `The names of attributes` {
    /// The words between quotation marks of the header's definitions, those of answers left out.
    static func ofHeader() throws -> [String] {
        let text = try `The page of a door`.text("include/authhost/attributes.h")
        let inward = text.components(separatedBy: "// OUT:")[0]
        return inward.split(separator: "\n").filter { $0.hasPrefix("#define AUTH_ATTRIBUTE_") }.compactMap {
            $0.split(separator: "\"").dropFirst().first.map(String.init)
        }
    }

    @Test func `are the same in the header, in the doors and on the page`() throws {
        let names = DoorAttribute.allCases.map(\.rawValue)
        #expect(try Self.ofHeader() == names)
        let page = try `The page of a door`.text("docs/attributes.md")
        for name in names { #expect(page.contains("`\(name)`"), "\(name)") }
    }
}
