import Testing

@Suite struct `The ways in docs/architecture.md` {
    @Test func `are those that the source goes`() throws {
        let ending = try ChildProcess.run([Place.file("scripts/walk")], directory: Place.repository)
        #expect(ending.status == 0, "\(ending.errors)")
    }

    @Test(arguments: ["check", "login"]) func `are printed with their files`(_ way: String) throws {
        let ending = try ChildProcess.run([Place.file("scripts/walk"), way], directory: Place.repository)
        #expect(ending.status == 0, "\(ending.errors)")
        let lines = ending.output.split(separator: "\n")
        let files = Set(lines.compactMap { $0.split(separator: " ").dropFirst().first }).subtracting(["files"])
        #expect(lines.last == "\(files.count) files")
        #expect(files.contains("Sources/Runtime/Host.swift:"))
    }

    @Test func `are refused where a step is not what the source says`() throws {
        let folder = try Folder()
        let map = try Place.text("docs/architecture.md")
        for (right, wrong, fault) in [
            ("Sources/AuthCore/ObjectName.swift", "Sources/AuthCore/ObjectNames.swift", "there is no file"),
            ("`cffi_call`", "`cffi_calls`", "declares no cffi_calls"),
            ("| 37 | 36 | `Sources/ModuleHost", "| 37 | 32 | `Sources/ModuleHost", "step 32 does not call ask"),
        ] {
            #expect(map.contains(right), "docs/architecture.md has no \(right)")
            let path = try folder.write(map.replacing(right, with: wrong), to: "map.md")
            let ending = try ChildProcess.run(
                [Place.file("scripts/walk")], directory: Place.repository, environment: ["WALK_MAP": path])
            #expect(ending.status == 1 && ending.errors.contains(fault), "\(fault): \(ending)")
        }
    }
}
