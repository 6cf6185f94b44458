/// A request for an HTTP realm of the host's, by a user whose password the module has accepted.
public struct RealmRequest: Sendable {
    /// What is to be done with the path; the numbers are `HTTP_METHOD_*`.
    public enum Method: UInt32, Sendable {
        case get = 1
        case head, post, put, delete, other
    }

    /// The method of the request.
    public let method: Method
    /// Without the query; 1...4,095 bytes without NUL.
    public let path: ObjectName
    /// The user whose credentials came with it.
    public let user: String
    /// The password that came with it.
    public let password: Secret
    /// What the door knows besides, such as a place in a trace; no module is told.
    public var attributes: [Field] = []

    /// Makes a request for a protected path.
    public init(_ method: Method, path: ObjectName, user: String, password: Secret) {
        self.method = method
        self.path = path
        self.user = user
        self.password = password
    }
}
