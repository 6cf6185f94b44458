import AuthCore
import Glibc
import Testing

@Suite struct ModuleLifecycleTests {
    /// The tables of docs/module-lifecycle.md, as the code has them.
    static var tables: String {
        func table<State: CaseIterable, Call: CaseIterable & RawRepresentable<String>>(
            _ states: State.Type, _ calls: Call.Type, _ allows: (Call, State) -> Bool
        ) -> String {
            let names = State.allCases.map { "\($0)" }
            let head = "| call | \(names.joined(separator: " | ")) |\n|---|\(names.map { _ in "---|" }.joined())\n"
            return head
                + Call.allCases.map { call in
                    let cells = State.allCases.map { allows(call, $0) ? "yes" : "–" }.joined(separator: " | ")
                    let entries = call.rawValue.split(separator: ", ").map {
                        $0.contains(" ") || $0 == "checks" ? "\($0)" : "`\($0)`"
                    }
                    return "| \(entries.joined(separator: ", ")) | \(cells) |\n"
                }.joined()
        }
        return table(ModuleLifecycle.State.self, ModuleLifecycle.Call.self) { ModuleLifecycle.allows($0, in: $1) }
            + "\n"
            + table(ModuleLifecycle.ObjectState.self, ModuleLifecycle.ObjectCall.self) {
                ModuleLifecycle.allows($0, in: $1)
            }
    }

    @Test func `the page has the tables of the code`() throws {
        let file = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(file)/docs/module-lifecycle.md"
        let descriptor = open(path, O_RDONLY)
        #expect(descriptor >= 0)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &bytes, bytes.count)
        let page = String(decoding: bytes[..<max(count, 0)], as: UTF8.self)
        for part in Self.tables.split(separator: "\n\n") {
            #expect(page.contains(part), "\(part)")
        }
    }

    @Test func `nothing is asked before a module serves or after it has ended, and it begins once`() {
        for call in ModuleLifecycle.Call.allCases {
            #expect(ModuleLifecycle.allows(call, in: .mapped) == (call == .initialise))
            #expect(ModuleLifecycle.allows(call, in: .serving) == (call != .initialise))
            #expect(!ModuleLifecycle.allows(call, in: .ended) && !ModuleLifecycle.allows(call, in: .initialising))
        }
    }
}
