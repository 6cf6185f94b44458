import AuthConfiguration
import Basics
import DoorCarrier
import DoorProtocols

extension Configuration {
    /// All doors: what the `add-door` blocks say, each checked by its type, and then the HTTP door.
    func doorSettings() throws(Failure) -> [DoorSettings] {
        var problems: [Failure.Problem] = []
        let http = try httpDoorSettings()
        let trust = FileTrust(owners: try owners())
        var result: [DoorSettings] = []
        for door in doors {
            if let http, door.name == http.name {
                problems.append(
                    Failure.Problem(
                        place: door.source,
                        message:
                            "a door `\(http.name)` is there already, at `http-listen` or `http-socket`: give this one "
                            + "another `name`"))
            }
            var settings = DoorSettings(door)
            settings.trust = trust
            do throws(DoorProblem) {
                try DoorServers.check(settings)
            } catch {
                problems.append(Failure.Problem(place: door.place(of: error.part), message: "\(error)"))
            }
            result.append(settings)
        }
        guard problems.isEmpty else { throw Failure(.badConfiguration, problems) }
        if let http { result.append(http) }
        guard !result.isEmpty else {
            throw Failure(
                .badConfiguration,
                "nothing to listen on: `http-listen` is `none`, `http-socket` is not set and there is no `add-door`; set one "
                    + "of them")
        }
        return result
    }
}

extension DoorSettings {
    init(_ door: Configuration.Door) {
        self.init(type: door.type, name: door.name)
        addresses = door.addresses.map { .init(host: $0.host, port: $0.port) }
        socketPath = door.socket
        socketMode = door.socketMode
        clients = door.clients
        object = door.object
        applicationID = door.applicationID
        maximumConnections = door.maximumConnections
        maximumClientConnections = door.maximumClientConnections
        timeout = door.timeout
        idleTimeout = door.idleTimeout
        tls = door.tls.map { TLSFiles(certificate: $0.certificate, key: $0.key, clientAuthority: $0.clientAuthority) }
        options = door.options.map { ($0.name, $0.value) }
    }
}

extension Configuration.Door {
    /// Where the part of the block stands that a problem is about.
    func place(of part: DoorProblem.Part) -> SettingSource {
        switch part {
        case .block: source
        case .type: typeSource
        case .object: objectSource
        case .tls(let file): tls?.place(of: file) ?? source
        case .option(let index): options.indices.contains(index) ? options[index].source : source
        case .client(let index): clientSources.indices.contains(index) ? clientSources[index] : source
        }
    }
}

extension Configuration.TLSFiles {
    /// Where a file is named.
    fileprivate func place(of file: DoorProblem.TLSFile) -> SettingSource {
        switch file {
        case .certificate: certificateSource
        case .key: keySource
        case .clientAuthority: clientAuthoritySource ?? certificateSource
        }
    }
}
