import Glibc
import Testing

@testable import ModuleHost

@Suite struct `A shared object is read as the dynamic linker reads it` {
    @Test(arguments: ["good9", "plain_hash", "no_section_headers"])
    func `one exported function is found`(_ fixture: String) throws {
        #expect(try ELFFile(Fixtures.bytes(fixture)).exports == ["auth_module"])
    }

    @Test func `bare functions are found`() throws {
        let expected: Set = ["auth_new_user", "auth_free_user", "auth_map_object", "auth_check_read", "checkWrite"]
        #expect(try ELFFile(Fixtures.bytes("bare7")).exports == expected)
    }

    @Test func `data is not a function, whatever its name`() throws {
        #expect(try ELFFile(Fixtures.bytes("descriptor_is_data")).exports.isEmpty)
    }

    @Test func `needed libraries and search paths are found`() throws {
        #expect(try ELFFile(Fixtures.bytes("needs_missing_library")).needed.contains("libauthhost-missing.so.1"))
        #expect(try ELFFile(Fixtures.bytes("origin_runpath")).searchPaths == ["$ORIGIN"])
        let plain = try ELFFile(Fixtures.bytes("good9"))
        #expect(plain.needed.contains("libc.so.6"))
        #expect(plain.searchPaths.isEmpty)
    }

    @Test(arguments: ["good9", "plain_hash", "no_section_headers"])
    func `the note is found and understood`(_ fixture: String) throws {
        let content = try #require(try ELFFile(Fixtures.bytes(fixture)).note(owner: "authhost", type: 1))
        let note = try ModuleNote(content)
        #expect(note.name == "good9")
        #expect(note.generation == 9)
        #expect(note.entries.contains(ModuleNote.Entry(name: "auth_check_batch", version: 9, signature: "i(pczr)")))
    }

    @Test func `a note of another owner or type is not ours`() throws {
        let file = try ELFFile(Fixtures.bytes("good9"))
        #expect(file.note(owner: "authhost", type: 3) == nil)
        #expect(file.note(owner: "GNU", type: 1) == nil)
    }
}

@Suite struct `A shared object that cannot be one says what is wrong` {
    /// Replaces bytes of good9, at an offset in its header (elf(5)).
    private func fault(_ offset: Int, _ bytes: [UInt8]) throws -> ELFError? {
        var file = try Fixtures.bytes("good9")
        file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        do throws(ELFError) { _ = try ELFFile(file) } catch { return error }
        return nil
    }

    @Test func `each part of the header has an error of its own`() throws {
        #expect(try fault(0, [0x7e]) == .notELF)
        #expect(try fault(4, [1]) == .wrongClass(1))
        #expect(
            try fault(5, [UInt16(1).littleEndian == 1 ? 2 : 1]) == .wrongByteOrder(UInt16(1).littleEndian == 1 ? 2 : 1))
        #expect(try fault(16, [UInt8](repeating: 0, count: 2)) == .notSharedObject(0))
        #expect(try fault(32, [UInt8](repeating: 0xff, count: 8)) == .truncated("the program header table"))
        #expect(try fault(40, [UInt8](repeating: 0xff, count: 8)) == .truncated("the section header table"))
        #expect(try fault(56, [0xff, 0xff]) == .absurd("the program header table"))
        #expect(try fault(60, [0xff, 0xff]) == .absurd("the section header table"))
    }

    @Test func `another machine's module names both machines`() throws {
        guard
            case .wrongMachine(let found, let expected) = #expect(
                throws: ELFError.self,
                performing: {
                    try ELFFile(Fixtures.bytes("wrong_architecture"))
                })
        else {
            Issue.record("not refused as another machine's")
            return
        }
        #expect(found == 2)
        #expect(expected != 2)
    }

    @Test func `a text is not ELF, and neither is nothing`() {
        #expect(throws: ELFError.notELF) { try ELFFile(Fixtures.bytes("not_elf")) }
        #expect(throws: ELFError.notELF) { try ELFFile([]) }
    }

    @Test(arguments: ["good9", "needs_missing_library", "origin_runpath", "bare7"])
    func `a window of a file shows what the whole shows`(_ fixture: String) throws {
        let whole = try #require(try ELFFile.dynamic(.memory(Fixtures.bytes(fixture))))
        let file = try #require(FileBytes.window("\(Fixtures.directory)/\(fixture).so"))
        let seen = try #require(try ELFFile.dynamic(.file(file)))
        #expect(seen.needed == whole.needed && seen.searchPaths == whole.searchPaths)
        #expect(seen.wantsExecutableStack == whole.wantsExecutableStack)
    }

    @Test func `a file that becomes shorter while it is read is damaged`() throws {
        let bytes = try Fixtures.bytes("good9")
        var path = Array("/tmp/authhost-shorter-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        unlink(path)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        let file = FileWindow(descriptor, size: bytes.count)
        ftruncate(descriptor, 100)
        #expect(throws: ELFError.self) { try ELFFile.dynamic(.file(file)) }
    }

    @Test func `every length but the whole is refused`() throws {
        let bytes = try Fixtures.bytes("no_descriptor")
        _ = try ELFFile(bytes)
        for length in bytes.indices {
            #expect(throws: ELFError.self, "\(length) of \(bytes.count) bytes") { try ELFFile(Array(bytes[..<length])) }
        }
    }

    // Without section headers nothing but the segments is left to go by, so damage is met in the tables themselves.
    @Test func `damage to the tables that the dynamic linker uses is refused or harmless`() throws {
        let original = try Fixtures.bytes("no_section_headers")
        let tables = 64..<min(4096, original.count)
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<10_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: tables, using: &generator)] =
                    [0, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &generator)]
                    .randomElement(using: &generator) ?? 0
            }
            do throws(ELFError) {
                if let note = try ELFFile(bytes).note(owner: "authhost", type: 1) { _ = try? ModuleNote(note) }
            } catch {
                refused += 1
            }
        }
        #expect(refused > 0 && refused < 10_000, "seed \(seed)")
    }
}

@Suite struct `A default is read from the note as the compiler reads it` {
    @Test(arguments: [
        (#""plain""#, "plain"), (#""""#, ""), (#""a" "b"  "c""#, "abc"), (#""\033[\x41\0""#, "\u{1b}[A"),
        (#""\1011""#, "A1"), (#""\a\b\t\n\v\f\r\e""#, "\u{7}\u{8}\t\n\u{b}\u{c}\r\u{1b}"), (#""\"\'\?\\""#, #""'?\"#),
        (#""\u00e9\U0001F600""#, "é😀"), ("\"\u{301}x\"", "\u{301}x"), ("\"\r\n\"", "\r\n"), (#"("x")"#, "x"),
        (#""(y)""#, "(y)"),
        (#"u8"é""#, "é"),
    ])
    func `a string literal has its value`(_ literal: String, _ value: String) {
        #expect(CLiteral.value(of: literal.utf8) == value)
    }

    @Test(arguments: [
        "", "NULL", "((void *)0)", "__null", "0", "\"", #""open"#, #""a" b"#, #""\q""#, #""\x""#, #""\u12""#, #""\"#,
        #""\ud800""#, "()", "(",
    ])
    func `anything else is no default`(_ text: String) {
        #expect(CLiteral.value(of: text.utf8) == nil)
    }

    @Test func `the note of a module in every spelling agrees with its descriptor`() throws {
        let options = try Fixtures.load("option_literals", RecordingServices()).options
        let values = options.map { $0.defaultValue ?? "none" }
        #expect(
            values == ["/etc/users.xml", "\u{1b}[ABA", "a\tb\\c\"d'\n?", "é😀 é", "\u{301}x", "(y)", ""])
        #expect(options.first { $0.name == "parentheses" }?.help == "Help with a\ttab.")
    }

    @Test(arguments: [
        (
            "module x\ngeneration nine",
            "the generation is `nine`, which is not a number: literals and macros of them are accepted"
        ),
        ("module x\ngeneration 7\nentry a", "its line `entry a` lacks version or signature"),
        ("generation 7", "it does not say the module's name"),
        ("module x\ngeneration", "it does not say the generation"),
        ("module x\ngeneration 7\noption a\t1\t\"\"", "is not name, type 1 to 8, default and help"),
        ("module x\ngeneration 7\noption a\t99\t\"\"\thelp", "is not name, type 1 to 8, default and help"),
        (
            "module x\ngeneration 99999999999",
            "the generation is `99999999999`, which is not a number: literals and macros of them are accepted"
        ),
        ("\u{1e}module", "its record `module` lacks the name"),
        ("\u{1e}module\u{1f}x\u{1e}generation\u{1f}nine", "the number of its record `generation` is `nine`"),
        (
            "\u{1e}module\u{1f}x\u{1e}generation\u{1f}9\u{1e}entry\u{1f}a\u{1f}9",
            "its record `entry` lacks the signature"
        ),
        (
            "\u{1e}module\u{1f}x\u{1e}generation\u{1f}9\u{1e}option\u{1f}a\u{1f}99\u{1f}\u{1f}",
            "the type of its option `a` is 99; 1 to 8 are accepted"
        ),
    ])
    func `what is no note says what is wrong with it`(_ text: String, _ says: String) throws {
        let fault = try #require(throws: NoteFault.self) { try ModuleNote(text.utf8) }
        #expect(fault.text.contains(says), "\(fault.text)")
    }

    @Test(arguments: [
        "module x\ngeneration 7\nmood good\nbuilt",
        "\u{1e}module\u{1f}x\u{1f}more\u{1e}generation\u{1f}7\u{1e}mood\u{1f}good\u{1e}",
        "\u{1e}colour\u{1e}module\u{1f}x\u{1e}generation\u{1f}(7U)\u{1f}of many\0\0",
    ])
    func `what a reader does not know is passed over`(_ text: String) throws {
        let note = try ModuleNote(text.utf8)
        #expect(note.name == "x")
        #expect(note.generation == 7)
    }

    @Test(arguments: [("1u | 0x100u", 257), ("(010)", 8), ("0", 0), ("2UL", 2)])
    func `a number is read as C spells it`(_ text: String, _ value: UInt32) throws {
        #expect(try ModuleNote.number(text, "it") == value)
    }
}

@Suite struct `What only looks like a module is never called` {
    @Test func `a descriptor that is data is refused`() throws {
        let error = try #require(throws: ModuleError.self) {
            try Fixtures.load("descriptor_is_data", bare: 7, RecordingServices())
        }
        #expect(error.code == .noDescriptor)
    }

    @Test(arguments: ["no_section_headers", "plain_hash", "long_symbol"])
    func `a module is loaded however its linker laid it out`(_ fixture: String) throws {
        #expect(try Fixtures.load(fixture, RecordingServices()).identity.generation == 9)
    }
}

extension Fixtures {
    /// The bytes of a compiled fixture.
    static func bytes(_ name: String) throws -> [UInt8] {
        let path = request(name).module
        let descriptor = open(path, O_RDONLY)
        try #require(descriptor >= 0, "`\(path)` cannot be read; build the fixtures first: scripts/build-fixtures")
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count <= 0 { return bytes }
            bytes += buffer[..<count]
        }
    }
}
