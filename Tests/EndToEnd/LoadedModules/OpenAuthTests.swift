import Testing

@Suite struct OpenAuthTests {
    @Test(arguments: ["read", "write", "create"], ["read", "write", "create"])
    func `each action is allowed by its own option alone`(allowed: String, action: String) throws {
        let options = ["read", "write", "create"].flatMap {
            ["--option", "\($0)-access=\($0 == allowed ? "TRUE" : "FALSE")"]
        }
        let ending = try AuthHost.run(
            ["check", "--user", "ann", "--trusted", "--\(action)", "/A", "--module", "openauth"] + options)
        #expect(ending.status == (allowed == action ? 0 : 2), "\(ending)")
    }
}
