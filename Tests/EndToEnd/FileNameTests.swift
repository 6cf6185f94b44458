import Testing

@Suite struct `The name of a Swift file` {
    private func check(_ root: String) throws -> Ending {
        try ChildProcess.run([Place.file("scripts/check-names"), root], directory: Place.repository)
    }

    @Test func `is that of a type in it`() throws {
        let ending = try check(Place.repository)
        #expect(ending.status == 0, "\(ending.errors)")
    }

    @Test(arguments: [
        ("Lamp", "struct Lamp {}", true), ("Lamp", "public final class Lamp: Light {}", true),
        ("Lamp", "struct Lantern {}", false), ("Lamps", "struct Lamp {}", false),
        ("Lamp+Light", "extension Lamp {}", true),
        ("Lamp+Light", "extension Lantern {}", false), ("Array+Wipe", "extension [UInt8] {}", true),
        ("LampBodies", "struct RedBody {}\nstruct BlueBody {}", true), ("LampBodies", "struct RedBody {}", false),
        ("lamp", "func light() {}", true), ("Lamp", "@MainActor\npackage actor Lamp {}", true),
        ("Lamp", "enum Lantern {\n    struct Lamp {}\n}", false),
    ])
    func `is judged by what the file declares`(name: String, text: String, isGood: Bool) throws {
        let folder = try Folder()
        try folder.write(text, to: "Sources/House/\(name).swift")
        let ending = try check(folder.path)
        #expect((ending.status == 0) == isGood, "\(ending)")
        #expect(ending.errors.contains("\(name).swift") != isGood, "\(ending)")
    }
}
