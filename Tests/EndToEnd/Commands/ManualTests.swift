import Foundation
import Testing

/// The manual pages, which the command writes for `make install`.
@Suite struct ManualTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        let ending = try AuthHost.run(["manual", folder.path])
        #expect(ending.status == 0, "\(ending)")
    }

    private var pages: [String] {
        (FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? [])
            .filter { $0.contains(".") }.sorted()
    }

    private func page(_ name: String) throws -> String {
        try String(contentsOfFile: folder.path(name), encoding: .utf8).replacing("\\-", with: "-")
    }

    @Test(.needs(.man)) func `man renders each page without a warning`() throws {
        #expect(pages.count > 40, "\(pages)")
        for page in pages {
            let ending = try ChildProcess.run(
                ["man", "--warnings", "-l", folder.path(page)], environment: ["LC_ALL": "C.UTF-8", "MANWIDTH": "80"])
            #expect(ending.status == 0 && ending.errors.isEmpty, "\(page): \(ending.errors)")
            #expect(ending.output.contains("NAME") && ending.output.contains("SEE ALSO"), "\(page)")
        }
    }

    @Test func `pages lead to pages that exist`() throws {
        for name in pages {
            for match in try page(name).matches(of: /\n\.BR (\S+) \(([0-9])\)/) {
                let target = "man\(match.2)/\(match.1).\(match.2)"
                #expect(pages.contains(target), "\(name) names \(target)")
            }
        }
    }

    @Test func `each command that the help lists has a page with its options`() throws {
        func commands(_ path: [String]) throws -> [[String]] {
            let help = try AuthHost.run(path + ["--help"]).output
            guard let list = help.range(of: "\nSUBCOMMANDS:\n") else { return [path] }
            let names = help[list.upperBound...].matches(of: /(?m)^  ([a-z]+)( |$)/).map { String($0.1) }
            return try [path] + names.flatMap { try commands(path + [$0]) }
        }
        for path in try commands([]) {
            let text = try page("man1/\((["authhost"] + path).joined(separator: "-")).1")
            let help = try AuthHost.run(path + ["--help"]).output
            for match in help.matches(of: /(?m)^  (?:-[a-z], )?(--[a-z-]+)/) {
                #expect(text.contains(match.1), "\(path) has no \(match.1)")
            }
        }
    }

    @Test func `authhost.conf has every item, and the page of a module every option`() throws {
        let ending = try AuthHost.run(["config", "show", "--all", "--json"])
        let items = try #require(
            try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [[String: Any]])
        let text = try page("man5/authhost.conf.5")
        for item in items.compactMap({ $0["item"] as? String }) { #expect(text.contains("\\fB\(item)\\fR"), "\(item)") }
        #expect(items.count > 50)
        let modules = try ChildProcess.run([Place.file("scripts/modules")]).output.split(separator: "\n")
        for module in modules {
            let inspection = try AuthHost.run(["module", "inspect", String(module), "--json"])
            let facts = try #require(
                try JSONSerialization.jsonObject(with: Data(inspection.output.utf8)) as? [String: Any])
            let text = try page("man7/authhost-module-\(module).7")
            for option in facts["options"] as? [[String: Any]] ?? [] {
                #expect(text.contains("\\fB\(option["name"] ?? "")\\fR"), "\(module)")
            }
        }
    }
}
