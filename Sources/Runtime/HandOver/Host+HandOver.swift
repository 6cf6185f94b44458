import AuthCore
import Logging
import Synchronization

// One host in two processes, one after the other.
extension Host {
    // MARK: the process that was there

    /// Answers no question from now on, lets the log-ins end that are being let in, and waits for them.
    ///
    /// - Returns: false where the host stops, or they do not end in time; nothing has changed then.
    public func beginHandOver(within limit: Duration) -> Bool {
        guard change(.running, to: .handingOver) else { return false }
        if sessions.opening.close(within: limit) { return true }
        cancelHandOver()
        return false
    }

    /// Answers again, after ``beginHandOver(within:)``.
    public func cancelHandOver() {
        sessions.opening.open()
        _ = change(.handingOver, to: .running)
    }

    /// The open sessions, oldest first, while nothing is answered.
    public var handedSessions: [HandedSession] { sessions.handed(at: clock.now) }

    /// Whether a session is open.
    public func isOpen(_ id: SessionID) -> Bool { sessions.session(id)?.isOpen ?? false }

    /// What is known of wrong passwords; nil where nothing is kept.
    public var penaltyText: String? {
        let now = clock.now
        return logins.penalties?.table.withLock { $0 }.text(wall: now.wall, at: now.monotonic)
    }

    /// Writes what is to be kept for the last time: another process keeps it from now on, unless ``takeBack()`` follows. Blocks for as
    /// long as the disk does.
    public func endHandOver() {
        guard !hasHandedOver.exchange(true, ordering: .acquiringAndReleasing) else { return }
        logins.penalties?.stop()
        audit?.stop()
    }

    /// Answers again after ``beginHandOver(within:)`` and, where it came to that, ``endHandOver()``: the other process has gone. What is
    /// kept goes on behind what that one has written. Blocks for as long as the disk does.
    public func takeBack() {
        if hasHandedOver.exchange(false, ordering: .acquiringAndReleasing) {
            logins.penalties?.resume()
            audit?.resume()
        }
        cancelHandOver()
    }

    private func change(_ before: HostStage, to next: HostStage) -> Bool {
        stage.compareExchange(
            expected: before.rawValue, desired: next.rawValue, ordering: .acquiringAndReleasing
        ).exchanged
    }

    // MARK: the process that takes over

    /// Opens sessions that the other process has let in. The module is asked about each as after a swap.
    ///
    /// - Returns: how many could be opened, in their order up to the first that could not.
    public func take(_ handed: some Sequence<HandedSession>) -> Int {
        let now = clock.now
        var count = 0
        for session in handed {
            guard sessions.take(session, at: now) else { break }
            count += 1
        }
        return count
    }

    /// Takes over what the other process knows of wrong passwords, in the place of what a file has said.
    ///
    /// - Throws: ``PenaltyTextError``; what was known stays then.
    public func takePenalties(_ text: String) throws(PenaltyTextError) {
        guard let penalties = logins.penalties else { return }
        let now = clock.now
        try penalties.table.withLock { table throws(PenaltyTextError) in
            try table.restore(text, wall: now.wall, at: now.monotonic)
        }
    }

    /// Ends sessions that have ended in the other process.
    public func end(_ ids: [SessionID]) {
        for id in ids { if let session = sessions.session(id) { sessions.end(session, .expired) } }
    }

    /// Goes on where the other process has ended: with the chains of the audit log, and with what is asked about sessions at once.
    public func goOn() {
        audit?.goOn()
        modules.askIfAtOnce()
    }
}
