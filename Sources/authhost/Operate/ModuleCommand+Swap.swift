import ArgumentParser
import AuthConfiguration
import Basics
import DoorProtocols

extension ModuleCommand {
    struct SwapCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "swap", abstract: "Put another module in force in the running host, while it answers.",
            discussion: """
                Loads the module beside the one in force, tests it with the `add-module-test` blocks, and from then on puts all \
                questions to it. Sessions stay; the new module is asked about each. If something fails before that, nothing \
                changes. Without a name the configured module is loaded again, such as after its file was rebuilt. The next \
                start loads the configured module.
                """)

        @Argument(help: "A module's name, or the absolute path of its file; the configured one without it.")
        var module: String?

        @OptionGroup var control: ControlOptions

        func run() throws {
            var request = ControlRequest(.swap)
            request.module = module
            try control.order(request)
        }
    }

    struct RollbackCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback", abstract: "Go back to the previous module.",
            discussion:
                "Loads the file that ran before, even if it has changed on disk. The configuration stays.")

        @OptionGroup var control: ControlOptions

        func run() throws {
            try control.order(ControlRequest(.rollback))
        }
    }
}

extension ModuleCommand {
    struct ReleaseCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "release",
            abstract: "Start those helper processes of the module again that have ended too often.",
            discussion: """
                A helper process that has ended `module-helper-crashes` times within a minute is not started again by itself, \
                and the host is not ready.
                """)

        @OptionGroup var control: ControlOptions

        func run() throws {
            try control.order(ControlRequest(.release))
        }
    }
}

extension OperatorText {
    /// An instance of a module, on one line.
    static func module(_ module: ControlReply.Module) -> String {
        let name = Configuration.baseName(ofModule: module.path)
        return [
            module.instance == 0 ? nil : "#\(module.instance)", module.state, name.controlsEscaped,
            module.version.controlsEscaped,
            module.path.controlsEscaped, module.sha256.map { "sha256:\($0)" }, module.build.map { "build \($0)" },
            "loaded \(time(module.loaded.seconds))", "calls \(module.calls)", "pending \(module.pending)",
            module.resident.map { "resident \($0 / 1024) KiB" },
        ].compactMap(\.self).joined(separator: "  ") + otherName(module.name, than: name)
    }

    /// What a module calls itself, for the end of a line; nothing where that is the name by which it is found, or where it has none.
    static func otherName(_ own: String?, than name: String) -> String {
        guard let own, own != name else { return "" }
        return "  calls itself \(own.controlsEscaped)"
    }
}
