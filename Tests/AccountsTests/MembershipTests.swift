import Rules
import Testing

@testable import Accounts

/// What few groups inside one another make of many users.
@Suite struct `Groups inside one another` {
    /// A chain of groups, each a member of the next, and one user in each.
    private func chain(_ count: Int) -> [Entry] {
        (0..<count).flatMap { number -> [Entry] in
            let parents: [Field: String] = number + 1 < count ? [.groups: "g\(number + 1)"] : [:]
            return [.group("g\(number)", parents), .user("u\(number)", [.groups: "g\(number)"])]
        }
    }

    @Test func `are refused where they make far more memberships than are written`() throws {
        var found: EntryFault?
        do {
            _ = try snapshot(chain(2_000))
        } catch {
            found = error
        }
        let fault = try #require(found)
        #expect(fault.code == .limit)
        #expect(fault.message.hasPrefix("groups and roles inside one another make more than 1"), "\(fault.message)")
        #expect(fault.message.hasSuffix("memberships, which is 64 for each that is written and a million"))
    }

    @Test func `are taken in a long chain, and in many lists as they are written`() throws {
        #expect(try snapshot(chain(1_000)).rules.userCount == 1_000)
        let groups = (0..<200).map { Entry.group("g\($0)") }
        let users = (0..<6_000).map { user in
            Entry.user(
                "u\(user)", [.groups: (0..<200).filter { $0 != user % 200 }.map { "g\($0)" }.joined(separator: " ")])
        }
        #expect(try snapshot(groups + users).rules.userCount == 6_000)
    }
}
