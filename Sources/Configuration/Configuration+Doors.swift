// Typed access to `add-door` blocks.
extension Configuration {
    /// An `add-door` block; what its type takes is for the doors to check.
    public struct Door: Hashable, Sendable {
        /// The protocol's name and its place.
        public let type: String
        /// Where the type was written.
        public let typeSource: SettingSource
        /// What sessions, logs and counters call it, 1...64 bytes.
        public let name: String
        /// Where the block begins.
        public let source: SettingSource
        /// Where it listens over TCP; may be empty when there is a socket.
        public let addresses: [ListenAddress]
        /// The path of its unix socket, nil for none.
        public let socket: String?
        /// Where the socket is named, else where the block begins.
        public let socketSource: SettingSource
        /// Where each of ``addresses`` stands.
        public let addressSources: [SettingSource]
        /// The permissions of the unix socket.
        public let socketMode: UInt32
        /// Who may connect, as written; empty for everybody.
        public let clients: [String]
        /// Where each of ``clients`` stands.
        public let clientSources: [SettingSource]
        /// The template of object names; nil for the type's own.
        public let object: String?
        /// Where the template stands.
        public let objectSource: SettingSource
        /// The application id of its sessions; nil for the client's.
        public let applicationID: String?
        /// How many connections it holds at once, at least 1.
        public let maximumConnections: Int
        /// How many of them one address may have, at least 1; nil for half of all.
        public let maximumClientConnections: Int?
        /// How long a client may take for what it has begun to say.
        public let timeout: Duration
        /// How long a connection without questions and sessions may say and hear nothing.
        public let idleTimeout: Duration
        /// The files of TLS; nil for none.
        public let tls: TLSFiles?
        /// The options of its type, in order.
        public let options: [DoorOption]
    }

    /// Paths of PEM files.
    public struct TLSFiles: Hashable, Sendable {
        /// The chain in PEM.
        public let certificate: String
        /// The private key in PEM.
        public let key: String
        /// Who signs the certificates of clients; nil asks clients for none.
        public let clientAuthority: String?
        /// Where the chain is named.
        public let certificateSource: SettingSource
        /// Where the key is named.
        public let keySource: SettingSource
        /// Where the authority is named; nil where none is.
        public let clientAuthoritySource: SettingSource?
    }

    /// An `option` line of a door.
    public struct DoorOption: Hashable, Sendable {
        /// The option's name.
        public let name: String
        /// The option's value.
        public let value: String
        /// Where it was written.
        public let source: SettingSource
    }

    /// The doors besides the HTTP door, in order.
    public var doors: [Door] { blocks(ItemDefinition.door.name).compactMap(Door.init) }
}

extension Configuration.Door {
    init?(_ block: ConfigurationBlock) {
        func text(_ item: ItemDefinition) -> String? {
            if case .text(let text) = block[item.name]?.value { text } else { nil }
        }
        func source(_ item: ItemDefinition) -> SettingSource {
            guard let setting = block[item.name], setting.source != .builtIn else { return block.source }
            return setting.source
        }
        func integer(_ item: ItemDefinition) -> Int {
            if case .integer(let number) = block[item.name]?.value { number } else { 0 }
        }
        guard let type = text(.doorType) else { return nil }
        self.type = type
        typeSource = source(.doorType)
        name = text(.doorName) ?? type
        self.source = block.source
        addresses = (block[ItemDefinition.doorListen.name]?.value?.texts ?? []).compactMap(ListenAddress.init)
        addressSources = block[ItemDefinition.doorListen.name]?.elementSources ?? []
        socket = text(.doorSocket)
        socketSource = source(.doorSocket)
        socketMode = UInt32(truncatingIfNeeded: integer(.doorSocketMode))
        clients = block[ItemDefinition.doorClient.name]?.value?.texts ?? []
        clientSources = block[ItemDefinition.doorClient.name]?.elementSources ?? []
        object = text(.doorObject)
        objectSource = source(.doorObject)
        applicationID = text(.doorApplication)
        maximumConnections = integer(.doorConnections)
        let ofClient = integer(.doorClientConnections)
        maximumClientConnections = ofClient > 0 ? ofClient : nil
        func seconds(_ item: ItemDefinition, orElse usual: Double) -> Duration {
            if case .float(let seconds) = block[item.name]?.value { .seconds(seconds) } else { .seconds(usual) }
        }
        timeout = seconds(.doorTimeout, orElse: 10)
        idleTimeout = seconds(.doorIdleTimeout, orElse: 600)
        tls = text(.doorCertificate).flatMap { certificate in
            text(.doorKey).map {
                Configuration.TLSFiles(
                    certificate: certificate, key: $0, clientAuthority: text(.doorClientAuthority),
                    certificateSource: source(.doorCertificate), keySource: source(.doorKey),
                    clientAuthoritySource: text(.doorClientAuthority).map { _ in source(.doorClientAuthority) })
            }
        }
        let lines = block[ItemDefinition.doorOption.name]
        // A row has a place for each of its texts.
        let places = lines?.elementSources ?? []
        options = (lines?.value?.rows ?? []).enumerated().map { index, row in
            Configuration.DoorOption(
                name: row.first ?? "", value: row.dropFirst().first ?? "",
                source: places.indices.contains(index * 2) ? places[index * 2] : block.source)
        }
    }
}

/// What must hold in `add-door` blocks, whatever their type.
enum DoorItems {
    static func check(_ settings: [String: Setting], _ problems: inout ProblemList) {
        var names: [String: SettingSource] = [:]
        for block in settings[ItemDefinition.door.name]?.value?.blocks ?? [] {
            guard let door = Configuration.Door(block) else { continue }
            if let first = names.updateValue(door.source, forKey: door.name) {
                problems.add(
                    .duplicate, at: door.source,
                    "a door `\(door.name.clipped)` is there already, at \(first): give one of them another `name`")
            }
            let isName = door.name.utf8.allSatisfy { $0 == 0x2D || $0 == 0x5F || $0.isLetterOrDigit }
            if !(1...64).contains(door.name.utf8.count) || !isName {
                problems.add(
                    .badValue, at: door.source,
                    "`\(door.name.clipped)` cannot name a door: 1 to 64 of a-z, A-Z, 0-9, `-` and `_` are accepted")
            }
            checkPlaces(block, door, &problems)
        }
    }

    private static func checkPlaces(
        _ block: ConfigurationBlock, _ door: Configuration.Door, _ problems: inout ProblemList
    ) {
        func isSet(_ item: ItemDefinition) -> Bool { block[item.name]?.value != nil }
        if door.addresses.isEmpty && door.socket == nil {
            problems.add(
                .missing, at: door.source,
                "the door `\(door.name.clipped)` has neither `listen` nor `socket`: set one of them")
        }
        if isSet(.doorCertificate) != isSet(.doorKey) {
            problems.add(
                .missing, at: door.source,
                "the door `\(door.name.clipped)` needs `tls-certificate` and `tls-key` together")
        }
        if isSet(.doorClientAuthority) && !isSet(.doorCertificate) {
            problems.add(
                .missing, at: door.source,
                "the door `\(door.name.clipped)` has a `tls-client-authority` and no `tls-certificate`")
        }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
