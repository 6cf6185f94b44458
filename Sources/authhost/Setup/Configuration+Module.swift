import AuthConfiguration
import AuthCore
import Basics
import Glibc
import ModuleHost
import Runtime

extension Configuration {
    /// Where modules are looked for.
    var moduleSearch: ModuleSearch {
        ModuleSearch(
            directory: moduleDirectory, applicationRoot: root, applicationName: applicationName,
            bundledDirectory: Self.bundledDirectory())
    }

    /// What to load, and how.
    ///
    /// - Parameter module: another module than the configured one, with the options that are set for it.
    func loadRequest(module: String? = nil) throws(Failure) -> LoadRequest {
        var request = LoadRequest(
            module: module ?? moduleName, search: moduleSearch, trust: FileTrust(owners: try owners()),
            allowsBare: allowsBareModules, bareGeneration: bareGeneration,
            settings: try Self.optionSettings(module.map { options(ofModule: $0) } ?? moduleOptions),
            initTimeout: initTimeout, trialTimeout: initTimeout)
        request.pin = try pin(ofModule: request.module)
        request.isolation = try isolation()
        _ = try hangAction()
        _ = try shadowRequest()
        return request
    }

    /// What to load as the shadow, and how; nil where there is none.
    func shadowRequest() throws(Failure) -> LoadRequest? {
        guard let name = shadowModule else { return nil }
        var request = LoadRequest(
            module: name, search: moduleSearch, trust: FileTrust(owners: try owners()), allowsBare: allowsBareModules,
            bareGeneration: bareGeneration, settings: try Self.optionSettings(options(ofShadow: name)),
            initTimeout: initTimeout, trialTimeout: initTimeout)
        request.pin = try pin(ofModule: name)
        request.isolation = try shadowIsolation()
        return request
    }

    /// Returns the pin of a module; nil where it has none and needs none.
    ///
    /// - Throws: the first `module-pin` line that is wrong, of whatever module.
    func pin(ofModule name: String) throws(Failure) -> ModulePin? {
        var found: ModulePin?
        for pin in modulePins {
            let digits = pin.digest.hasPrefix("sha256:") ? pin.digest.dropFirst(7) : ""
            guard digits.utf8.count == 64, digits.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
                throw Failure(
                    .badConfiguration,
                    "\(pin.source): `module-pin` takes `sha256:` and 64 digits of 0-9 and a-f, not `\(pin.digest)`; "
                        + "`authhost module inspect --pin \(pin.module)` prints the line")
            }
            guard Self.baseName(ofModule: pin.module) == Self.baseName(ofModule: name) else { continue }
            if let before = found {
                throw Failure(
                    .badConfiguration, "\(pin.source): module `\(name)` has a pin already, at \(before.source)")
            }
            found = ModulePin(digest: String(digits), source: "\(pin.source)")
        }
        return found ?? modulePinRequired.map { ModulePin(digest: nil, source: "\($0)") }
    }

    /// Returns what a module must answer before a swap puts it in force.
    ///
    /// - Throws: the first test that asks what cannot be asked.
    func moduleTestQuestions() throws(Failure) -> [ModuleTest] {
        var tests: [ModuleTest] = []
        for block in moduleTests { tests.append(try Self.test(block)) }
        return tests
    }

    private static func test(_ block: ModuleTestBlock) throws(Failure) -> ModuleTest {
        let login: Login
        do {
            login = try Login(
                user: block.user, password: Secret(block.password), applicationID: block.applicationID, door: "test")
        } catch {
            throw Failure(.badConfiguration, "\(block.source): `add-module-test`: \(error)")
        }
        if !block.admits, let first = block.checks.first {
            throw Failure(
                .badConfiguration,
                "\(first.source): `check` asks what a user may do who is in, and `login deny` expects that the user is not"
            )
        }
        var checks: [ModuleTest.Expectation] = []
        for check in block.checks {
            guard let action = Check.Action(rawValue: check.action), ["allow", "deny"].contains(check.verdict) else {
                throw Failure(
                    .badConfiguration,
                    "\(check.source): `check` takes read, write or create, an object, and allow or deny, not "
                        + "`\(check.action) \(check.object) \(check.verdict)`")
            }
            do {
                let question = Check(action, try ObjectName(check.object))
                checks.append(.init(question, allows: check.verdict == "allow", source: "\(check.source)"))
            } catch {
                throw Failure(.badConfiguration, "\(check.source): `check`: \(error)")
            }
        }
        return ModuleTest(
            login: login, admits: .init(nil, allows: block.admits, source: "\(block.source)"), checks: checks)
    }

    /// Where an item was set; nil for one that has its default.
    func place(of item: String) -> SettingSource? {
        guard let source = self[item]?.source, source != .builtIn else { return nil }
        return source
    }

    /// Makes the failure of the module's error, with the place of the option that is wrong, else of the module's name.
    func failure(_ error: ModuleError) -> Failure {
        let named = error.place == nil ? place(of: "auth-module") ?? moduleOptions.first?.name.source : nil
        let text = named.map { "\($0): \(error)" } ?? "\(error)"
        return Failure(error.code.isOption ? .badConfiguration : .moduleUnusable, text)
    }

    /// Returns the users, besides root and the running one, who may own files that decide something.
    func owners() throws(Failure) -> Set<UInt32> {
        var owners = Set<UInt32>()
        for name in trustedOwners {
            let number: UInt32?
            do {
                number = try SystemUser.number(of: name)
            } catch {
                throw Failure(
                    .badConfiguration, at: place(of: "trusted-owner"), "trusted-owner: \(error)", isUnreadable: true)
            }
            guard let number else {
                throw Failure(
                    .badConfiguration, at: place(of: "trusted-owner"),
                    "trusted-owner `\(name)` is neither a user of this system nor a number")
            }
            owners.insert(number)
        }
        return owners
    }

    /// Returns a module's options as they are handed to its loader.
    static func optionSettings(_ options: [AuthConfiguration.ModuleOption]) throws(Failure) -> [OptionSetting] {
        var settings: [OptionSetting] = []
        for option in options {
            let name = option.name.text
            guard option.block == nil else {
                throw Failure(
                    .badConfiguration, at: option.name.source,
                    "option `\(name)` of a module is a block: a line `\(name) VALUE` is accepted"
                )
            }
            if option.values.isEmpty {
                settings.append(OptionSetting(bareFlag: name, source: "\(option.name.source)"))
            }
            settings += option.values.map {
                OptionSetting(name: name, value: $0.text, source: "\(option.name.source)")
            }
        }
        return settings
    }

    /// The installation's own module folder, else the folder of the binary itself, which is the build folder.
    private static func bundledDirectory() -> String? {
        guard !Program.path.isEmpty else { return nil }
        let folder = Program.path.split(separator: "/").dropLast()
        let installed = "/" + (folder.dropLast() + ["lib", "authhost", "modules"]).joined(separator: "/")
        return access(installed, F_OK) == 0 ? installed : "/" + folder.joined(separator: "/")
    }
}

/// The running program.
enum Program {
    /// Its absolute path; empty where the system does not say it.
    static let path: String = {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        return String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
    }()
}
