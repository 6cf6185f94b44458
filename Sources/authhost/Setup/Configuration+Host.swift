import AuthConfiguration
import AuthCore
import DoorCarrier
import DoorProtocols
import Logging
import Runtime

extension Configuration {
    /// What the configuration says of the running host.
    var hostSettings: HostConfiguration {
        var settings = HostConfiguration()
        settings.deadlines = Deadlines(
            login: loginTimeout, map: mapTimeout, read: checkReadTimeout, write: checkWriteTimeout)
        settings.queueLimit = moduleQueue
        settings.blockingThreads = moduleThreads
        settings.loginCacheTime = loginCacheTime
        settings.loginCacheLimit = loginCacheSize
        settings.realm = httpRealm
        settings.objectMaps = objectMaps.map { ConfiguredMapping($0.mapping, source: "\($0.source)") }
        settings.objectLimits = objectLimits
        settings.credentialTimeout = credentialTimeout
        settings.limits.sessions = maxUserLimit
        settings.limits.ejects = ejectsUsers
        settings.limits.warning = WarningLevels(warn: maxUserWarn, ok: maxUserOK)
        for parameters in applicationParameters where parameters.inactivityPeriod > 0 {
            settings.inactivityPeriods[ExactText(parameters.applicationID)] = .seconds(parameters.inactivityPeriod)
        }
        settings.exitTimeout = initTimeout
        settings.swap.asksAtOnce = swapAsksAtOnce
        settings.swap.keepsUnresumable = swapKeepsUnresumable
        settings.staleRules.time = rulesStaleTime
        settings.staleRules.denies = deniesByStaleRules
        return settings
    }

    private var objectLimits: ObjectLimits {
        var limits = ObjectLimits()
        limits.isOpen = takesObjectValues
        limits.total = objectLimit
        limits.size = objectSize
        limits.ofSession = sessionObjectLimit
        return limits
    }

    /// `log-level` as the log library has it; both know the same names.
    var leastSeverity: Logger.Level { Logger.Level(rawValue: logLevel) ?? .info }

    /// The HTTP door; nil where it listens nowhere.
    func httpDoorSettings() throws(Failure) -> DoorSettings? {
        guard !httpAddresses.isEmpty || httpSocket != nil else { return nil }
        var door = DoorSettings(type: HTTPDoor.name, name: HTTPDoor.name)
        door.addresses = httpAddresses.map { DoorAddress(host: $0.host, port: $0.port) }
        door.socketPath = httpSocket
        door.socketMode = httpSocketMode
        door.object = forwardAuthObject
        door.maximumConnections = httpConnections
        door.maximumClientConnections = httpClientConnections
        door.timeout = httpTimeout
        door.idleTimeout = httpIdleTimeout
        let items = ["http-realm", "session-cookie", "http-attribute-headers"]
        door.options = [
            ("realm", httpRealm), ("session-cookie", sessionCookie), ("attribute-headers", httpAttributeHeaders),
        ]
        do throws(DoorProblem) {
            try DoorServers.check(door)
        } catch {
            let item: String
            switch error.part {
            case .object: item = "forward-auth-object"
            case .option(let index): item = items[index]
            case .block, .type, .client, .tls:
                let listening = httpAddresses.isEmpty ? "http-socket" : "http-listen"
                throw Failure(.badConfiguration, at: place(of: listening), "\(error)")
            }
            throw Failure(.badConfiguration, at: place(of: item), "`\(item)`: \(error)")
        }
        return door
    }
}
