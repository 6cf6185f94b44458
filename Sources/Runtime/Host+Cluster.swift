import AuthCore
import ModuleHost

/// What a cluster does to a host that is a part of it.
extension Host {
    /// Ejects a session, since a log-in on this host or another takes its place, or somebody has ordered it for all hosts.
    package func ejectForCluster(handle: UInt64) {
        guard let session = sessions.session(handle: handle) else { return }
        sessions.eject(session, note: ": the cluster has it so, for a newer log-in or by an order to all hosts")
    }

    /// Ends every session, since other hosts give their places away.
    package func endIsolated() {
        for session in sessions.sessions(of: nil) { sessions.end(session, .expired) }
    }
}

/// What a module asks of one host and means for all.
package enum ClusterWord: Sendable {
    /// The end of all sessions that match.
    case eject(SessionFilter)
    /// The end of what is kept in a scope, which is no single session.
    case invalidate(InvalidationScope)
}
