import ArgumentParser
import AuthConfiguration
import AuthCore
import Basics
import DoorProtocols
import Glibc
import ModuleHost

/// Looks at modules without running any of their code, and changes the one of a running host.
struct ModuleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "module", abstract: "List and inspect modules, and swap the one of a running host.",
        subcommands: [
            ListCommand.self, InspectCommand.self, SwapCommand.self, RollbackCommand.self, ReleaseCommand.self,
        ])

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the modules of the running host, and those in the module directory.",
            discussion: """
                Where a host answers at the control socket, what it has loaded comes first; the files on disk may be others by \
                now. A line has the name by which commands find the module, and the name that the module gives itself, if \
                that differs.
                """)

        @OptionGroup var control: ControlOptions

        private var json: Bool { control.json }

        func run() throws {
            let setup = try HostSetup(quiet: true)
            try showRunning()
            for directory in setup.configuration.moduleSearch.directories {
                for name in Self.files(in: directory) { try show("\(directory)/\(name)", setup) }
            }
        }

        /// Prints what runs, where a host answers. An operator who names a socket is told where no host answers.
        private func showRunning() throws {
            guard control.socket != nil || HostSetup.controlSocket() != nil else { return }
            let modules: [ControlReply.Module]
            do {
                modules = try control.ask(ControlRequest(.modules)).reply.modules ?? []
            } catch {
                if control.socket != nil { throw error }
                return
            }
            for module in modules {
                Terminal.write(
                    json
                        ? String(decoding: ControlLine.encode(module).dropLast(), as: UTF8.self)
                        : OperatorText.module(module))
            }
        }

        private func show(_ path: String, _ setup: HostSetup) throws {
            var request = try setup.configuration.loadRequest()
            request.module = path
            request.pin = nil
            do {
                let inspection = try ModuleLoader(request).inspect()
                guard inspection.hasDescriptor || !inspection.bareEntries.isEmpty else { return }
                let generation = inspection.identity?.generation ?? 7
                let name = inspection.identity?.name
                let version = inspection.identity?.version
                let module = Self.name(ofFile: path, in: setup.configuration.moduleSearch)
                let object = JSONText.object([
                    ("module", .text(module)), ("name", name.map { .text($0) }), ("version", version.map { .text($0) }),
                    ("generation", .integer(Int64(generation))), ("path", .text(inspection.path)),
                ])
                let other = OperatorText.otherName(name, than: module)
                let text = "\(module.controlsEscaped)  \(version ?? "-")  \(generation)  \(inspection.path)\(other)"
                Terminal.write(json ? object : text)
            } catch {
                let object = JSONText.object(texts: [("path", path), ("error", "\(error)")])
                Terminal.write(json ? object : "-  -  -  \(path)  \(error)")
            }
        }

        /// The shortest word by which commands and the configuration find a file.
        private static func name(ofFile path: String, in search: ModuleSearch) -> String {
            let file = path.split(separator: "/").last.map(String.init) ?? path
            return [Configuration.baseName(ofModule: path), file].first { name in
                (try? search.candidates(name))?.first { access($0, F_OK) == 0 } == path
            } ?? path
        }

        private static func files(in directory: String) -> [String] {
            guard let stream = opendir(directory) else { return [] }
            defer { closedir(stream) }
            var names: [String] = []
            while let entry = readdir(stream) {
                // SAFETY: d_name is NUL-terminated (readdir(3)) and lives until the next readdir of this stream.
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name.hasSuffix(".so") { names.append(name) }
            }
            return names.sorted()
        }
    }

    struct InspectCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "inspect", abstract: "Show identity, entry points, options and needed libraries of a module.")

        @Argument(help: "A module's name, or the path of its file.")
        var file: String

        @Flag(help: "Print JSON.")
        var json = false

        @Flag(help: "Print the line `module-pin` for the configuration, and nothing else.")
        var pin = false

        @OptionGroup var common: ConfigurationFileOption

        func run() throws {
            var request = try HostSetup(quiet: true).configuration.loadRequest()
            request.module = try absolute(file)
            request.pin = nil
            let found: (inspection: ModuleInspection, refusals: [ModuleError])
            do {
                found = try ModuleLoader(request).inspectAndJudge()
            } catch {
                throw Failure(.moduleUnusable, "\(error)")
            }
            if pin {
                let name = Configuration.baseName(ofModule: found.inspection.path)
                return Terminal.write("module-pin \(name) sha256:\(found.inspection.digest)")
            }
            let text = InspectionText(found.inspection, found.refusals)
            Terminal.write(json ? text.json : text.text)
            guard found.refusals.isEmpty else {
                throw Failure(
                    .moduleUnusable,
                    "module `\(file)` would not be loaded: \(found.refusals.count) under `refused` say why")
            }
        }

        private func absolute(_ file: String) throws -> String {
            guard file.contains("/"), !file.hasPrefix("/") else { return file }
            guard let resolved = realpath(file, nil) else {
                throw Failure(.moduleUnusable, "`\(file)`: \(SystemError())")
            }
            defer { free(resolved) }
            return String(cString: resolved)
        }
    }
}

/// An inspection as text and as JSON.
struct InspectionText {
    private let inspection: ModuleInspection
    private let refusals: [ModuleError]

    /// - Parameter refusals: why the module would not be loaded.
    init(_ inspection: ModuleInspection, _ refusals: [ModuleError]) {
        self.inspection = inspection
        self.refusals = refusals
    }

    private var told: [String] { refusals.map { "\($0.detail) (\($0.code.rawValue))" } }

    var text: String {
        var lines = ["file        \(inspection.path)"]
        if let identity = inspection.identity {
            lines.append("module      \(identity.name.controlsEscaped) \(identity.version.controlsEscaped)")
            lines.append(
                "generation  \(identity.generation)" + (inspection.draft > 0 ? ", draft \(inspection.draft)" : ""))
            lines.append("threads     \(identity.threads)")
        } else {
            lines.append("module      \(inspection.hasDescriptor ? "no note" : "no descriptor")")
        }
        lines += told.map { "refused     \($0)" }
        if let build = inspection.buildID { lines.append("build       \(build)") }
        lines += inspection.openings.map { "open        \($0)" }
        lines += inspection.entries.map { entry in
            let threads = ModuleIdentity.Threads(rawValue: entry.threads).flatMap { $0 == .serial ? nil : " (\($0))" }
            return
                "entry       \(entry.name.controlsEscaped) \(entry.version) \(entry.signature.controlsEscaped)\(threads ?? "")"
        }
        if !inspection.hasDescriptor { lines += inspection.bareEntries.map { "bare entry  \($0)" } }
        for option in inspection.options {
            let value = option.defaultValue.map { $0.isEmpty ? "none" : $0 } ?? "required"
            lines.append("option      \(option.name) (\(option.kind), \(value)): \(option.help)".controlsEscaped)
        }
        lines += inspection.neededLibraries.map { "needs       \($0)" }
        lines += inspection.libraryPaths.map { "runpath     \($0)" }
        return lines.joined(separator: "\n")
    }

    var json: String {
        JSONText.object([
            ("path", .text(inspection.path)), ("name", inspection.identity.map { .text($0.name) }),
            ("version", inspection.identity.map { .text($0.version) }),
            ("generation", inspection.identity.map { .integer(Int64($0.generation)) }),
            ("threads", inspection.identity.map { .text("\($0.threads)") }),
            ("build", inspection.buildID.map { .text($0) }), ("refused", texts(told)),
            ("open", texts(inspection.openings)),
            ("entries", .list(inspection.entries.map(Self.entry))), ("bare_entries", texts(inspection.bareEntries)),
            ("options", .list(inspection.options.map(Self.option))), ("needs", texts(inspection.neededLibraries)),
        ])
    }

    private static func entry(_ entry: ModuleInspection.Entry) -> JSONText.Element {
        .object([
            ("name", .text(entry.name)), ("version", .integer(Int64(entry.version))),
            ("signature", .text(entry.signature)),
        ])
    }

    private static func option(_ option: DeclaredOption) -> JSONText.Element {
        .object([
            ("name", .text(option.name)), ("type", .text("\(option.kind)")),
            ("default", option.defaultValue.map { .text($0) }), ("help", .text(option.help)),
        ])
    }

    private func texts(_ texts: [String]) -> JSONText.Element { .list(texts.map { .text($0) }) }
}
