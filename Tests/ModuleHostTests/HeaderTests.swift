import AuthCore
import Foundation
import Glibc
import ModuleHost
import Synchronization
import Testing

@Suite struct `The header is what was released` {
    @Test func `every compiler takes it, and nothing that was released has changed`() throws {
        let (status, output) = try run("scripts/check-abi")
        #expect(status == 0, "\(output)")
    }

    /// A change, and a word that the complaint about it holds.
    private static let changes: [(header: String, change: String, says: String)] = [
        ("status.h", "s/AUTH_DENY 2 /AUTH_DENY 70 /", "AUTH_DENY"),
        ("status.h", "s/AUTH_END_STOP 4/AUTH_END_STOP 9/", "AUTH_END_STOP"),
        ("status.h", "s/AUTH_ACTION_CREATE 3/AUTH_ACTION_CREATE 9/", "AUTH_ACTION_CREATE"),
        ("types6.h", "s/AUTH_PERM_REMOVE = 2/AUTH_PERM_REMOVE = 4/", "AUTH_PERM_REMOVE"),
        ("entries6.h", "s/char .user, char .pass);/char *user, const char *pass);/", "auth_new_user"),
        ("entries7.h", "s/i(ppppp)/i(pppp)/", "auth_map_object version 7"),
        ("types.h", "s/int64_t expiry;/int32_t expiry;/", "auth_result_t.expiry"),
        ("types6.h", "s/    uint64_t handle; .*//", "object_t"),
        ("descriptor.h", "s/const char .signature;/char *signature;/", "signature"),
        ("host.h", "s/int64_t (.time)/int32_t (*time)/", "auth_host_t.time"),
        (
            "descriptor.h", "s/reinterpret_cast<auth_function_t>(/(auth_function_t)(/",
            "g++ -std=c++11 does not accept include/authhost (9)"
        ),
        ("types.h", "s/^typedef uint64_t auth_token_t;/typedef uint64_t auth_token_t; class x;/", "compile-matrix"),
    ]

    @Test(arguments: changes.indices)
    func `a change of it is found and named`(_ index: Int) throws {
        let change = Self.changes[index]
        let (status, output) = try run("Tests/ABI/with-change", change.header, change.change)
        #expect(status == 1, "\(change): \(output)")
        #expect(output.contains(change.says), "\(change): \(output)")
    }
}

@Suite struct `What an entry of AUTH_MODULE may say` {
    private func compile(_ language: String, _ entry: String) throws -> (Int32, String) {
        let standard = language == "c" ? "c99" : "c++11"
        let change = "s/ENTRY(auth_init, 9, init)/ENTRY(\(entry))/"
        let script =
            "sed '\(change)' Tests/ABI/matrix.c | cc -x \(language) -std=\(standard) -fsyntax-only -I include -"
        return try run("/bin/sh", ["-c", script])
    }

    @Test(arguments: ["c", "c++"])
    func `is a name, a version, a function and threads, and nothing more`(_ language: String) throws {
        for entry in ["auth_init, 9, init", "auth_init, 9, init, AUTH_ANY_THREAD", "auth_init, 9, init, AUTH_BLOCKING"]
        {
            let (status, output) = try compile(language, entry)
            #expect(status == 0, "\(output)")
        }
        for entry in ["auth_init, 9, init, 0, 0", "auth_init, 9, init, AUTH_BLOCKING, AUTH_SERIAL, 0"] {
            let (status, output) = try compile(language, entry)
            #expect(status != 0 && output.contains("AUTH_AN_ENTRY_HAS_THREE_OR_FOUR_ARGUMENTS_"), "\(entry): \(output)")
        }
        for entry in ["auth_init, 9, init, 0", "auth_init, 9, init, AUTH_SERIAL"] {
            let (status, output) = try compile(language, entry)
            #expect(status != 0 && output.contains("AUTH_AN_ENTRY_NAMES_NO_AUTH_SERIAL_"), "\(entry): \(output)")
        }
        #expect(try compile(language, "auth_init, 9").0 != 0)
        #expect(try compile(language, "auth_init, 9, new_user").0 != 0)
    }
}

@Suite struct `A module built with headers one revision apart` {
    @Test(arguments: ["older", "same", "newer"])
    func `is loaded and asked like one of this revision`(_ revision: String) throws {
        let services = RecordingServices()
        let module = try Fixtures.load("revision_\(revision)", services)
        #expect(module.options.map(\.defaultValue) == ["one", "two"])
        let allowed = try #require(module.newUser(Ask.login("ann", password: "right"), session: 99, Ask.terms))
        #expect(allowed.status == .ok)
        #expect(allowed.user == "ann")
        #expect(allowed.sessionLimit == 3)
        #expect(
            try module.newUser(Ask.login("ann", password: "wrong"), session: 99, Ask.terms)?.status == .invalidPassword
        )
        let fields = [Field("n", "v"), Field("n", "v"), Field("n", "v")]
        for (name, expected) in [("/fields/6", Status.ok), ("/fields/5", .deny)] {
            let check = Check(.write, try Ask.name(name), fields: fields)
            #expect(module.check(check, object: check.name, Ask.session, Ask.terms).status == expected)
        }
        let rows = try (0..<100).map { try Ask.name($0 % 3 == 1 ? "/deny/\($0)" : "/a/\($0)") }
        let answers = try #require(module.checkBatch(rows.map { (Check(.read, $0), $0) }, Ask.session, Ask.terms))
        #expect(answers.map(\.status) == rows.indices.map { $0 % 3 == 1 ? .deny : .ok })
        #expect(answers.map(\.logText) == rows.map(\.text))
        #expect(module.freeUser(Ask.session, .logout) == .ok)
        #expect(services.said.last == "revision_\(revision): alice")
    }
}

@Suite struct `What an author of generation 9 sees` {
    /// The output of the preprocessor for the header and for what it includes, line by line.
    private func preprocessed(_ source: String, _ options: [String]) throws -> Set<Substring> {
        let (status, output) = try run("Tests/ABI/preprocess", options + [source])
        try #require(status == 0, "\(output)")
        return Set(output.split(separator: "\n"))
    }

    private static let standard = "#include <stddef.h>\n#include <stdint.h>"

    @Test func `has names with our prefix alone, and checkWrite`() throws {
        let own = try preprocessed("#include <authhost/authmodule.h>", ["-P"])
            .subtracting(try preprocessed(Self.standard, ["-P"]))
        let declared = #/\b(?:struct|enum|union)\s+(\w+)|\}\s*(\w+);|(\w+)_fn\b|\(\*(\w+)\)\(|\binline \w+ (\w+)\(/#
        var names: Set<Substring> = []
        for match in own.joined(separator: "\n").matches(of: declared) {
            // Members of the host's table are no names of the file's own.
            if let name = match.1 ?? match.2 ?? match.3 ?? match.5 { names.insert(name) }
        }
        #expect(names.count > 60, "\(names)")
        let foreign = names.filter { !$0.hasPrefix("auth") && $0 != "checkWrite_9" }
        #expect(foreign.isEmpty, "\(foreign)")
    }

    @Test func `has macros with our prefix alone`() throws {
        let own = try preprocessed("#include <authhost/authmodule.h>", ["-dM"])
            .subtracting(try preprocessed(Self.standard, ["-dM"]))
        let names = own.compactMap { $0.split(separator: " ").dropFirst().first?.split(separator: "(").first }
        #expect(names.count > 100, "\(names)")
        let foreign = names.filter { !$0.hasPrefix("AUTH") }
        #expect(foreign.isEmpty, "\(foreign)")
    }
}

@Suite struct `What a record of generation 9 leads to` {
    /// What is not the host's alone: room that a module writes to, what only comes back, and a function.
    private static let exceptions = ["char *scratch", "void *context", "int (*emit)"]

    @Test func `is const, so that a module writes into no memory of the host's`() throws {
        var pointers = 0
        for header in ["types.h", "authenticators9.h"] {
            let text = try String(contentsOfFile: "include/authhost/\(header)", encoding: .utf8)
            for record in text.matches(of: #/typedef struct auth_\w+ \{\n((?:.*\n)+?)\} \w+;/#) {
                for member in record.1.split(separator: "\n").map({ $0.drop { $0 == " " } }) {
                    let isOther = Self.exceptions.contains { member.hasPrefix($0) }
                    guard let end = member.firstIndex(of: ";"), member[..<end].contains("*"), !isOther else { continue }
                    pointers += 1
                    #expect(member.hasPrefix("const "), "\(header): \(member)")
                }
            }
        }
        #expect(pointers >= 6)
    }
}

@Suite struct `The golden layout is complete` {
    @Test func `and has every member and every number of the headers`() throws {
        let golden = try String(contentsOfFile: "Tests/ABI/layout.c", encoding: .utf8)
        for header in ["types.h", "types6.h", "authenticators9.h", "descriptor.h", "host.h"] {
            let text = try String(contentsOfFile: "include/authhost/\(header)", encoding: .utf8)
            for record in text.matches(of: #/struct (\w+) \{\n((?:    .*\n|\n)+?)\}(?: (\w+))?;/#) {
                let name = record.3.map(String.init) ?? "\(record.1)_t"
                for member in record.2.matches(of: #/(?m)^    [a-z].*?(?:\(\*(\w+)\)\(|(\w+);)/#) {
                    let found = member.1 ?? member.2 ?? ""
                    #expect(golden.contains("MEMBER(\(name), \(found))"), "\(header): \(name).\(found)")
                }
            }
        }
        for header in ["status.h", "types.h", "descriptor.h"] {
            let text = try String(contentsOfFile: "include/authhost/\(header)", encoding: .utf8)
            for number in text.matches(of: #/(?m)^#define (AUTH_[A-Z0-9_]+) +(?:0x)?[0-9]/#)
            where number.1 != "AUTH_DRAFT" {
                #expect(golden.contains("NUMBER(\(number.1))"), "\(header): \(number.1)")
            }
        }
    }
}

@Suite struct `A module that was built once loads for ever` {
    private static let museum = ["museum_gen6", "museum_gen7", "museum_bare7"]

    private func load(_ name: String, _ services: RecordingServices) throws -> LoadedModule {
        try Fixtures.load(name, bare: name == "museum_bare7" ? 7 : nil, services)
    }

    @Test(arguments: museum)
    func `its log-ins are answered as on the day it was built`(_ name: String) throws {
        let services = RecordingServices()
        let module = try load(name, services)
        #expect(try module.newUser(Ask.login("alice"), session: 99, Ask.terms)?.status == .ok)
        #expect(try module.newUser(Ask.login("deny"), session: 99, Ask.terms)?.status == .deny)
        #expect(try module.newUser(Ask.login("late"), session: 99, Ask.terms)?.status == .delayed)
        let completions = services.completions.withLock { $0 }
        #expect(completions.map(\.token) == [Ask.terms.token])
        #expect(completions.map(\.answer.status) == [.ok])
        #expect(services.lines.withLock { $0.filter { $0.contains("of the museum is here") }.count } == 1)
    }

    @Test(arguments: museum)
    func `its checks and mappings are answered as on the day it was built`(_ name: String) throws {
        let module = try load(name, RecordingServices())
        let mapped = try Ask.name("/m/x")
        let answer = try #require(module.map(mapped, requested: mapped, Ask.session, Ask.terms))
        #expect(answer.status == .ok)
        #expect(answer.mapped.map { String(decoding: $0, as: UTF8.self) } == "/mapped/x")
        for (action, object, status) in [
            (Check.Action.read, "/deny/x", Status.deny), (.read, "/a", .ok), (.write, "/write/x", .ok),
            (.write, "/a", .deny),
        ] {
            let check = Check(action, try Ask.name(object))
            let answer = module.check(check, object: check.name, Ask.session, Ask.terms)
            #expect(answer.status == status, "\(action) \(object)")
        }
    }
}

/// Runs a program of the repository to its end. Its output and errors are one text.
private func run(_ program: String, _ arguments: String...) throws -> (status: Int32, output: String) {
    try run(program, arguments)
}

private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    // Tests run side by side: an end that another one's child inherits would keep this pipe open.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    let words = ([program] + arguments).map { strdup($0) }
    let settings = (["PATH", "CC", "TMPDIR"] as [String]).map { (name: String) -> UnsafeMutablePointer<CChar>? in
        strdup("\(name)=\(getenv(name).map { String(cString: $0) } ?? "")")
    }
    defer { (words + settings).forEach { free($0) } }
    var child: pid_t = 0
    let failure = posix_spawn(&child, program, &actions, nil, words + [nil], settings + [nil])
    close(ends[1])
    try #require(failure == 0, "`\(program)` cannot be started: \(String(cString: strerror(failure)))")
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = read(ends[0], &buffer, buffer.count), count > 0 { output += buffer[..<count] }
    var status: Int32 = 0
    try #require(waitpid(child, &status, 0) == child)
    // As WIFEXITED and WEXITSTATUS of wait(2), which are macros.
    return (status & 0x7f == 0 ? status >> 8 & 0xff : -1, String(decoding: output, as: UTF8.self))
}
