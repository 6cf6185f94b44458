import AuthConfiguration
import Basics
import DoorCarrier
import DoorProtocols
import Glibc
import Logging
import ModuleHost
import Runtime
import Signatures

/// Looks for everything that would stop a start, and for what is doubtful. Nothing stays open and no log is written.
struct ConfigurationCheck {
    /// What was found at one place.
    struct Finding {
        /// What a start ends with because of it; nil for a warning.
        let status: ExitStatus?
        let problem: Failure.Problem
    }

    let configuration: Configuration
    /// Whether ports, sockets and files must be free, as they are while no host runs.
    let binds: Bool
    /// Whether code of modules may run.
    let runsModules: Bool
    private(set) var findings: [Finding] = []
    private(set) var module: ModuleInspection?

    init(_ configuration: Configuration, binds: Bool, runsModules: Bool) {
        self.configuration = configuration
        self.binds = binds
        self.runsModules = runsModules
        findings = configuration.warnings.map {
            Finding(status: nil, problem: Failure.Problem(place: $0.source, message: $0.message))
        }
        // In the order of a start.
        checkFiles()
        checkDoors()
        checkCounting()
        checkModules()
        checkListening()
    }

    var warnings: Int { findings.count { $0.status == nil } }

    /// What a start ends with, which is that of the first problem; nil when it would serve.
    var status: ExitStatus? { findings.lazy.compactMap(\.status).first }

    mutating func warn(at place: SettingSource?, _ message: String) {
        findings.append(Finding(status: nil, problem: Failure.Problem(place: place, message: message)))
    }

    mutating func add(at place: SettingSource?, _ message: String) {
        findings.append(
            Finding(status: .badConfiguration, problem: Failure.Problem(place: place, message: message)))
    }

    mutating func add(_ failure: Failure) {
        for problem in failure.problems
        where !findings.contains(where: { $0.status != nil && $0.problem.text == problem.text }) {
            findings.append(Finding(status: failure.status, problem: problem))
        }
    }

    /// Takes a step of a start, and notes what hinders it.
    mutating func attempt<Result>(_ step: (Configuration) throws(Failure) -> Result) -> Result? {
        do throws(Failure) {
            return try step(configuration)
        } catch {
            add(error)
            return nil
        }
    }

    // MARK: - Modules

    /// A start does not end because of a shadow that cannot be used.
    private mutating func checkShadow() {
        do {
            guard let request = try configuration.shadowRequest() else { return }
            _ = try ModuleLoader(request).checkOptions()
        } catch let error as ModuleError {
            warn(at: error.place == nil ? configuration.place(of: "auth-module-shadow") : nil, "no shadow: \(error)")
        } catch {
            // The module's own request has told it.
        }
    }

    /// Compares options with what files declare, and starts what is good so far, as a start does.
    private mutating func checkModules() {
        let errors = findings.count - warnings
        for item in attempt({ (configuration) throws(Failure) in try configuration.credentialDestinations() }) ?? [] {
            do {
                _ = try ModuleLoader(item.authenticator).checkOptions()
            } catch {
                let error = item.error(error)
                add(Failure(error.code.isOption ? .badConfiguration : .moduleUnusable, "\(error)"))
            }
        }
        module = attempt { (configuration) throws(Failure) in
            let request = try configuration.loadRequest()
            do throws(ModuleError) {
                return try ModuleLoader(request).checkOptions()
            } catch {
                throw configuration.failure(error)
            }
        }
        _ = attempt { (configuration) throws(Failure) in try configuration.moduleTestQuestions() }
        checkShadow()
        let name = Configuration.baseName(ofModule: configuration.moduleName)
        let shadow = configuration.shadowModule.map(Configuration.baseName(ofModule:))
        for pin in configuration.modulePins
        where ![name, shadow].contains(Configuration.baseName(ofModule: pin.module)) {
            warn(at: pin.source, "`module-pin` of `\(pin.module)` holds for a swap alone: the module is `\(name)`")
        }
        let made = attempt { (configuration) throws(Failure) in try HostSetup(checking: configuration) }
        guard let setup = made else { return }
        _ = attempt { (_: Configuration) throws(Failure) in try setup.usageService() }
        // A module that is not good so far is not begun.
        guard findings.count - warnings == errors, runsModules else { return }
        _ = attempt { (_: Configuration) throws(Failure) in try setup.makeHost().stop() }
    }
}
