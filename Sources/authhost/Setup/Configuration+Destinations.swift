import AuthConfiguration
import Basics
import ModuleHost
import Runtime

extension Configuration {
    /// The destinations, each with its authenticator or the instance's.
    func credentialDestinations() throws(Failure) -> [CredentialDestination] {
        let trust = FileTrust(owners: try owners())
        var result: [CredentialDestination] = []
        for destination in destinations {
            guard let authenticator = destination.authenticator else { continue }
            let request = LoadRequest(
                module: authenticator.library, search: moduleSearch, trust: trust,
                settings: try Self.optionSettings(authenticator.options), initTimeout: initTimeout,
                trialTimeout: initTimeout)
            result.append(
                CredentialDestination(
                    ModuleHost.Destination(name: destination.name, address: destination.addresses.first ?? ""),
                    authenticator: request, source: "\(authenticator.source)",
                    servers: destination.servers.map(\.description)))
        }
        return result
    }
}
