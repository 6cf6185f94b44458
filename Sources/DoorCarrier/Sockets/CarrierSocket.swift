import DoorProtocols

/// What a carrier needs of the connection under it, on the connection's own thread.
///
/// The connection tells its carrier what happens, and carries out what the carrier asks for.
protocol CarrierSocket: AnyObject {
    /// The connection's clock.
    var now: DoorInstant { get }
    /// Whether the client takes what is written.
    var isWritable: Bool { get }
    /// For other threads.
    var reference: CarrierReference { get }

    /// Sends bytes behind those that were written before. It calls nothing of the carrier's.
    func write(_ bytes: [UInt8])
    /// Calls ``Carrier/sent(_:)`` when what was written is with the client's system.
    func tellWhenSent()
    /// Calls ``Carrier/flushed(_:)`` when everything that was written is with the client's system, or cannot be.
    func flush()
    /// Reads again, where reading was held back and ``Carrier/wantsRead(_:)`` says so.
    func readIfWanted()
    /// Calls ``Carrier/ring(_:)`` at a time, and at no other; nil for never.
    func setTimer(_ due: DoorInstant?)
    /// Closes this half.
    func closeOutput()
    /// Closes the connection; ``Carrier/leave()`` is called then.
    func close()
}

/// How many bytes a client may leave untaken: with more than the most it is not read and not written to, until there are few.
enum UnreadLimits {
    static let most = 262_144
    static let few = 65_536
}
