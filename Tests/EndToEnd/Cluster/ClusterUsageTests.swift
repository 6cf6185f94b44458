import Foundation
import Testing

/// Usage statistics of three real hosts, of which one counts for all.
@Suite(.needs(.curl, .redis)) struct ClusterUsageTests {
    private func report(_ arguments: String...) throws -> (text: String, users: Int) {
        let text = try AuthHost.run(["usage", "report"] + arguments)
        let json = try AuthHost.run(["usage", "report", "--json"] + arguments)
        guard text.status == 0, json.status == 0 else { throw ChildError(description: "\(text), \(json)") }
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        return (text.output, try #require(object?["users"] as? Int))
    }

    @Test func `one host counts for all, the next goes on in its own file, and a report has both`() throws {
        let cluster = try ClusterHosts(3, ["--uupp-file", "%r/usage.db", "--uupp-sync-time", "1"])
        let files = (0..<3).map { cluster.folder(of: $0).path("usage.db") }
        for host in 0..<3 { #expect(try cluster.logIn(host, "early \(host)").status == 200) }
        #expect(try cluster.logIn(1, "both").status == 200)
        var counting = -1
        try ClusterHosts.await("one host has counted the log-ins of all") {
            for (host, file) in files.enumerated() where try report("--file", file).users == 4 { counting = host }
            return counting >= 0
        }
        let first = try report("--file", files[counting]).text
        #expect(first.contains("Counted: cluster `authhost`, all hosts, by host \(counting) <"), "\(first)")
        let other = (counting + 1) % 3
        let alone = try report("--file", files[other]).text
        #expect(alone.contains("log-ins at this host alone; host \(counting) <"), "\(alone)")
        cluster.hosts[counting].process.terminate()
        #expect(try cluster.hosts[counting].process.finish().status == 0)
        let left = (0..<3).filter { $0 != counting }
        for host in left { #expect(try cluster.logIn(host, "late \(host)").status == 200) }
        #expect(try cluster.logIn(left[0], "both").status == 200)
        var next = -1
        try ClusterHosts.await("another host goes on") {
            for host in left where try report("--file", files[host]).text.contains("all hosts, by host \(host) <") {
                next = host
            }
            return try next >= 0 && report("--file", files[counting], "--file", files[next]).users == 6
        }
        let merged = try report("--file", files[counting], "--file", files[next]).text
        for host in [counting, next] { #expect(merged.contains("all hosts, by host \(host) <"), "\(merged)") }
    }
}
