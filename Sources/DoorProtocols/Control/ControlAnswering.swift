/// What stands behind a control socket.
public protocol ControlAnswering: Sendable {
    /// Keeps the calling thread, the control socket's own, free of module code from now on.
    func keepThreadFree()

    /// Answers everything but `events` and `credential`. May take a while; it is called on the control socket's own thread.
    func answer(_ request: ControlRequest) -> ControlReply

    /// Has all hosts of the cluster answer: calls `done` once, on any thread.
    func answer(ofCluster request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void)

    /// Answers `credential`: calls `done` once, on any thread.
    func credential(_ request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void)

    /// Answers `modules`, `swap`, `rollback`, `release` and `promote`: calls `done` once, on any thread, perhaps after seconds.
    func module(_ request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void)

    /// Answers `take-over`, and goes on with the process at the other end of the connection.
    ///
    /// - Parameters:
    ///   - connection: a descriptor of it, which is the host's from here on; -1 where there is none.
    ///   - refused: called once, on any thread, with why nothing was begun. Never called where something was: nothing else reads or
    ///     writes the connection then.
    func takeOver(
        _ request: ControlRequest, _ connection: Int32, refused: @escaping @Sendable (ControlReply) -> Void)

    /// The number of the next line of the event log.
    var nextEvent: UInt64 { get }

    /// Returns lines of the event log from a number on, and how many of those asked for are gone.
    func events(from start: UInt64, limit: Int) -> (lines: [String], next: UInt64, missed: UInt64)
}

extension ControlAnswering {
    /// Does nothing: no module is called on this thread.
    public func keepThreadFree() {}

    /// Refuses: there is no module to change.
    public func module(_ request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void) {
        done(.failure("`\(request.action.rawValue)` is not answered here"))
    }

    /// Says that there is no cluster.
    public func answer(ofCluster request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void) {
        done(.failure("this host is in no cluster: `cluster-registry` is not set"))
    }
}
