import Crypto
import Foundation
import Testing

@testable import Signatures

@Suite struct TokenTests {
    private let verifier = TokenVerifier()

    @Test(arguments: Fixture.tokens)
    func `accepts what another implementation signed`(algorithm: String, file: String, token: String) throws {
        let hash = try #require(JWSAlgorithm(rawValue: algorithm)).hash
        let key = try SignatureKey(.of(Fixture.path("\(file).pem"), hash: hash, id: "fixture"))
        #expect(verifier.refusal(Array(token.utf8), key, now: Fixture.issued) == nil)
        #expect(verifier.refusal(Array(token.utf8), key, user: "bob", now: Fixture.issued) == .otherUser)
        let other = try SignatureKey(.of(Fixture.path("\(file).pem"), hash: hash, id: "other"))
        #expect(verifier.refusal(Array(token.utf8), other, now: Fixture.issued) == .otherKey)
    }

    @Test func `the other implementation signed with every algorithm`() {
        #expect(Fixture.tokens.map(\.algorithm) == JWSAlgorithm.allCases.map(\.rawValue))
    }

    @Test func `an RSA key takes the algorithms of its hash alone`() throws {
        let key = try SignatureKey(.of(Fixture.path("rsa.pem"), hash: .sha384, id: "fixture"))
        for (algorithm, _, token) in Fixture.tokens.prefix(6) {
            let refusal = verifier.refusal(Array(token.utf8), key, now: Fixture.issued)
            #expect(refusal == (algorithm.hasSuffix("384") ? nil : .algorithm(accepted: ["RS384", "PS384"])))
        }
    }

    /// Three changes of every byte: one bit, the case of a letter, and a character that means something else.
    @Test(arguments: [UInt8(0x01), 0x20, 0x80])
    func `no token with a changed byte is good`(flip: UInt8) throws {
        for (algorithm, file, token) in Fixture.tokens where ["RS256", "PS256", "ES256", "ES512"].contains(algorithm) {
            let hash = try #require(JWSAlgorithm(rawValue: algorithm)).hash
            let key = try SignatureKey(.of(Fixture.path("\(file).pem"), hash: hash, id: "fixture"))
            for index in token.utf8.indices {
                var bytes = Array(token.utf8)
                bytes[token.utf8.distance(from: token.utf8.startIndex, to: index)] ^= flip
                #expect(verifier.refusal(bytes, key, now: Fixture.issued) != nil)
            }
        }
    }

    @Test func `no part of a token and no token with more to it is good`() throws {
        let signer = try Signer()
        let token = try signer.sign(Signer.claims())
        #expect(verifier.refusal(token, signer.key) == nil)
        for count in 0..<token.count { #expect(verifier.refusal(Array(token[..<count]), signer.key) != nil) }
        for suffix in [".", "=", "A", "AA", "\n", " ", ".\(Signer.encode([1]))", "\0"] {
            #expect(verifier.refusal(token + suffix.utf8, signer.key) != nil)
            #expect(verifier.refusal(suffix.utf8 + token, signer.key) != nil)
        }
    }

    @Test(arguments: [
        (#"{"alg":"none"}"#, TokenRefusal.algorithm(accepted: ["ES256"])),
        (#"{"alg":"HS256"}"#, .algorithm(accepted: ["ES256"])),
        (#"{"alg":"es256"}"#, .algorithm(accepted: ["ES256"])),
        (#"{"alg":"ES384"}"#, .algorithm(accepted: ["ES256"])),
        (#"{"alg":"RS256"}"#, .algorithm(accepted: ["ES256"])),
        (#"{}"#, .algorithm(accepted: ["ES256"])),
        (#"{"alg":["ES256"]}"#, .malformed("header has a `alg` that is not a text")),
        (#"{"alg":"ES256","alg":"ES256"}"#, .malformed("header names a member twice")),
        (#"{"alg":"ES256","typ":"JOSE"}"#, .type),
        (#"{"alg":"ES256","crit":["exp"]}"#, .criticalExtension),
        (#"{"alg":"ES256","crit":null}"#, .criticalExtension),
        (#"{"alg":"ES256","b64":false,"crit":["b64"]}"#, .criticalExtension),
        (#"{"alg":"ES256","kid":"Test"}"#, .otherKey),
        (#"{"alg":"ES256","kid":7}"#, .malformed("header has a `kid` that is not a text")),
        (#"["ES256"]"#, .malformed("header is not a JSON object")),
        (#"{"alg":"ES256",}"#, .malformed("header is not strict JSON")),
        ("", .malformed("header is not strict JSON")),
    ])
    func `refuses a header although it is signed`(header: String, refusal: TokenRefusal) throws {
        let signer = try Signer()
        #expect(verifier.refusal(try signer.sign(Signer.claims(), header: header), signer.key) == refusal)
    }

    @Test(arguments: [
        #"{"alg":"ES256","typ":"JWT","kid":"test"}"#, #"{"typ":"jwt","alg":"ES256"}"#,
        #"{"alg":"ES256","jku":"https://example.net/keys","x":[{"y":null}]}"#,
    ])
    func `accepts a header with what it may have`(header: String) throws {
        let signer = try Signer()
        #expect(verifier.refusal(try signer.sign(Signer.claims(), header: header), signer.key) == nil)
    }

    @Test(arguments: [
        (#"{"iat":1800000000,"jti":"1"}"#, TokenRefusal.missing("sub")),
        (#"{"sub":null,"iat":1800000000,"jti":"1"}"#, .malformed("payload has a `sub` that is not a text")),
        (#"{"sub":"alice","jti":"1"}"#, .missing("iat")),
        (#"{"sub":"alice","iat":"1800000000","jti":"1"}"#, .malformed("payload has a `iat` that is not a number")),
        (
            #"{"sub":"alice","iat":-1,"jti":"1"}"#,
            .malformed("payload has a `iat` that is not a time from 2000 to 9999, in seconds since 1970")
        ),
        (
            #"{"sub":"alice","iat":946684799,"jti":"1"}"#,
            .malformed("payload has a `iat` that is not a time from 2000 to 9999, in seconds since 1970")
        ),
        (
            #"{"sub":"alice","iat":1800000000000,"jti":"1"}"#,
            .malformed("payload has a `iat` that is not a time from 2000 to 9999, in seconds since 1970")
        ),
        (
            #"{"sub":"alice","iat":1e300,"jti":"1"}"#,
            .malformed("payload has a `iat` that is not a time from 2000 to 9999, in seconds since 1970")
        ),
        (#"{"sub":"alice","iat":true,"jti":"1"}"#, .malformed("payload has a `iat` that is not a number")),
        (#"{"sub":"alice","iat":1800000000}"#, .missing("jti")),
        (#"{"sub":"alice","iat":1800000000,"jti":""}"#, .identifierLength(0)),
        (#"{"sub":"alice","iat":1800000000,"jti":1}"#, .malformed("payload has a `jti` that is not a text")),
        (Signer.claims(id: String(repeating: "x", count: 129)), .identifierLength(129)),
        (Signer.claims("Alice"), .otherUser), (Signer.claims("alice "), .otherUser), (Signer.claims(""), .otherUser),
        (Signer.claims(more: #","sub":"bob""#), .malformed("payload names a member twice")),
        (Signer.claims(more: #","aud":"host""#), .otherAudience),
        (Signer.claims(more: #","exp":"1800000001""#), .malformed("payload has a `exp` that is not a number")),
        (Signer.claims(more: #","nbf":[]"#), .malformed("payload has a `nbf` that is not a number")),
        ("\"alice\"", .malformed("payload is not strict JSON")), ("[]", .malformed("payload is not a JSON object")),
        (Signer.claims() + " x", .malformed("payload is not strict JSON")),
        (Signer.claims("\\u0000"), .malformed("payload is not strict JSON")),
        (Signer.claims("\\ud800"), .malformed("payload is not strict JSON")),
    ])
    func `refuses claims although they are signed`(claims: String, refusal: TokenRefusal) throws {
        let signer = try Signer()
        #expect(verifier.refusal(try signer.sign(claims), signer.key) == refusal)
    }

    @Test func `users are the same byte for byte, not as Unicode has it`() throws {
        let signer = try Signer()
        let token = try signer.sign(Signer.claims("jos\u{e9}"))
        #expect(verifier.refusal(token, signer.key, user: "jos\u{e9}") == nil)
        #expect(verifier.refusal(token, signer.key, user: "jose\u{301}") == .otherUser)
    }

    @Test func `refuses a token that is too long before it reads it`() throws {
        let signer = try Signer()
        let token = try signer.sign(Signer.claims(more: #","x":"\#(String(repeating: "x", count: 6000))""#))
        let longest = token.count
        #expect(longest <= TokenVerifier.tokenLimit && verifier.refusal(token, signer.key) == nil)
        let longer = try signer.sign(Signer.claims(more: #","x":"\#(String(repeating: "x", count: 6200))""#))
        #expect(verifier.refusal(longer, signer.key) == .tooLong(longer.count))
        let deep = String(repeating: "[", count: 3000) + String(repeating: "]", count: 3000)
        #expect(verifier.refusal(try signer.sign(Signer.claims(more: #","x":\#(deep)"#)), signer.key) != nil)
    }

    @Test(arguments: [
        // seconds after iat, claims besides, whether it is good: lifetime 600, leeway 5
        (0.0, "", true), (604.9, "", true), (605.0, "", false), (-5.0, "", true), (-5.1, "", false),
        (100.0, #","exp":1800000096"#, true), (100.0, #","exp":1800000095"#, false),
        (604.0, #","exp":1800009999"#, true), (605.0, #","exp":1800009999"#, false),
        (100.0, #","nbf":1800000105"#, true), (100.0, #","nbf":1800000106"#, false),
        (100.0, #","exp":1800000095.5"#, true), (3.0, #","exp":0"#, false),
    ])
    func `is good from iat or nbf until the lifetime or exp ends`(after: Double, more: String, good: Bool) throws {
        let signer = try Signer()
        let now = UnixTime(seconds: Signer.now.seconds + after)
        #expect((verifier.refusal(try signer.sign(Signer.claims(more: more)), signer.key, now: now) == nil) == good)
    }

    @Test func `says of an expired token what the reference says`() throws {
        let signer = try Signer(id: "Caplin")
        let refusal = verifier.refusal(
            try signer.sign(Signer.claims(issued: 1_769_867_537)), signer.key, now: Signer.now)
        #expect(refusal?.description == "Signature expired for key_id Caplin - 2026-01-31T13:52:17Z denying login")
    }

    @Test(arguments: [
        ("host", #","aud":"host""#, nil), ("host", #","aud":["other","host"]"#, nil),
        ("host", #","aud":["other"]"#, TokenRefusal.otherAudience), ("host", #","aud":[]"#, .otherAudience),
        ("host", "", .missing("aud")), ("host", #","aud":"Host""#, .otherAudience),
        ("host", #","aud":[1]"#, .malformed("payload has a `aud` that is neither a text nor an array of texts")),
    ])
    func `takes tokens for its own audience alone`(audience: String, more: String, refusal: TokenRefusal?) throws {
        let signer = try Signer()
        let verifier = TokenVerifier(audience: audience)
        #expect(verifier.refusal(try signer.sign(Signer.claims(more: more)), signer.key) == refusal)
    }

    @Test func `refuses a signature that is made with another key, or empty, or in DER`() throws {
        let signer = try Signer()
        #expect(verifier.refusal(try Signer().sign(Signer.claims()), signer.key) == .signature)
        let input = "\(Signer.encode(Signer.header.utf8)).\(Signer.encode(Signer.claims().utf8))"
        #expect(verifier.refusal(Array("\(input).".utf8), signer.key) == .signature)
        let other = P256.Signing.PrivateKey()
        let der = try other.signature(for: Data(input.utf8)).derRepresentation
        #expect(verifier.refusal(Array("\(input).\(Signer.encode(der))".utf8), signer.key) == .signature)
    }

    @Test(arguments: ["A", "AB", "AAB", "AAAAA", "A=", "AA==", "AA A", "+AAA", "/AAA", "AA\nAA", "A\0AA", "é"])
    func `refuses base64url that is not the one spelling of its bytes`(text: String) {
        #expect(Base64URL.decode(Array(text.utf8)[...]) == nil)
    }

    @Test func `decodes every byte`() {
        let bytes = [UInt8](0...255)
        for count in 0...256 {
            #expect(Base64URL.decode(Array(Signer.encode(bytes[..<count]).utf8)[...]) == Array(bytes[..<count]))
        }
    }
}
