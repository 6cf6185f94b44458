import Foundation
import NIOCore
import Testing

@testable import Doctor
@testable import DoorProtocols

/// What `authhost doctor` does at a door.
@Suite struct DoctorTests {
    /// Settings of a type, at a socket of its own.
    private static func settings(_ type: any DoorType.Type) throws -> (DoorSettings, folder: String) {
        let folder = try RunningDoor.temporaryFolder()
        var settings = DoorSettings(type: type.name, name: type.name)
        settings.socketPath = "\(folder)/door.sock"
        // Only the doctor's own client.
        settings.clients = ["uid:1"]
        return (settings, folder)
    }

    @Test(arguments: DoorTypes.all.map { $0.name })
    func `every type of door lets in by a yes, and by nothing else`(name: String) async throws {
        let type = try #require(DoorTypes.all.first { $0.name == name })
        let (settings, folder) = try Self.settings(type)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(type.probe(settings) != nil, "`\(name)` has no client for the doctor")
        let findings = try await DoorDoctor(settings, patience: .milliseconds(500)).examine()
        #expect(findings.map(\.fault) == DoorDoctor.Fault.allCases)
        for finding in findings { #expect(finding.isGood, "\(name): \(finding)") }
        #expect(findings.filter { $0.isLetIn == true }.map(\.fault) == [.yes])
    }

    @Test func `a client that lets in whatever it gets is found out`() async throws {
        let (settings, folder) = try Self.settings(NativeDoor.self)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let open = try await DoorDoctor(settings, patience: .seconds(1)) { (true, "") }.examine()
        #expect(open.filter(\.isGood).map(\.fault) == [.yes])
        let closed = try await DoorDoctor(settings, patience: .seconds(1)) { (false, "") }.examine()
        #expect(closed.filter { !$0.isGood }.map(\.fault) == [.yes])
        let absent = try await DoorDoctor(settings, patience: .seconds(1)) { (nil, "not found") }.examine()
        #expect(absent.allSatisfy { !$0.isGood })
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true as Bool?), ("HTTP/1.1 200 OK\r\n", nil),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", nil), ("HTTP/1.1 204 No Content\r\n\r\n", true),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", false), ("garbage\r\n\r\n", false),
    ])
    func `a client of HTTP reads whole answers`(text: String, isLetIn: Bool?) {
        let probe = DoorProbe.http("") { status, _ in (200...299).contains(status) }
        #expect(probe.isLetIn(Array(text.utf8)) == isLetIn)
    }
}
