import AuthCore
import Glibc
import Testing

@testable import ModuleHost

/// A fixture that must be refused, with the code and a part of what is said.
struct Refused: CustomTestStringConvertible {
    let fixture: String
    let code: ModuleError.Code
    let says: String
    var testDescription: String { fixture }
}

@Suite struct `A module that is wrong is refused by name` {
    static let refused: [Refused] = [
        Refused(fixture: "does_not_exist", code: .notFound, says: "tried"),
        Refused(fixture: "no_descriptor", code: .noDescriptor, says: "exports neither"),
        Refused(fixture: "null_descriptor", code: .nullDescriptor, says: "returned no descriptor"),
        Refused(fixture: "wrong_magic", code: .wrongMagic, says: "0x4d415554"),
        Refused(fixture: "truncated_descriptor", code: .truncatedDescriptor, says: "at least"),
        Refused(
            fixture: "reserved_module", code: .reservedMember, says: "its auth_module_t.reserved is 7; 0 is accepted"),
        Refused(fixture: "unknown_generation", code: .unknownGeneration, says: "speaks 6, 7 and 9"),
        Refused(fixture: "unknown_version", code: .unknownVersion, says: "version 8"),
        Refused(fixture: "unknown_entry", code: .unknownEntry, says: "does not have"),
        Refused(fixture: "wrong_signature", code: .wrongSignature, says: "is accepted"),
        Refused(fixture: "null_function", code: .missingFunction, says: "no function"),
        Refused(fixture: "duplicate_entry", code: .duplicateEntry, says: "twice"),
        Refused(fixture: "other_draft", code: .otherDraft, says: "build it again"),
        Refused(fixture: "missing_required_entry", code: .missingEntry, says: "auth_new_user"),
        Refused(fixture: "both_write_spellings", code: .bothSpellings, says: "checkWrite"),
        Refused(fixture: "note_missing", code: .noteMissing, says: ".note.authhost"),
        Refused(
            fixture: "note_differs", code: .noteDiffers,
            says: "the number of entry points is `2` in the note and `3` in the descriptor"),
        Refused(fixture: "init_fails", code: .initFailed, says: "auth_init"),
        Refused(fixture: "init_hangs", code: .initHung, says: "auth-init-timeout"),
        Refused(fixture: "one_option", code: .missingOption, says: "`must`"),
        Refused(fixture: "world_writable", code: .untrustedFile, says: "chmod go-w"),
        Refused(fixture: "wrong_architecture", code: .wrongArchitecture, says: "machine"),
        Refused(fixture: "not_elf", code: .notELF, says: "shared object"),
        Refused(fixture: "truncated", code: .malformedELF, says: "outside"),
        Refused(fixture: "needs_missing_library", code: .libraryMissing, says: "it needs"),
        Refused(fixture: "origin_runpath", code: .originRunpath, says: "$ORIGIN"),
        Refused(fixture: "executable_stack", code: .executableStack, says: "asks for executable stacks"),
        Refused(fixture: "text_relocations", code: .textRelocations, says: "compile it with `-fPIC`"),
        Refused(fixture: "runpath_folder", code: .foreignRunpath, says: "ldconfig"),
        Refused(fixture: "crashes_in_constructor", code: .damaged, says: "signal 6 while it was being mapped"),
        Refused(fixture: "bare7", code: .bareNotAllowed, says: "allow-bare-modules"),
    ]

    /// More ways for codes that are above.
    private static let more = [
        Refused(
            fixture: "notes_differ", code: .noteMissing,
            says: "has a note that cannot be read: it has several, which differ"),
        Refused(
            fixture: "profiles_differ", code: .noteMissing,
            says: "has a note that cannot be read: it has several of its profile, which differ"),
        Refused(
            fixture: "extends_wrongly_long", code: .badExtension,
            says: "the member `name` of its `authhost.about/1` has 1099511627776 bytes; at most 256 are accepted"),
        Refused(
            fixture: "note_other_version", code: .noteDiffers,
            says: "the version is `1.0` in the note and `1.1` in the descriptor"),
        Refused(
            fixture: "note_other_draft", code: .noteDiffers,
            says: "the draft is `5` in the note and `7` in the descriptor"),
        Refused(
            fixture: "note_other_default", code: .noteDiffers,
            says: "of option 1, `one`, the default is `1` in the note and `2` in the descriptor"),
        Refused(
            fixture: "note_other_threads", code: .noteDiffers,
            says: "of entry 2, `auth_new_user`, the threads is `2` in the note and `0` in the descriptor"),
        Refused(
            fixture: "note_separator", code: .noteDiffers,
            says: "of option 1, `one`, the default is `a` in the note and `a\\u{1f}b` in the descriptor"),
        Refused(
            fixture: "note_number", code: .noteMissing,
            says:
                "the type of its record `option` is `some_type`, which is not a number: literals and macros of them are accepted"
        ),
        Refused(
            fixture: "note_nul", code: .noteMissing,
            says: "the help of its record `option` `one` holds a NUL, which no text may"),
        Refused(
            fixture: "serial_with_threads", code: .reservedMember,
            says: "its auth_entry_t.threads of `auth_new_user` is 1; 0 is accepted"),
        Refused(
            fixture: "unknown_flag", code: .reservedMember,
            says: "its auth_module_t.threads declares 0x800, which has no meaning"),
        Refused(
            fixture: "unknown_threads", code: .reservedMember,
            says: "its auth_module_t.threads declares 0x3, which has no meaning"),
        Refused(
            fixture: "bad_identity", code: .badIdentity,
            says: "its name is `Bad Name`; 1 to 64 of a-z 0-9 _ - are accepted"),
        Refused(
            fixture: "bad_default", code: .badOptionTable,
            says: "the default `many` that it declares for its option `count` is not a whole number"),
        Refused(fixture: "version_hides", code: .badIdentity, says: "1 to 64 printable bytes of UTF-8 are accepted"),
        Refused(fixture: "option_twice", code: .badOptionTable, says: "it declares its option `one` twice"),
        Refused(
            fixture: "option_bytes", code: .badOptionTable,
            says: "its option `one` has no help of at most 512 bytes of UTF-8"),
        Refused(
            fixture: "needs_executable_stack", code: .executableStack,
            says: "libstack.so`, which it needs, asks for executable stacks"),
        Refused(
            fixture: "extends_wrongly", code: .badExtension,
            says: "`auth_get_extension` returned 0x43 for `authhost.about/1`, where no record of 40 bytes is"),
        Refused(fixture: "extends_wrongly_odd", code: .badExtension, says: "an address that is a multiple of 8"),
        Refused(
            fixture: "extends_wrongly_reserved", code: .badExtension,
            says: "the member `reserved` of its `authhost.about/1` is 7; 0 is accepted"),
        Refused(
            fixture: "extends_wrongly_hangs", code: .initHung, says: "`auth_get_extension` has not returned after"),
    ]

    @Test(arguments: refused + more)
    func `says what was found and what would be accepted`(_ expected: Refused) throws {
        let services = RecordingServices()
        let error = try #require(throws: ModuleError.self) { try Fixtures.load(expected.fixture, services) }
        #expect(error.code == expected.code)
        #expect(error.detail.contains(expected.says), "\(error)")
    }

    @Test(arguments: [
        ("reserved_entry", "auth_entry_t.reserved of `auth_init`"),
        ("reserved_entry_second", "auth_entry_t.reserved2 of `auth_init`"),
        ("reserved_option", "auth_option_t.reserved of `one`"),
    ])
    func `names the reserved member that it sets`(_ fixture: String, _ member: String) {
        let error = #expect(throws: ModuleError.self) { try Fixtures.load(fixture, RecordingServices()) }
        #expect(error?.code == .reservedMember)
        #expect(error?.detail == "its \(member) is 7; 0 is accepted")
    }

    static let told = [
        "no_descriptor", "unknown_generation", "unknown_version", "unknown_entry", "wrong_signature", "duplicate_entry",
        "other_draft", "missing_required_entry", "both_write_spellings", "note_missing", "note_number", "note_nul",
        "serial_with_threads", "unknown_flag", "unknown_threads", "bad_identity", "bad_default", "bare7",
        "needs_missing_library", "origin_runpath", "executable_stack", "text_relocations", "version_hides",
        "option_twice",
        "needs_executable_stack",
    ]

    @Test(arguments: told)
    func `is told by its file alone, in the same words`(_ fixture: String) throws {
        let request = Fixtures.request(fixture)
        let loaded = try #require(throws: ModuleError.self) {
            try ModuleLoader(request).load(services: RecordingServices())
        }
        let found = try ModuleLoader(request).inspectAndJudge().refusals
        #expect(found.contains { $0.code == loaded.code && $0.detail == loaded.detail }, "\(loaded)\n\(found)")
    }

    @Test func `has nothing told against it that is right`() throws {
        for fixture in ["good9", "gen6", "gen7", "attributes", "gives_credentials", "option_literals"] {
            let found = try ModuleLoader(Fixtures.request(fixture)).inspectAndJudge().refusals
            #expect(found.isEmpty, "\(fixture): \(found)")
        }
    }

    @Test func `has a code of its own for each way of being wrong`() {
        #expect(Set(Self.refused.map(\.code)).count == Self.refused.count)
    }

    @Test func `refuses a relative path`() throws {
        let request = LoadRequest(module: "a/b", search: ModuleSearch(applicationRoot: "/", applicationName: "x"))
        let error = try #require(throws: ModuleError.self) {
            try ModuleLoader(request).load(services: RecordingServices())
        }
        #expect(error.code == .badName)
    }

    @Test func `refuses a file in a directory that others may write to`() throws {
        let error = try #require(throws: ModuleError.self) {
            try Fixtures.load("group_writable_dir/good9", RecordingServices())
        }
        #expect(error.code == .untrustedDirectory)
    }
}

@Suite struct `A library that others could put in place is not looked for` {
    @Test(arguments: [
        ("runpath_folder", "/libraries`"), ("rpath_folder", "/libraries`"), ("runpath_lib", "`/usr/$LIB`"),
        ("runpath_platform", "`/usr/lib/${PLATFORM}`"), ("runpath_working_folder", "names ``"),
        ("runpath_above", "`/usr/lib/../../tmp`"), ("needs_runpath", "libneeds-more.so`, whose RUNPATH names"),
        ("filter", "libfilter.so`, whose RUNPATH names"),
    ])
    func `a search path outside of the system's folders is refused`(_ fixture: String, _ says: String) throws {
        let error = try #require(throws: ModuleError.self) { try Fixtures.load(fixture, RecordingServices()) }
        #expect(error.code == .foreignRunpath)
        #expect(error.detail.contains(says), "\(error)")
        // What is found without running code is found by a check of the configuration too.
        #expect(throws: ModuleError.self) { try ModuleLoader(Fixtures.request(fixture)).checkOptions() }
    }

    @Test func `a search path within them is accepted`() throws {
        #expect(try Fixtures.load("runpath_system", RecordingServices()).identity.generation == 9)
    }

    @Test func `the cache of ldconfig says where libraries are`() throws {
        let cache = try #require(LibraryCache.system(), "this system has no /etc/ld.so.cache that can be read")
        #expect(cache.paths(of: "libc.so.6").contains { $0.hasSuffix("/libc.so.6") })
        #expect(cache.paths(of: "libauthhost-missing.so.1").isEmpty)
        #expect(LibraryCache(Array("glibc-ld.so.cache1.1".utf8)) == nil)
        #expect(LibraryCache(Array("something else".utf8)) == nil)
    }
}

@Suite struct `A module that would kill the host kills a child in its place` {
    @Test(arguments: [
        ("crashes_in_constructor", "signal 6 while it was being mapped"),
        ("exits_in_constructor", "status 0 while it was being mapped"),
        ("crashes_in_descriptor", "signal 11 in `auth_module`"),
    ])
    func `and is refused with what became of the child`(_ fixture: String, _ says: String) throws {
        let error = try #require(throws: ModuleError.self) { try Fixtures.load(fixture, RecordingServices()) }
        #expect(error.code == .damaged)
        #expect(error.detail.contains(says), "\(error)")
    }

    @Test func `one that never comes to an end is given up`() throws {
        var request = Fixtures.request("hangs_in_constructor")
        request.trialTimeout = .milliseconds(100)
        let error = try #require(throws: ModuleError.self) {
            try ModuleLoader(request).load(services: RecordingServices())
        }
        #expect(error.code == .damaged)
        #expect(error.detail.contains("still busy"), "\(error)")
    }

    @Test func `no two copies have the same path, whatever number their descriptor has`() {
        let paths = (1...5000).map { ModuleImage.uniquePath(7, $0) } + (1...5000).map { ModuleImage.uniquePath(70, $0) }
        #expect(Set(paths).count == paths.count)
        #expect(paths.allSatisfy { $0.hasPrefix("/proc/self/fd/") && $0.utf8.count < 100 })
    }

    @Test func `a module that is loaded twice is two modules`() throws {
        let (first, second) = (RecordingServices(), RecordingServices())
        let modules = try [first, second].map { try Fixtures.load("good9", $0) }
        for module in modules { #expect(try module.newUser(Ask.login(), session: 99, Ask.terms)?.status == .ok) }
    }
}

@Suite struct `The generation of a module without a descriptor is said by the operator` {
    @Test(arguments: ["bare6", "bare7"])
    func `and nothing is guessed`(_ fixture: String) throws {
        let error = try #require(throws: ModuleError.self) { try Fixtures.load(fixture, bare: 0, RecordingServices()) }
        #expect(error.code == .bareGeneration)
        #expect(error.detail.contains("`bare-generation`"), "\(error)")
    }

    @Test func `one whose source said another generation is refused with both`() throws {
        #expect(try Fixtures.load("bare_open", bare: 7, RecordingServices()).identity.generation == 7)
        let error = try #require(throws: ModuleError.self) {
            try Fixtures.load("bare_open", bare: 6, RecordingServices())
        }
        #expect(error.code == .bareGeneration)
        #expect(error.detail.hasSuffix("`bare-generation` says 6, and its source said AUTH_GENERATION 7"), "\(error)")
    }

    @Test(arguments: [6, 7])
    func `one that was built for generation 9 is refused`(_ generation: UInt32) throws {
        let error = try #require(throws: ModuleError.self) {
            try Fixtures.load("bare9", bare: generation, RecordingServices())
        }
        #expect(error.code == .noDescriptor)
        #expect(error.detail.contains("have an AUTH_MODULE line"), "\(error)")
    }

    @Test func `one of generation 6 is asked with its own parameters`() throws {
        let module = try Fixtures.load("bare6", bare: 6, RecordingServices())
        #expect(module.identity.generation == 6)
        let name = try Ask.name("/x")
        let answer = try #require(module.map(name, requested: name, Ask.session, Ask.terms))
        #expect(answer.mapped.map { String(decoding: $0, as: UTF8.self) } == "/mapped/x")
    }
}

@Suite struct `Options are checked before any code of the instance runs` {
    private func load(_ settings: [(String, String)]) throws -> LoadedModule {
        let settings = settings.map { OptionSetting(name: $0.0, value: $0.1, source: "test:1:1") }
        return try Fixtures.load("one_option", settings: settings, RecordingServices())
    }

    @Test(arguments: [
        ([("must", "x"), ("count", "many")], ModuleError.Code.badOptionValue, "a whole number"),
        ([("must", "x"), ("must", "y")], .badOptionValue, "twice"),
        ([("must", "x"), ("nothing", "y")], .unknownOption, "`count`"),
        ([], .missingOption, "`must`"), ([("must", "")], .missingOption, "is required and set to nothing"),
    ])
    func `a wrong option is named with its place`(
        _ settings: [(String, String)], _ code: ModuleError.Code, _ says: String
    )
        throws
    {
        let error = try #require(throws: ModuleError.self) { try load(settings) }
        #expect(error.code == code)
        #expect(error.detail.contains(says), "\(error)")
    }

    @Test func `only a boolean may stand without a value`() throws {
        let alone = [OptionSetting(bareFlag: "must", source: "test:1:1")]
        let error = try #require(throws: ModuleError.self) {
            try Fixtures.load("one_option", settings: alone, RecordingServices())
        }
        #expect(error.place == "test:1:1")
        #expect(error.detail == "`must` has no value, and only a boolean may stand without one")
    }

    @Test func `a right option is accepted`() throws {
        #expect(try load([("must", "x"), ("count", "3")]).options.count == 2)
    }
}

@Suite struct `Names are resolved as the reference does` {
    private let root = ModuleSearch(applicationRoot: "/srv/app", applicationName: "rttpd")

    @Test func `the directory defaults to lib below the application root`() throws {
        #expect(
            try root.candidates("mine") == ["/srv/app/lib/mine", "/srv/app/lib/mine.so", "/srv/app/lib/libmine.so"])
    }

    @Test func `a bundled name is looked up in the installation alone while no directory is set`() throws {
        var search = root
        search.bundledDirectory = "/opt/modules"
        #expect(try search.candidates("xmlauth").allSatisfy { $0.hasPrefix("/opt/modules/") })
        #expect(try search.candidates("libxmlauth.so").allSatisfy { $0.hasPrefix("/opt/modules/") })
        #expect(try search.candidates("mine").last == "/srv/app/lib/libmine.so")
    }

    @Test func `a directory that is set is the only one`() throws {
        var search = root
        search.directory = "%r/%a/modules"
        search.bundledDirectory = "/opt/modules"
        #expect(try search.candidates("xmlauth").first == "/srv/app/rttpd/modules/xmlauth")
        #expect(try search.candidates("xmlauth").allSatisfy { $0.hasPrefix("/srv/app/rttpd/modules/") })
    }

    @Test func `an absolute path means itself`() throws {
        #expect(try root.candidates("%r/x.so") == ["/srv/app/x.so"])
    }
}
