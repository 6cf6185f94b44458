import Testing

/// The times that a module is told, in this process and in a helper.
@Suite(.needs(.cc)) struct ClockTests {
    @Test(arguments: ["none", "process"])
    func `are on the clocks that the header names`(_ isolation: String) throws {
        let folder = try Folder()
        let module = try folder.module(
            from: Place.file("Tests/EndToEnd/LoadedModules/Modules/clocks.c"), "clocks")
        let ending = try AuthHost.run(
            [
                "login", "--user", "ann", "--auth-login-timeout", "3600", "--auth-module-isolation", isolation,
                "--module", module,
            ], input: "x\n")
        #expect(ending.status == 0 && ending.output == "allow: granted\n", "\(ending)")
    }
}
