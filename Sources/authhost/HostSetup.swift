import AuthConfiguration
import AuthCore
import Glibc
import Logging
import ModuleHost
import Runtime

/// From a configuration to a host that can be asked.
struct HostSetup: Sendable {
    let configuration: Configuration
    let output: EventLogOutput
    let log: Logger
    /// Where every decision is recorded; nil where none is configured, and for a command that asks one question.
    let audit: AuditLog?

    /// Reads the configuration file and the command line, and opens the event log.
    ///
    /// - Parameter quiet: log only warnings and worse, for a command that asks one question.
    init(quiet: Bool) throws(Failure) {
        do {
            configuration = try Configuration.load(
                file: nil, arguments: ConfigurationArguments.items,
                environment: ConfigurationContext.processEnvironment())
        } catch {
            throw Failure(.badConfiguration, "\(error)")
        }
        do {
            output = try EventLogOutput(path: quiet ? nil : configuration.eventLog)
        } catch {
            throw Failure(.badConfiguration, "\(error)")
        }
        let handler = EventLogHandler(
            output, level: quiet ? .warning : Self.level(configuration.logLevel),
            json: configuration.logFormat == "json")
        log = Logger(label: "authhost") { _ in handler }
        audit = quiet ? nil : try Self.openAudit(configuration, log)
        for warning in configuration.warnings { log.warning("\(warning)") }
    }

    /// Where modules are looked for.
    var search: ModuleSearch {
        ModuleSearch(
            directory: configuration.moduleDirectory, applicationRoot: configuration.root,
            applicationName: configuration.applicationName, bundledDirectory: Self.bundledDirectory())
    }

    func loadRequest() throws(Failure) -> LoadRequest {
        LoadRequest(
            module: configuration.moduleName, search: search, trust: FileTrust(owners: try owners()),
            allowsBare: configuration.allowsBareModules,
            settings: configuration.moduleOptions.flatMap(Self.settings(of:)),
            initTimeout: configuration.initTimeout)
    }

    /// Makes a host and loads its module. Blocks until `auth_init` has returned.
    func makeHost() throws(Failure) -> Host {
        var settings = configuration.hostSettings
        settings.audit = audit
        let host = Host(settings, log: log)
        let request = try loadRequest()
        do {
            try host.load(request)
        } catch {
            throw Failure(.moduleUnusable, "\(error)")
        }
        return host
    }

    private func owners() throws(Failure) -> Set<UInt32> {
        var owners = Set<UInt32>()
        for name in configuration.trustedOwners {
            if let number = UInt32(name) {
                owners.insert(number)
            } else if let entry = getpwnam(name) {
                owners.insert(entry.pointee.pw_uid)
            } else {
                throw Failure(
                    .badConfiguration, "trusted-owner `\(name)` is neither a user of this system nor a number")
            }
        }
        return owners
    }

    private static func settings(of option: AuthConfiguration.ModuleOption) -> [OptionSetting] {
        option.values.map {
            OptionSetting(name: option.name.text, value: $0.text, source: "\(option.name.source)")
        }
    }

    private static func level(_ text: String) -> Logger.Level {
        switch text {
        case "debug": .debug
        case "info": .info
        case "warn": .warning
        case "error": .error
        case "crit": .critical
        default: .notice
        }
    }

    /// The installation's own module folder, else the folder of the binary itself, which is the build folder.
    private static func bundledDirectory() -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        guard count > 0 else { return nil }
        let binary = String(decoding: buffer[..<count], as: UTF8.self)
        let folder = binary.split(separator: "/").dropLast()
        let installed = "/" + (folder.dropLast() + ["lib", "authhost", "modules"]).joined(separator: "/")
        return access(installed, F_OK) == 0 ? installed : "/" + folder.joined(separator: "/")
    }
}
