import AuthConfiguration
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
        settings.exitTimeout = initTimeout
        return settings
    }
}
