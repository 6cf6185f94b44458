import Foundation
import Testing

/// The lines of an audit log about one order: before it is carried out, and after.
struct OrderLines: CustomStringConvertible {
    let description: String
    let outcome: String
    let isOneDecision: Bool

    /// Waits for both, in `audit.log`.
    init(of order: String, in folder: Folder, _ server: Server) throws {
        func lines() -> [Substring] {
            ((try? String(contentsOfFile: folder.path("audit.log"), encoding: .utf8)) ?? "").split(separator: "\n")
                .filter { $0.contains("question=operator") && $0.contains(order) }
        }
        try server.process.wait(until: { lines().count >= 2 })
        let found = lines()
        description = found.joined(separator: "\n")
        outcome = found[1].firstMatch(of: /outcome="([^"]*)"/).map { String($0.1) } ?? ""
        let ids = found.prefix(2).compactMap { $0.firstMatch(of: /decision=([0-9a-f]{32})/)?.1 }
        isOneDecision = found.count == 2 && ids.count == 2 && ids[0] == ids[1] && !found[0].contains("outcome=")
    }
}
