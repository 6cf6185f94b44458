import AuthCore
import Basics
import DoorProtocols

extension DoorSettings {
    /// Reads who may connect, with the users of this system.
    ///
    /// - Throws: ``DoorProblem`` that names the first line that is no client, or cannot be looked up now.
    func permittedClients() throws(DoorProblem) -> PermittedClients {
        var users: [ExactText: UInt32] = [:]
        for (index, text) in clients.enumerated() where text.hasPrefix("uid:") {
            let name = String(text.dropFirst(4))
            do throws(FileTrustError) {
                users[ExactText(name)] = try SystemUser.number(of: name)
            } catch {
                throw DoorProblem(.client(index), "\(error)")
            }
        }
        return try PermittedClients(clients, certificates: hasClientCertificates, users: users)
    }
}
