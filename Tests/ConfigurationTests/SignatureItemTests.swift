import Testing

@testable import AuthConfiguration

@Suite struct SignatureItemTests {
    @Test func `reads keys with their places, and the time of those that do not say`() throws {
        let configuration = try load(
            """
            signature-validtime 60
            add-sigkey
                key-id Caplin
                keyfile %r/etc/keymaster_public.der
            end-sigkey
            add-sigkey
                key-id other
                keyfile /keys/other.pem
                hashing-algorithm 3
                timeout 1.5
            end-sigkey
            """)
        let keys = configuration.signatureKeys
        #expect(keys.map(\.id) == ["Caplin", "other"])
        #expect(keys.map(\.file) == ["/srv/etc/keymaster_public.der", "/keys/other.pem"])
        #expect(keys.map(\.hash) == ["sha256", "3"])
        #expect(keys.map(\.lifetime) == [.seconds(60), .milliseconds(1500)])
        #expect(keys.map(\.idSource.description) == ["main.conf:3:5", "main.conf:7:5"])
        #expect(keys.map(\.fileSource.description) == ["main.conf:4:5", "main.conf:8:5"])
        #expect(keys.map(\.hashSource.description) == ["main.conf:2:1", "main.conf:9:5"])
        #expect(configuration.warnings.isEmpty)
    }

    @Test func `has the documented defaults`() throws {
        let configuration = try load("add-sigkey\nkey-id a\nkeyfile b\nend-sigkey")
        #expect(configuration.signatureKeys.map(\.lifetime) == [.seconds(600)])
        #expect(configuration.signatureLeeway == .seconds(5))
        #expect(configuration.signatureAudience == nil)
        #expect(configuration.signatureStore == "/srv/var/used-tokens")
        #expect(configuration.signatureUsedLimit == 1_000_000)
        #expect(try load("").signatureKeys.isEmpty)
    }

    @Test(arguments: [
        ("md5", "signatures over md5 can be forged"), ("0", "signatures over md5 can be forged"),
        ("sha1", "signatures over sha1 can be forged"), ("4", "signatures over sha1 can be forged"),
        ("ripemd160", "ripemd160 is used by no algorithm for tokens (RFC 7518)"),
        ("5", "ripemd160 is used by no algorithm for tokens (RFC 7518)"),
    ])
    func `refuses the older hashes by name`(hash: String, reason: String) {
        #expect(
            mistakes("add-sigkey\nkey-id a\nkeyfile b\nhashing-algorithm \(hash)\nend-sigkey")
                == "main.conf:4:19: `hashing-algorithm` takes one of `sha256`, `1`, `sha384`, `2`, `sha512`, `3`, "
                + "not `\(hash)`: \(reason)")
    }
}
