import Basics
import Testing

@testable import ExecCore

@Suite struct JSONOutputTests {
    private func read(_ text: String, now: Int64 = 1_000_000_000) throws -> JSONOutput {
        var text = text
        let output = try text.withUTF8 { try SecretBytes(UnsafeRawBufferPointer($0)) }
        let options = try ExecOptions(values: [("Command", "/x"), ("UserName", "ann"), ("Format", "json")])
        return try JSONOutput.read(output, options: options, now: now)
    }

    @Test func `reads the simple shape, and ignores what it does not know`() throws {
        let read = try read(
            #"{"version": 1, "user": "bob", "token": "t\u00e9", "expires": 1000002000, "colour": "red"}"# + "\n")
        #expect(read.user == "bob")
        #expect(read.secret.text == "té")
        #expect(read.expiry == 1_000_002_000)
        let bare = try self.read(#"{"secret": "s"}"#)
        #expect(bare.user == nil)
        #expect(bare.expiry == nil)
    }

    @Test func `reads an ExecCredential`() throws {
        let read = try read(
            #"{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t", "expirationTimestamp": "2026-11-23T07:35:00Z"}}"#
        )
        #expect(read.secret.text == "t")
        #expect(read.expiry == 1_795_419_300)
    }

    @Test func `keeps the whole object of a credential_process, and the key's id as the user`() throws {
        let text =
            #"{"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "s", "Expiration": "2026-11-23T08:35:00+01:00"}"#
        let read = try read(" " + text + "\n")
        #expect(read.user == "AKIA")
        #expect(read.secret.text == text)
        #expect(read.expiry == 1_795_419_300)
    }

    @Test(
        arguments: [
            ("", "empty", "nothing"), ("{\"token\": \"\"}", "empty", "empty `token`"),
            (#"{"token": "hush", "token": "x"}"#, "malformed", "line 1"), (#"{"token": hush}"#, "malformed", "column"),
            (#"["hush"]"#, "malformed", "not an object"),
            (#"{"version": 2, "token": "hush"}"#, "malformed", "`version`"),
            (#"{"token": 7}"#, "malformed", "not a string"), (#"{"token": "a", "secret": "b"}"#, "malformed", "both"),
            (#"{"user": "a"}"#, "malformed", "neither"), (#"{"token": "hush\nx"}"#, "forbidden-byte", "`token`"),
            (#"{"token": "hush", "expires": "soon"}"#, "malformed", "RFC 3339"),
            (#"{"token": "hush", "expires": 999999900}"#, "expired", "100 s ago"),
            (#"{"token": "hush", "expires": 1800000000000}"#, "malformed", "from 2000 to 9999"),
            (#"{"token": "hush", "expires": 253402300800}"#, "malformed", "from 2000 to 9999"),
            (#"{"token": "hush", "expires": "9999-12-31T23:59:59-00:01"}"#, "malformed", "from 2000 to 9999"),
            (#"{"token": "hush", "expires": 3600}"#, "malformed", "from 2000 to 9999"),
            (#"{"token": "hush", "expires": -1}"#, "malformed", "from 2000 to 9999"),
            (#"{"success": false, "code": "401", "message": "no password=hush session"}"#, "reported", "`401`"),
            (#"{"error": {"code": "x", "message": "gone"}}"#, "reported", "`gone`"),
            (
                #"{"kind": "ExecCredential", "apiVersion": "v9", "status": {"token": "hush"}}"#, "malformed",
                "apiVersion"
            ),
            (
                #"{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"clientCertificateData": "c", "clientKeyData": "hush"}}"#,
                "malformed", "`status.clientCertificateData`"
            ),
            (#"{"AccessKeyId": "a", "SecretAccessKey": "hush"}"#, "malformed", "`Version`"),
            (#"{"token": "hush", "user": "a\nb"}"#, "malformed", "`user`"),
        ] as [(String, String, String)])
    func `refuses with a kind and without the document`(text: String, kind: String, says: String) {
        let refusal = #expect(throws: OutputRefusal.self) { try read(text) }
        #expect(refusal?.kind.rawValue == kind)
        #expect(refusal?.text.contains(says) == true)
        #expect(refusal?.text.contains("hush") == false)
    }
}

@Suite struct RedactionTests {
    @Test(
        arguments: [
            ("cannot open /usr/lib/python3.12/site-packages/botocore/session.py", nil),
            ("connection refused by db-1.example.com:5432", nil),
            ("password: hunter2 bad", "password: [redacted] bad"), ("--token abc x", "--token [redacted] x"),
            ("DB_PASSWORD='x'", "DB_PASSWORD=[redacted]"), (#"{"client_secret":"x"}"#, #"{"client_secret":[redacted]"#),
            ("Authorization: Bearer abc def", "Authorization: Bearer [redacted] def"),
            ("https://u:p@host/x", "https://[redacted]@host/x"),
            ("got 0123456789abcdef0123 here", "got [redacted] here"),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "[redacted]"),
        ] as [(String, String?)])
    func `hides what looks like a secret and keeps what explains`(text: String, redacted: String?) {
        #expect(Redaction.redact(text, secrets: []) == redacted ?? text)
    }
}
