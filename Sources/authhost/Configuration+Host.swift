import AuthConfiguration
import AuthCore
import Doors
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
        settings.credentialTime = credentialCacheTime
        settings.credentialLimit = credentialCacheSize
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

    /// Where the HTTP door listens, and how.
    func doorConfiguration() throws(Failure) -> HTTPDoorConfiguration {
        let addresses = httpAddresses.map { HTTPDoorConfiguration.Address(host: $0.host, port: $0.port) }
        guard !addresses.isEmpty || httpSocket != nil || !doors.isEmpty else {
            throw Failure(
                .badConfiguration,
                "nothing to listen on: `http-listen` is none, `http-socket` is not set and there is no `add-door`; set one "
                    + "of them")
        }
        do {
            var door = try HTTPDoorConfiguration(
                addresses: addresses, socketPath: httpSocket,
                forwardAuthObject: forwardAuthObject)
            door.socketMode = httpSocketMode
            door.maximumConnections = httpConnections
            door.maximumClientConnections = httpClientConnections
            door.requestTimeout = httpTimeout
            door.keepAliveTimeout = httpIdleTimeout
            door.realm = httpRealm
            door.administratorDirectories = authDirectories.map {
                AdministratorDirectory(path: $0.path, realm: $0.realm)
            }
            door.sessionCookie = sessionCookie
            return door
        } catch {
            throw Failure(.badConfiguration, "forward-auth-object: \(error)")
        }
    }
}
