import AuthCore

extension SessionFilter {
    /// The one place where sessions are compared with what an operator or a module asks for: byte by byte, as modules do.
    func matches(_ session: Session) -> Bool {
        let pairs = [
            (user, session.user), (applicationID, session.applicationID), (machineID, session.machineID),
            (address, session.address), (door, session.door),
        ]
        return pairs.allSatisfy { wanted, has in wanted.map { has.hasBytes(of: $0) } ?? true }
            && (idPrefix.map { session.id.hexadecimal.hasPrefix($0) } ?? true)
    }
}
