/// What an operator does to the running host, or the host by itself, as the audit log has it.
public struct OperatorOrder: Sendable {
    /// Who it is: `uid:` and a number at the control socket, the user's name over HTTP; "" for another host of the cluster, and for this one.
    public let user: String
    /// `control`, `http` or `cluster`; of a swap that no operator has asked for, `signal` or `module-hang-action`.
    public let door: String
    /// What is done, such as `eject`.
    public let action: String
    /// To what, in words.
    public let scope: String

    /// Describes an order.
    public init(user: String, door: String, action: String, scope: String) {
        (self.user, self.door, self.action, self.scope) = (user, door, action, scope)
    }
}
