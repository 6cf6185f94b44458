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
        for (wrong, fault) in [
            (
                map.replacing("Sources/AuthCore/ObjectName.swift", with: "Sources/AuthCore/None.swift"),
                "there is no file"
            ),
            (map.replacing("`cffi_call`", with: "`cffi_calls`"), "declares no cffi_calls"),
            (
                map.replacing(#/\| \d+ \| `Sources/CFFI/cffi\.c`/#, with: "| 2 | `Sources/CFFI/cffi.c`"),
                "step 2 does not call cffi_call"
            ),
        ] {
            #expect(wrong != map, "docs/architecture.md has no row for: \(fault)")
            let path = try folder.write(wrong, to: "map.md")
            let ending = try ChildProcess.run(
                [Place.file("scripts/walk")], directory: Place.repository, environment: ["WALK_MAP": path])
            #expect(ending.status == 1 && ending.errors.contains(fault), "\(fault): \(ending)")
        }
    }
}
