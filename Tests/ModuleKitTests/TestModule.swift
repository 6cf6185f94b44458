import ModuleKit
import Synchronization

/// A module whose answers depend on what it is asked, so that each test picks one.
final class TestModule: AuthModule, OpenReads {
    let host: HostInterface
    let kept = Mutex<[Completion<Answer>]>([])
    let ended = Mutex<[EndedSession]>([])

    init(host: HostInterface) throws {
        if let why = host.option("refuse") { throw Refusal(description: why) }
        self.host = host
    }

    func newUser(_ login: borrowing LoginQuestion) -> Answer {
        if login.user.isEqual(to: "literal") { return .deny("a literal", client: "for you") }
        if login.user.isEqual(to: "composed") {
            return .deny("composed of \(login.password.count)", client: "at \(login.door.text())")
        }
        if login.user.isEqual(to: "long") { return .deny(String(repeating: "ä", count: 3000)) }
        if login.user.isEqual(to: "guest") { return .ok(until: .seconds(1_800_000_000), sessionLimit: 3) }
        if login.user.isEqual(to: "forgets") { return .delayed }
        if login.user.isEqual(to: "early") {
            login.completion.answer(.ok)
            return .delayed
        }
        if login.user.isEqual(to: "unneeded") {
            _ = login.completion
            return Answer(.invalidUser)
        }
        if login.user.hasPrefix("late") {
            let completion = login.completion
            kept.withLock { $0.append(completion) }
            return .delayed
        }
        if login.user.isEqual(to: "drops") {
            _ = login.completion
            return .delayed
        }
        if login.user.isEqual(to: "terminal") {
            return .ok(sessionLimit: 3, applicationSessionLimit: 1)
        }
        if login.user.isEqual(to: "alias") {
            return .ok.with(user: "canonical", sessionData: 77, attributes: [Attribute("group", "traders")])
        }
        if login.user.isEqual(to: "grouped") {
            let groups = (0..<65).map { Attribute("group", "\($0)") }
            return .ok.with(attributes: Array(groups.prefix(login.password.isEqual(to: "secret") ? 64 : 65)))
        }
        if login.user.isEqual(to: "told") {
            var said: [Attribute] = []
            login.forEachAttribute { said.append(Attribute($0.text(), $1.text())) }
            return .ok.with(attributes: said)
        }
        if login.user.hasPrefix("signed") { return signed(login) }
        return .ok
    }

    private func signed(_ login: borrowing LoginQuestion) -> Answer {
        switch host.checkSignature(key: "k", token: login.password, user: login.user) {
        case .valid: .ok
        case .refused(let reason): Answer(.invalidPassword, log: reason)
        case .failed(let reason): .failed(reason)
        }
    }

    func explain(_ check: borrowing CheckQuestion) -> Explanation {
        let answer = checkWrite(check)
        if check.object.hasPrefix("/long") {
            return Explanation(answer, lines: [String(repeating: "ä", count: 50_000)])
        }
        return Explanation(answer, lines: ["first", check.wantsReason ? "second" : "not asked"])
    }

    func freeUser(_ session: EndedSession) { ended.withLock { $0.append(session) } }

    func mapObject(_ mapping: borrowing MapQuestion) -> MapAnswer {
        if mapping.name.hasPrefix("/long") { return .mapped(Array(repeating: UInt8(ascii: "x"), count: 4096)) }
        if mapping.name.hasPrefix("/FX") { return .mapped("/for/\(mapping.user.text())\(mapping.requested.text())") }
        return .notMapped
    }

    func checkWrite(_ check: borrowing CheckQuestion) -> Answer {
        if check.object.hasPrefix("/delayed") {
            _ = check.completion
            return .delayed
        }
        var total = 0
        check.forEachField { name, value in total += name.count + value.count }
        return check.object.isEqual(to: Array("/open".utf8)) && total == 2 * check.fieldCount ? .ok : .deny
    }

    func cancel(_ token: QuestionToken) { kept.withLock { kept in kept.removeAll { $0.token == token } } }

    func reload() throws { throw Refusal(description: "cannot read it again") }
}

struct Refusal: Error, CustomStringConvertible {
    let description: String
}

/// The type of the module, for the kit.
@c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(TestModule.self) }
