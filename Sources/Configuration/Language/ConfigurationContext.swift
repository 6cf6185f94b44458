/// What a configuration may refer to outside of its files.
public struct ConfigurationContext: Sendable {
    /// The name of an application without one.
    package static let usualApplicationName = "authhost"

    /// The environment variables behind `${ENV:NAME}`.
    public var environment: [String: String]
    /// What `%h` and `${HOST_NAME}` stand for.
    public var hostName: String
    /// The default of application-root; an absolute path.
    public var workingDirectory: String
    /// The program's version, for `${MAJOR_VERSION}` and `${MINOR_VERSION}`.
    public var version: (major: Int, minor: Int)
    /// Where files come from.
    public var files: ConfigurationFiles

    /// Makes a context.
    public init(
        environment: [String: String], hostName: String, workingDirectory: String,
        version: (major: Int, minor: Int) = (0, 1), files: ConfigurationFiles = .disk
    ) {
        self.environment = environment
        self.hostName = hostName
        self.workingDirectory = workingDirectory
        self.version = version
        self.files = files
    }
}
