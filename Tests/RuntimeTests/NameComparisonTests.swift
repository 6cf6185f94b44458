import AuthCore
import ModuleHost
import Runtime
import Testing

@Suite struct `Names of users, applications, machines and addresses` {
    /// The same letters to a reader, and two names to a computer: composed, and with a combining accent.
    private static let (composed, combined) = ("Zo\u{EB}", "Zoe\u{308}")

    private func ids(_ test: TestHost, _ names: [String]) throws -> [SessionID] {
        try names.map { name in
            let login = try Login(
                user: name, password: Secret("secret"), address: name, applicationID: name, machineID: name,
                door: "test")
            return try #require(test.ask(.login(login)).session)
        }
    }

    /// Each way in which a module or an operator ejects sessions by a name; returns how many it ejected.
    private static let ways: [@Sendable (TestHost, String) -> Int] = [
        { $0.services.eject(user: $1, count: nil, applicationID: nil, machineID: nil) },
        { $0.services.eject(user: nil, count: nil, applicationID: $1, machineID: nil) },
        { $0.services.eject(user: nil, count: nil, applicationID: nil, machineID: $1) },
        { $0.host.operators.eject(filter($1) { $0.user = $1 }, count: nil) },
        { $0.host.operators.eject(filter($1) { $0.applicationID = $1 }, count: nil) },
        { $0.host.operators.eject(filter($1) { $0.machineID = $1 }, count: nil) },
        { $0.host.operators.eject(filter($1) { $0.address = $1 }, count: nil) },
    ]

    private static func filter(_ name: String, _ set: (inout SessionFilter, String) -> Void) -> SessionFilter {
        var filter = SessionFilter()
        set(&filter, name)
        return filter
    }

    @Test(arguments: ways.indices) func `are compared byte by byte, by modules and by operators`(_ way: Int) throws {
        let test = try TestHost("good9")
        let ids = try ids(test, [Self.composed, Self.combined])
        #expect(Self.ways[way](test, Self.composed) == 1)
        #expect(test.host.describe(ids[0]) == nil)
        #expect(test.host.describe(ids[1]) != nil)
        #expect(Self.ways[way](test, Self.composed) == 0)
        #expect(Self.ways[way](test, Self.combined) == 1)
    }
}
