import AuthConfiguration
import ModuleHost

/// The page of each bundled module, made of the note in its file: no code of it runs.
enum ModulePages {
    /// What each of them is for.
    static let summaries = [
        ("xmlauth", "users, groups, roles, permissions and mappings from an XML file"),
        ("cfgauth", "users, groups and permissions from blocks of a configuration file"),
        ("exec", "credentials of outgoing connections from a command"),
        ("defaultauth", "credentials of outgoing connections from the configuration, a file or the environment"),
        ("upstream", "asks another authhost through its native door"),
        ("openauth", "lets every user in, for trials"),
    ]

    static let names = summaries.map { "authhost-module-\($0.0)(7)" }

    /// - Parameter configuration: says where modules are looked for.
    static func all(_ configuration: Configuration) throws(Failure) -> [ManualPage] {
        var pages: [ManualPage] = []
        for (name, summary) in summaries {
            var request = try configuration.loadRequest()
            request.module = name
            do {
                pages.append(page(name, summary, try ModuleLoader(request).inspect()))
            } catch {
                throw configuration.failure(error)
            }
        }
        return pages
    }

    private static func page(_ name: String, _ summary: String, _ inspection: ModuleInspection) -> ManualPage {
        var page = ManualPage(
            "authhost-module-\(name)", section: 7, summary: "the module \(name) of authhost: \(summary)")
        let authenticates = inspection.entries.contains { $0.name == "auth_authenticate" }
        page.heading("SYNOPSIS")
        let lines = inspection.options.map {
            "    \($0.name)  \($0.defaultValue.map { $0.isEmpty ? "VALUE" : $0 } ?? "VALUE")"
        }
        let block =
            authenticates
            ? ("add-authenticator \(name)", "end-authenticator") : ("add-module-options \(name)", "end-module-options")
        let use = authenticates ? [] : ["auth-module \(name)"]
        page.text((use + [block.0] + lines + [block.1]).map { "  \($0)" }.joined(separator: "\n"))
        page.heading("DESCRIPTION")
        page.text("Version \(inspection.identity?.version ?? "-") of \(name): \(summary).")
        page.text("What its files hold is described in `/usr/share/doc/authhost/\(name).7.md`.")
        page.heading("OPTIONS")
        for option in inspection.options {
            let standard = option.defaultValue.map { " Default: \($0.isEmpty ? "none" : "`\($0)`")." } ?? " Needed."
            page.entry(option.name, "\(option.kind)", CommandPages.asSentence(option.help) + standard)
        }
        if inspection.options.isEmpty { page.text("It has none.") }
        page.seeAlso(["authhost(1)", "authhost.conf(5)", "authhost-module-inspect(1)"])
        return page
    }
}
