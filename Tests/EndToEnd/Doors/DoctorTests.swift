import Foundation
import Testing

/// `authhost doctor`, with the built-in clients and with a real one.
@Suite struct DoctorCommandTests {
    private let folder: Folder
    private let configuration: String

    init() throws {
        folder = try Folder()
        configuration = try folder.write(
            """
            auth-module openauth
            http-listen none
            http-socket \(folder.path("http.sock"))
            add-door
                type native
                socket \(folder.path("native.sock"))
                option logon TRUE
            end-door
            """, to: "authhost.conf")
    }

    private func doctor(_ arguments: String..., patience: String = "0.3") throws -> Ending {
        try AuthHost.run(["doctor", "-c", configuration, "--patience", patience] + arguments)
    }

    @Test func `examines every door, and says what was sent`() throws {
        let ending = try doctor()
        #expect(ending.status == 0, "\(ending)")
        let rows = ending.output.split(separator: "\n").dropFirst()
        #expect(rows.count == 14 && rows.allSatisfy { $0.hasPrefix("ok") }, "\(ending.output)")
        #expect(rows.count { $0.contains("lets in") } == 2)
        let json = try doctor("--door", "native", "--json")
        let found = try JSONDecoder().decode([[String: String]].self, from: Data(json.output.utf8))
        #expect(found.map { $0["outcome"] } == Array(repeating: "good", count: 7))
    }

    @Test func `finds a client out that lets in without an answer`() throws {
        let ending = try doctor("--door", "native", "--try", "true", patience: "60")
        #expect(ending.status == 7, "\(ending)")
        #expect(ending.errors.contains("6 of 7 trials did not end as they must"), "\(ending)")
    }

    @Test(.needs(.curl)) func `makes a real client ask`() throws {
        let socket = folder.path("http.sock")
        // The client's own patience, which it needs where nothing comes: a busy machine needs more for what does.
        var endings: [Ending] = []
        for (time, patience) in [("0.2", "1"), ("2", "10"), ("30", "60")] where endings.last?.status != 0 {
            endings.append(
                try doctor(
                    "--door", "http", "--try",
                    "curl -q -sf --max-time \(time) --unix-socket \(socket) -u doctor:x -H 'X-Original-URI: /a' "
                        + "-H 'X-Original-Method: GET' http://localhost/auth", patience: patience))
        }
        #expect(endings.last?.status == 0, "\(endings)")
    }

    @Test func `says why a door cannot be examined`() throws {
        let server = try Server(["-c", configuration], in: folder)
        let running = try doctor("--door", "native")
        #expect(running.status == 3 && running.errors.contains("a server answers there"), "\(running)")
        #expect(try doctor("--door", "nowhere").errors.contains("there is no door `nowhere`"))
        #expect(try doctor("--try", "true").errors.contains("--try is for one door"))
        _ = server
    }
}
