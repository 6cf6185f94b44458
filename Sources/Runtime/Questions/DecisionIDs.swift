import AuthCore
import ModuleHost

/// Names decisions. A name costs a few additions: no lock, no memory, no look at a clock.
struct DecisionIDs: Sendable {
    /// Of this host, and of this start of it.
    private let start: UInt64
    private let offset: UInt64

    init() {
        var generator = SystemRandomNumberGenerator()
        start = generator.next() | 1
        offset = generator.next()
    }

    /// Returns a name that no decision had.
    func next() -> DecisionID { DecisionID(high: start, low: Self.spread(ProcessNumbers.next() &+ offset)) }

    /// Gives each number another one, so that people see at a glance that two differ: the steps of SplitMix64, which can be
    /// undone, so that no two numbers become one.
    private static func spread(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

extension Question {
    /// Whether it says which decision it is: a log-in, whose events name it, and a check of a module that reads attributes.
    ///
    /// - Parameter tells: whether the module reads attributes.
    func isNamed(tells: Bool) -> Bool {
        switch self {
        case .login, .resume, .authenticate: true
        case .check: tells
        case .map, .logout: false
        }
    }

    /// The question with the name of its decision, where it says that.
    func named(_ decision: DecisionID, tells: Bool) -> Question {
        switch self {
        case .login(let login): .login(login.named(decision, tells: tells))
        case .resume(let login): .resume(login.named(decision, tells: tells))
        case .authenticate(let login): .authenticate(login.named(decision, tells: tells))
        case .check(let session, var check) where tells:
            {
                check.attributes.name(decision)
                return .check(session, check)
            }()
        case .check, .map, .logout: self
        }
    }
}

extension Login {
    fileprivate func named(_ decision: DecisionID, tells: Bool) -> Login {
        var login = self
        login.decision = decision
        if tells { login.attributes.name(decision) }
        return login
    }
}

extension [Field] {
    /// Says which decision it is, in place of what another host has said of its own.
    fileprivate mutating func name(_ decision: DecisionID) {
        let attribute = DoorAttribute.decisionID.rawValue
        removeAll { $0.name == attribute }
        guard count < DoorAttribute.maximumCount else { return }
        append(Field(attribute, decision.hexadecimal))
    }

    /// The first value of an attribute; nil without one.
    func value(of attribute: DoorAttribute) -> String? { first { $0.name == attribute.rawValue }?.value }
}
