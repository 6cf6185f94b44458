import Foundation
import Testing

@Suite struct DocumentTests {
    @Test(.needs(.cc))
    func `the module in the README builds, and decides as the README says`() throws {
        let readme = try Place.text("README.md")
        let folder = try Folder()
        let source = try #require(readme.firstBlock("c"), "README.md has no C block")
        let module = try folder.module(from: try folder.write(source, to: "club.c"), "club")
        func check(_ password: String, _ object: String) throws -> Ending {
            try AuthHost.run(
                [
                    "check", "--user", "ann", "--password-stdin", "--write", object, "--module", module, "--option",
                    "word=sesame",
                ],
                input: "\(password)\n")
        }
        let allowed = try check("sesame", "/PUBLIC/NEWS")
        #expect(allowed.status == 0, "\(allowed)")
        #expect(readme.contains("\n" + allowed.output), "README.md shows another answer than `\(allowed.output)`")
        let denied = try check("sesame", "/PRIVATE/NEWS")
        #expect(denied.status == 2 && denied.output.contains("only /PUBLIC is for writing"), "\(denied)")
        #expect(try check("simsim", "/PUBLIC/NEWS").status == 2)
        #expect(source.split(separator: "\n", omittingEmptySubsequences: false).count <= 35)
    }

    @Test(.needs(.cc, .cxx, .cargo))
    func `the modules of the guide build, and every command prints what it shows`() throws {
        let guide = try Place.text("docs/writing-modules.md")
        let folder = try Folder()
        for (file, language) in [
            ("gate.c", "c"), ("authhost.conf", ""), ("gate.cpp", "cpp"), ("Cargo.toml", "toml"), ("src/lib.rs", "rust"),
            ("module.c", "c"),
        ] {
            let mention = try #require(guide.range(of: "`\(file)`"), "\(file)")
            let text = try #require(String(guide[mention.upperBound...]).firstBlock(language), "\(file)")
            try FileManager.default.createDirectory(atPath: folder.path("src"), withIntermediateDirectories: true)
            _ = try folder.write(text, to: file)
        }
        _ = try folder.write(try Place.text("examples/users-rust/src/authhost.rs"), to: "src/authhost.rs")
        let installed = try Place.text("share/authhost.pc.in").replacing(
            "${prefix}/include", with: Place.file("include"))
        _ = try folder.write(installed, to: "authhost.pc")
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        for block in guide.components(separatedBy: "\n```console\n").dropFirst() {
            let session = block.components(separatedBy: "\n```")[0]
            for step in ("\n" + session).components(separatedBy: "\n$ ").dropFirst() {
                let lines = step.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
                let ending = try ChildProcess.run(
                    ["bash", "-c", "umask 022; \(lines[0])"], directory: folder.path,
                    environment: ["PATH": "\(Place.binaries):\(path)", "PKG_CONFIG_PATH": folder.path])
                let said = ending.output.replacing(folder.path, with: "/home/ann/gate")
                let shown = lines.count > 1 ? "\(lines[1])\n" : ""
                #expect(said == shown && ending.errors.isEmpty, "\(lines[0]): \(ending)")
            }
        }
    }

    @Test(.needs(.curl))
    func `make run prints three commands that work when pasted`() throws {
        let folder = try Folder()
        let server = try ChildProcess(
            [Place.file("scripts/run"), Place.binaries], directory: folder.path,
            environment: ["PORT": "\(try Place.freePort())"])
        try server.wait(for: "Ctrl-C ends it.")
        let commands = server.seen.split(separator: "\n").filter { $0.hasPrefix("  ") }.map { $0.dropFirst(2) }
        #expect(commands.count == 3, "\(server.seen)")
        var outputs: [String] = []
        for command in commands {
            let ending = try ChildProcess.run(["bash", "-c", String(command)], directory: folder.path)
            #expect(ending.status == 0, "\(command): \(ending)")
            outputs.append(ending.output)
        }
        #expect(outputs[0].contains("\"session\""))
        #expect(outputs[1].hasPrefix("allow"))
        #expect(outputs[2].contains("/BLOTTER/alice/ORDERS"))
        server.terminate()
        #expect(try server.finish().status == 0)
    }

    @Test func `make help lists every target that is meant for people`() throws {
        let ending = try ChildProcess.run(["make", "-s", "help"], directory: Place.repository)
        for target in [
            "run", "test", "build", "release", "install", "deb", "bench", "format", "lint", "asan", "tsan", "clean",
        ] {
            #expect(ending.output.contains("make \(target) "), "\(target)")
        }
    }

    @Test(arguments: [
        "README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/attributes.md",
        "docs/writing-modules.md", "examples/nginx/README.md",
    ])
    func `links lead to files that exist`(document: String) throws {
        let text = try Place.text(document)
        let folder = URL(filePath: Place.file(document)).deletingLastPathComponent()
        for match in text.matches(of: /\]\(([^)#:]+)\)/) {
            let target = folder.appending(path: String(match.1)).path(percentEncoded: false)
            #expect(access(target, F_OK) == 0, "\(match.1)")
        }
    }

    @Test func `the page of the HTTP door shows what the example of nginx has`() throws {
        let block = try #require(try Place.text("docs/http-api.md").firstBlock("nginx"))
        #expect(try Place.text("examples/nginx/nginx.conf").contains(block))
    }

    @Test(arguments: ["docs/architecture.md", "docs/fail-closed.md", "CONTRIBUTING.md"])
    func `files that a document names exist`(document: String) throws {
        let folders = ["Sources", "Plugins", "include", "Tests", "docs", "examples", "core"]
        let files = folders.flatMap { folder in
            (FileManager.default.enumerator(atPath: Place.file(folder))?.compactMap { $0 as? String } ?? [])
                .map { "\(folder)/\($0)" }
        }
        let present = Set(files + files.compactMap { $0.split(separator: "/").last.map(String.init) })
        let named = try Place.text(document).matches(of: /`([A-Za-z0-9+\/]+\.(swift|h|c|map))`/).map { String($0.1) }
        #expect(!named.isEmpty)
        #expect(named.filter { !present.contains($0) } == [])
    }
}

extension String {
    /// The text of the first block that is fenced as `language`.
    func firstBlock(_ language: String) -> String? {
        guard let start = range(of: "\n```\(language)\n"), let end = self[start.upperBound...].range(of: "\n```") else {
            return nil
        }
        return String(self[start.upperBound..<end.lowerBound]) + "\n"
    }
}
