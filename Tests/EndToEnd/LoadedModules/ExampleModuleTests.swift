import Foundation
import Testing

/// The module of users from a CSV file, in each of the languages that the examples have it in.
enum UsersExample: String, CaseIterable, CustomTestStringConvertible {
    case c, cxx, rust, swift

    var testDescription: String { rawValue }

    /// The file that an author writes, at most 80 lines.
    var source: String {
        switch self {
        case .c: "examples/users-c/users.c"
        case .cxx: "examples/users-cpp/users.cpp"
        case .rust: "examples/users-rust/src/lib.rs"
        case .swift: "examples/users-swift/Sources/Users.swift"
        }
    }

    var program: RealProgram? {
        switch self {
        case .c: .cc
        case .cxx: .cxx
        case .rust: .cargo
        case .swift: nil
        }
    }

    /// Builds it as its first lines say, with every warning an error; Swift's is built with the tests.
    func build(in folder: Folder) throws -> String {
        let result = folder.path("libusers.so")
        let flags = ["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I", Place.file("include"), "-o", result]
        switch self {
        case .c: try run(["cc", "-std=c11"] + flags + [Place.file(source), "-lpthread"])
        case .cxx: try run(["g++", "-std=c++17", "-pedantic"] + flags + [Place.file(source), "-lpthread"])
        case .rust:
            let target = folder.path("target")
            try run([
                "cargo", "build", "--quiet", "--release", "--offline", "--locked", "--target-dir", target,
                "--manifest-path", Place.file("examples/users-rust/Cargo.toml"),
            ])
            try run(
                ["cc"] + flags + [
                    Place.file("examples/users-rust/module.c"), "\(target)/release/libusers.a",
                    "-Wl,--exclude-libs,ALL",
                    "-lpthread", "-ldl",
                ])
        case .swift: return Place.binary("libusers-example.so")
        }
        chmod(result, 0o755)
        return result
    }

    private func run(_ command: [String]) throws {
        let built = try ChildProcess.run(command)
        guard built.status == 0 else { throw ChildError(description: built.errors) }
    }

    /// Those whose language is there.
    static var built: [UsersExample] { allCases.filter { $0.program?.isInstalled ?? true } }
}

@Suite struct ExampleModuleTests {
    /// The lines behind the first two are passed over: without a password, without a group, with a field too many, and one that
    /// is longer than a reader of pieces takes at once.
    private static let users =
        "ann,secret,writers\r\nbob,other,readers\neve,,writers\nfay,word,\nguy,word,writers,x\n"
        + String(repeating: "a", count: 1023) + "mal,lory,writers\n"

    @Test(.needs(.cc, .cxx, .cargo)) func `every language is built`() { #expect(UsersExample.built.count == 4) }

    @Test(arguments: UsersExample.built)
    func `lets in who is in its file, and does what its first lines say`(_ example: UsersExample) throws {
        let folder = try Folder()
        let module = ["--module", try example.build(in: folder)]
        let options = ["--option", "file=\(try folder.write(Self.users, to: "users.csv"))"]
        func ask(_ command: [String], _ password: String) throws -> Ending {
            let asks = command[0] == "login" ? [] : ["--password-stdin"]
            return try AuthHost.run(command + asks + module + options, input: "\(password)\n")
        }
        #expect(try ask(["login", "--user", "ann"], "secret").output == "allow: granted\n")
        #expect(try ask(["login", "--user", "ann"], "secreT").output.hasPrefix("wrong-credentials: invalid-password"))
        #expect(
            try ask(["login", "--user", "ann,secret"], "writers").output.hasPrefix("wrong-credentials: invalid-user"))
        for (user, password) in [("eve", ""), ("fay", "word"), ("guy", "word"), ("mal", "lory")] {
            #expect(try ask(["login", "--user", user], password).status == 2, "\(user)")
        }
        #expect(try ask(["map", "--user", "ann", "/me/notes"], "secret").output.contains("/users/ann/notes"))
        #expect(try ask(["check", "--user", "ann", "--write", "/me/notes"], "secret").output.hasPrefix("allow"))
        #expect(try ask(["check", "--user", "bob", "--read", "/me/notes"], "other").output.hasPrefix("allow"))
        let denied = try ask(["check", "--user", "bob", "--write", "/me/notes"], "other")
        #expect(denied.status == 2)
        #expect(denied.output.contains("only writers write"), "\(denied)")
    }

    @Test(arguments: UsersExample.built)
    func `says the same of itself in every language`(_ example: UsersExample) throws {
        let folder = try Folder()
        let ending = try AuthHost.run(["module", "inspect", try example.build(in: folder)])
        #expect(ending.output.contains("module      users 1.0\ngeneration  9, draft "), "\(ending)")
        #expect(ending.output.contains("threads     any"))
        #expect(ending.output.contains("entry       auth_new_user 9 i(pLR)"))
        #expect(ending.output.contains("option      file (path, required): The CSV file: name,password,group."))
        // The kit has every entry, and its line declares what a class opens.
        let why =
            example == .swift ? " that its auth_check_read does not deny: it declares" : ": it has no auth_check_read"
        #expect(ending.output.contains("open        every user may read every object\(why)"), "\(ending)")
    }

    @Test(arguments: UsersExample.allCases)
    func `is at most 80 lines`(_ example: UsersExample) throws {
        #expect(try Place.text(example.source).split(separator: "\n", omittingEmptySubsequences: false).count - 1 <= 80)
    }
}
