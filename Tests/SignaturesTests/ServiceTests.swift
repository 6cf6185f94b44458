import Foundation
import Synchronization
import Testing

@testable import Signatures

@Suite struct ServiceTests {
    private final class Clock: Sendable {
        let time = Mutex(Signer.now)

        var seconds: Double {
            get { time.withLock(\.seconds) }
            set { time.withLock { $0 = UnixTime(seconds: newValue) } }
        }
    }

    private let folder: Folder
    private let clock = Clock()

    init() throws { folder = try Folder() }

    private func service(_ keys: [SignatureKey], limit: Int = 100) throws -> SignatureService {
        let service = SignatureService(storePath: folder.file("used-tokens"), usedLimit: limit) { [clock] in
            UnixTime(seconds: clock.seconds)
        }
        service.replaceKeys(keys)
        return service
    }

    private func check(_ service: SignatureService, _ token: [UInt8], user: String = "alice")
        -> SignatureService.Outcome
    {
        service.check(keyID: "test", token: token, user: user)
    }

    private static let usedBefore = SignatureService.Outcome.refused(
        "the token was used before: its `jti` is good once")

    @Test func `a good token lets its user in once, also across a restart`() throws {
        let signer = try Signer()
        let token = try signer.sign(Signer.claims())
        do {
            let service = try service([signer.key])
            #expect(check(service, token) == .valid)
            #expect(check(service, token) == Self.usedBefore)
            // Another token with the same identity, signed with the same key.
            #expect(check(service, try signer.sign(Signer.claims(more: #","x":1"#))) == Self.usedBefore)
        }
        #expect(check(try service([signer.key]), token) == Self.usedBefore)
    }

    @Test func `a refused token is not used up`() throws {
        let signer = try Signer()
        let service = try service([signer.key])
        let token = try signer.sign(Signer.claims())
        #expect(check(service, token, user: "bob") == .refused("the token's `sub` is not the user who logs in"))
        clock.seconds += 700
        #expect(
            check(service, token) == .refused("Signature expired for key_id test - 2027-01-15T08:00:00Z denying login"))
        clock.seconds -= 700
        #expect(check(service, token) == .valid)
    }

    @Test func `says that no key has an id, and which there are`() throws {
        let signer = try Signer()
        let service = try service([signer.key])
        #expect(
            service.check(keyID: "prod", token: [], user: "alice")
                == .failed("no `add-sigkey` has the key-id `prod`: `test`"))
        service.replaceKeys([])
        #expect(check(service, []) == .failed("no `add-sigkey` has the key-id `test`: there is none"))
    }

    @Test func `a store that cannot be used denies, and says so at the start`() throws {
        let signer = try Signer()
        _ = try folder.write(Data("damaged".utf8), to: "used-tokens")
        let service = try service([signer.key])
        let error = #expect(throws: UsedTokenError.self) { try service.openStore() }
        #expect(check(service, try signer.sign(Signer.claims())) == .failed(try #require(error).description))
        #expect(check(service, try Signer().sign(Signer.claims())) == .refused("\(TokenRefusal.signature)"))
    }

    @Test func `two hosts cannot use one store, and the second says so`() throws {
        let signer = try Signer()
        let (first, second) = (try service([signer.key]), try service([signer.key]))
        let token = try signer.sign(Signer.claims())
        #expect(check(first, token) == .valid)
        guard case .failed(let reason) = check(second, token) else {
            Issue.record("a second host accepted the token")
            return
        }
        #expect(reason.contains("another process has it open: each host needs a `signature-store` of its own"))
    }

    @Test func `other keys count from the moment they are put in place`() throws {
        let (old, new) = (try Signer(), try Signer())
        let service = try service([old.key])
        service.replaceKeys([new.key], verifier: TokenVerifier(audience: "host"))
        #expect(
            check(service, try old.sign(Signer.claims(more: #","aud":"host""#)))
                == .refused("\(TokenRefusal.signature)"))
        #expect(check(service, try new.sign(Signer.claims())) == .refused("the token has no `aud`, which is needed"))
        #expect(check(service, try new.sign(Signer.claims(more: #","aud":"host""#))) == .valid)
    }

    @Test func `one key under two ids does not make a token good twice`() throws {
        let signer = try Signer()
        let service = try service([signer.key, try signer.key(id: "again", lifetime: .seconds(60))])
        let token = try signer.sign(Signer.claims())
        #expect(service.check(keyID: "again", token: token, user: "alice") == .valid)
        #expect(check(service, token) == Self.usedBefore)
    }

    @Test func `two keys may use the same identities`() throws {
        let (first, second) = (try Signer(), try Signer(id: "second"))
        let service = try service([first.key, second.key])
        #expect(check(service, try first.sign(Signer.claims())) == .valid)
        #expect(service.check(keyID: "second", token: try second.sign(Signer.claims()), user: "alice") == .valid)
    }

    @Test func `a token stays used when its key's time grows after it was forgotten`() throws {
        let signer = try Signer(lifetime: .seconds(60))
        let service = try service([signer.key], limit: 1)
        let token = try signer.sign(Signer.claims())
        #expect(check(service, token) == .valid)
        clock.seconds += 100
        #expect(check(service, try signer.sign(Signer.claims(id: "2", issued: clock.seconds))) == .valid)
        service.replaceKeys([try signer.key(lifetime: .seconds(3600))], verifier: TokenVerifier())
        guard case .refused(let reason) = check(service, token) else {
            Issue.record("a used token was accepted again")
            return
        }
        #expect(reason.hasPrefix("the token was issued by 2027-01-15T08:00:00Z, up to which used tokens of its key"))
    }

    @Test func `says that the store is full, in words of its own`() throws {
        let signer = try Signer()
        let service = try service([signer.key], limit: 2)
        for id in 1...2 { #expect(check(service, try signer.sign(Signer.claims(id: "\(id)"))) == .valid) }
        guard case .refused(let reason) = check(service, try signer.sign(Signer.claims(id: "3"))) else {
            Issue.record("more tokens were accepted than can be remembered")
            return
        }
        #expect(
            reason.hasPrefix("no further used token can be remembered: 2 are, as many as `signature-used-limit` allows")
        )
    }

    @Test func `of threads that present one token at once exactly one gets in`() throws {
        let signer = try Signer()
        let service = try service([signer.key])
        let tokens = try (0..<20).map { try signer.sign(Signer.claims(id: "\($0)")) }
        let outcomes = Mutex<[SignatureService.Outcome]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for token in tokens {
                let outcome = service.check(keyID: "test", token: token, user: "alice")
                outcomes.withLock { $0.append(outcome) }
            }
        }
        #expect(outcomes.withLock { $0.count { $0 == .valid } } == tokens.count)
        #expect(outcomes.withLock { $0.count { $0 == Self.usedBefore } } == 7 * tokens.count)
    }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00Z"), (253_402_300_799.9, "9999-12-31T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
    ])
    func `spells times as RFC 3339 does`(seconds: Double, text: String) {
        #expect(UnixTime(seconds: seconds).description == text)
    }
}
