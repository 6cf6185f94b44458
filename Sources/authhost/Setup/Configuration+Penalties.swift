import AuthConfiguration
import AuthCore
import Basics
import Runtime

extension Configuration {
    /// How guesses are slowed down and refused.
    ///
    /// - Throws: for an exempt network that is not valid.
    func penaltyRules() throws(Failure) -> PenaltyRules {
        var rules = PenaltyRules()
        rules.limit = penaltyLimit
        rules.networkLimit = penaltyNetworkLimit
        rules.time = penaltyTime
        rules.delay = penaltyDelay
        rules.hosts = max(1, cluster?.hosts ?? 1)
        for (index, text) in penaltyExempt.enumerated() {
            guard let network = NetworkPrefix(text) else {
                let places = self["penalty-exempt"]?.elementSources ?? []
                throw Failure(
                    .badConfiguration, at: places.indices.contains(index) ? places[index] : nil,
                    "`penalty-exempt` takes networks: an address, or `ADDRESS/BITS`; found `\(text.controlsEscaped)`")
            }
            rules.exempt.append(network)
        }
        return rules
    }

    /// The same with the file that keeps them, which is taken for this process. Blocks for as long as the disk does.
    ///
    /// - Throws: where the file cannot be read, is not to be trusted, or is another host's.
    func penaltySettings() throws(Failure) -> PenaltySettings {
        let rules = try penaltyRules()
        guard let penaltyFile else { return PenaltySettings(rules) }
        do {
            return PenaltySettings(rules, file: try PenaltyFile(penaltyFile, FileTrust(owners: try owners())))
        } catch let error as PenaltyFileError {
            throw Failure(.badConfiguration, at: place(of: "penalty-file"), "penalty-file: \(error)")
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(.badConfiguration, at: place(of: "penalty-file"), "penalty-file: \(error)")
        }
    }
}
