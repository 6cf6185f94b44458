import AuthCore
import Basics

/// What a door is: what an `add-door` block says, or `http-listen` and its kin.
public struct DoorSettings: Sendable {
    /// Paths of PEM files.
    public struct TLSFiles: Sendable, Hashable {
        /// The chain in PEM.
        public var certificate: String
        /// The private key in PEM.
        public var key: String
        /// Who signs the certificates of clients; nil asks clients for none.
        public var clientAuthority: String?

        /// Names files; `clientAuthority` is nil where clients show no certificate.
        public init(certificate: String, key: String, clientAuthority: String?) {
            self.certificate = certificate
            self.key = key
            self.clientAuthority = clientAuthority
        }
    }

    /// The door's type, such as `native`.
    public var type: String
    /// What sessions, logs and counters call it.
    public var name: String
    /// Where it listens over TCP.
    public var addresses: [DoorAddress] = []
    /// The unix socket at which it listens; nil for none.
    public var socketPath: String?
    /// The socket's permissions.
    public var socketMode: UInt32 = 0o660
    /// Who may connect, as written; empty for everybody.
    public var clients: [String] = []
    /// The template of objects' names; nil for the type's own.
    public var object: String?
    /// The application id of all sessions; nil for the client's.
    public var applicationID: String?
    /// How many connections it holds at once.
    public var maximumConnections = 10_000
    /// How many of them one address may have over TCP; nil for half of all.
    public var maximumClientConnections: Int?
    /// Who may have written the certificates.
    public var trust = FileTrust()
    /// How long a client may take for the rest of what it has begun to say.
    public var timeout = Duration.seconds(10)
    /// How long a connection may say and hear nothing, unless it has questions or sessions.
    public var idleTimeout = Duration.seconds(600)
    /// The files of TLS over TCP; nil for none.
    public var tls: TLSFiles?
    /// In the order of the block.
    public var options: [(name: String, value: String)] = []

    /// Makes the settings of a block that says nothing but its type and name.
    public init(type: String, name: String) {
        self.type = type
        self.name = name
    }

    /// Checks options and object against what a type declares.
    func check(_ type: any DoorType.Type) throws(DoorProblem) {
        for (index, line) in options.enumerated() {
            guard let option = type.options.first(where: { $0.name == line.name }) else {
                let names = type.options.map { "`\($0.name)`" }
                let known = names.joined(separator: ", ") + (names.count == 1 ? " is accepted" : " are accepted")
                throw DoorProblem(
                    .option(index),
                    "a door of type `\(type.name)` has no option `\(line.name.clippedForMessage)`: "
                        + (names.isEmpty ? "it has none" : known))
            }
            if let complaint = option.complaint(about: line.value) {
                throw DoorProblem(
                    .option(index), "`\(line.value.clippedForMessage)` is no value of `\(option.name)`: \(complaint)")
            }
            if options[..<index].contains(where: { $0.name == line.name }) {
                throw DoorProblem(.option(index), "`\(option.name)` is set twice")
            }
        }
        if object != nil, type.template == nil {
            throw DoorProblem(.object, "a door of type `\(type.name)` has no `object`: its clients name objects")
        }
    }

    /// Whether clients over TCP show certificates that one of the authorities has signed.
    package var hasClientCertificates: Bool { tls?.clientAuthority != nil }

    /// The value of an option, its default where the block does not say.
    func option(_ name: String, of type: any DoorType.Type) -> String {
        options.last { $0.name == name }?.value ?? type.options.first { $0.name == name }?.defaultText ?? ""
    }

    func flag(_ name: String, of type: any DoorType.Type) -> Bool {
        option(name, of: type).uppercased() == "TRUE"
    }

    /// The template of the objects that requests are checked against.
    func objectTemplate(of type: any DoorType.Type) throws(DoorProblem) -> ObjectTemplate {
        do throws(TemplateError) {
            return try ObjectTemplate(object ?? type.template?.defaultText ?? "")
        } catch {
            throw DoorProblem(.object, error.description)
        }
    }

    func integer(_ name: String, of type: any DoorType.Type) -> Int { Int(option(name, of: type)) ?? 0 }
}
