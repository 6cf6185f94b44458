import AuthConfiguration
import Basics
import Glibc
import ModuleHost

extension Configuration {
    /// Where modules are looked for.
    var moduleSearch: ModuleSearch {
        ModuleSearch(
            directory: moduleDirectory, applicationRoot: root, applicationName: applicationName,
            bundledDirectory: Self.bundledDirectory())
    }

    /// What to load, and how.
    func loadRequest() throws(Failure) -> LoadRequest {
        LoadRequest(
            module: moduleName, search: moduleSearch, trust: FileTrust(owners: try owners()),
            allowsBare: allowsBareModules, bareGeneration: bareGeneration,
            settings: try Self.optionSettings(moduleOptions), initTimeout: initTimeout,
            trialTimeout: initTimeout)
    }

    /// Returns the users, besides root and the running one, who may own files that decide something.
    func owners() throws(Failure) -> Set<UInt32> {
        var owners = Set<UInt32>()
        for name in trustedOwners {
            let number: UInt32?
            do {
                number = try SystemUser.number(of: name)
            } catch {
                throw Failure(.badConfiguration, "trusted-owner: \(error)", isUnreadable: true)
            }
            guard let number else {
                throw Failure(
                    .badConfiguration, "trusted-owner `\(name)` is neither a user of this system nor a number")
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
                    .badConfiguration,
                    "\(option.name.source): option `\(name)` of a module is a block: a line `\(name) VALUE` is accepted"
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
