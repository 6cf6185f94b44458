/// Names what a session wants to do with an object.
public enum ObjectAction: UInt8, Sendable, CaseIterable {
    /// Receive the object's values.
    case read = 0
    /// Contribute to an object that exists.
    case write = 1
    /// Make an object that does not exist yet.
    case create = 2

    /// Wraps the action as a set of one.
    public var asSet: ObjectActions { ObjectActions(rawValue: 1 << rawValue) }
}

/// Collects the actions a rule speaks about.
public struct ObjectActions: OptionSet, Sendable, Hashable {
    /// One bit for each ``ObjectAction``, bit number = raw value of the action.
    public let rawValue: UInt8

    /// Takes the bits as they are; bits above the third mean nothing.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Holds `read` alone.
    public static let read = ObjectAction.read.asSet
    /// Holds `write` alone.
    public static let write = ObjectAction.write.asSet
    /// Holds `create` alone.
    public static let create = ObjectAction.create.asSet
    /// Holds every action.
    public static let all: ObjectActions = [.read, .write, .create]
}
