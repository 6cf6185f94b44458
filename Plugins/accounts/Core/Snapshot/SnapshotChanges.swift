/// Says whose sessions a re-read file may have changed.
package enum SnapshotChanges: Sendable, Hashable {
    /// What roles, groups or everybody are given has changed: those of any user.
    case everybody
    /// The users whose own entry changed or vanished, UTF-8; may be empty.
    case users([[UInt8]])
}

/// Says what a re-read file means for sessions.
package struct SnapshotReload: Sendable, Hashable {
    /// Whose decisions must be asked for again.
    package let changes: SnapshotChanges
    /// The users who may have no session any more, UTF-8.
    package let ended: [[UInt8]]
}
