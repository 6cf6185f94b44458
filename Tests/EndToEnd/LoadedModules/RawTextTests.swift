import Foundation
import Testing

/// Texts of a module in C++ that the language takes as they stand.
@Suite(.needs(.cxx)) struct RawTextTests {
    /// With a tab and quotes as they are, and a backslash that escapes nothing.
    private static let raw = "R\"(a\tb\\n\"c\")\""

    private static let source = """
        #include <authhost/authmodule.h>
        #include <cstring>
        static const auth_host_t *host;
        static int init(const auth_host_t *table, void **) {
            host = table;
            return AUTH_OK;
        }
        static int new_user(void *, const auth_login_t *login, auth_result_t *result) {
            result->user = login->user;
            return std::strcmp(host->option(host, "raw", 0), \(raw)) == 0 ? AUTH_OK : AUTH_DENY;
        }
        #define VERSION "2." "1"
        #define ENTRIES(E) E(auth_init, 9, init) E(auth_new_user, 9, new_user)
        #define OPTIONS(O) O("raw", AUTH_OPTION_STRING, \(raw), R"(Has a \\ and a	tab.)")
        AUTH_MODULE("raw", VERSION, 9, AUTH_ANY_THREAD, ENTRIES, OPTIONS);
        """

    @Test func `are the same in note and descriptor, and reach the module`() throws {
        let folder = try Folder()
        let (source, module) = (try folder.write(Self.source, to: "raw.cpp"), folder.path("libraw.so"))
        let built = try ChildProcess.run([
            "g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I", Place.file("include"), "-o",
            module, source,
        ])
        try #require(built.status == 0, "\(built)")
        chmod(module, 0o755)
        let inspected = try AuthHost.run(["module", "inspect", module, "--json"])
        #expect(inspected.status == 0, "\(inspected)")
        #expect(inspected.output.contains(#""default": "a\u0009b\\n\"c\"""#), "\(inspected)")
        #expect(inspected.output.contains(#""Has a \\ and a\u0009tab.""#), "\(inspected)")
        #expect(inspected.output.contains("2.1"))
        for isolation in ["none", "process"] {
            let ending = try AuthHost.run(
                ["login", "--user", "ann", "--module", module, "--auth-module-isolation", isolation], input: "x\n")
            #expect(ending.status == 0 && ending.output == "allow: granted\n", "\(ending)")
        }
    }
}
