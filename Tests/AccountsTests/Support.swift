import Basics
import Glibc
import Rules

@testable import Accounts

/// Lends a text for as long as the test program runs.
func lent(_ text: String) -> LentText {
    let bytes = Array(text.utf8)
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
    _ = copy.initialize(from: bytes)
    return LentText(rebasing: copy[..<bytes.count])
}

/// Makes accounts of entries that are written one after the other, each on a line of its own.
func snapshot(_ entries: Entry...) throws(EntryFault) -> AccountSnapshot { try snapshot(entries) }

func snapshot(_ entries: [Entry]) throws(EntryFault) -> AccountSnapshot {
    var builder = SnapshotBuilder(allowsPlain: true)
    try builder.addFile("users")
    var line = 0
    for entry in entries { try entry.add(to: &builder, &line) }
    return try builder.build()
}

/// What is wrong with entries; nil when nothing is.
func fault(_ entries: Entry...) -> EntryFault? {
    do {
        _ = try snapshot(entries)
        return nil
    } catch {
        return error
    }
}

/// One part of a users file, written for tests.
indirect enum Entry: Sendable {
    typealias Attributes = [Field: String]

    case key(String)
    case user(String, Attributes = [:], [Entry] = [])
    case group(String, Attributes = [:], [Entry] = [])
    case role(String, Attributes = [:], [Entry] = [])
    case everybody(Attributes = [:], [Entry] = [])
    case allow(String, String, [Entry] = [])
    case deny(String, String, [Entry] = [])
    case when(String, Attributes)
    case map(String, String)
    case limit(String, String)

    func add(to builder: inout SnapshotBuilder, _ line: inout Int) throws(EntryFault) {
        line += 1
        let place = Place(line: line, column: 1)
        switch self {
        case .key(let id): try builder.setDefaultKey(lent(id))
        case .user(let name, let attributes, let parts):
            try builder.beginUser(Self.user(name, attributes), at: place)
            try Self.end(parts, &builder, &line)
        case .group(let name, let attributes, let parts):
            var entry = GroupEntry(name: lent(name))
            entry.groups = attributes[.groups].map(lent)
            entry.roles = attributes[.roles].map(lent)
            entry.restrictions = Self.restrictions(attributes)
            try builder.beginGroup(entry, at: place)
            try Self.end(parts, &builder, &line)
        case .role(let name, let attributes, let parts):
            try builder.beginRole(RoleEntry(name: lent(name), roles: attributes[.roles].map(lent)), at: place)
            try Self.end(parts, &builder, &line)
        case .everybody(let attributes, let parts):
            var entry = EverybodyEntry()
            entry.roles = attributes[.roles].map(lent)
            entry.maxSessions = attributes[.maxSessions].map(lent)
            entry.restrictions = Self.restrictions(attributes)
            try builder.beginEverybody(entry, at: place)
            try Self.end(parts, &builder, &line)
        case .allow(let actions, let object, let parts), .deny(let actions, let object, let parts):
            var isAllow = false
            if case .allow = self { isAllow = true }
            let entry = RuleEntry(isAllow: isAllow, actions: lent(actions), object: lent(object))
            try builder.beginRule(entry, at: place)
            for part in parts { try part.add(to: &builder, &line) }
            builder.endRule()
        case .when(let field, let attributes): try builder.addCondition(Self.condition(field, attributes), at: place)
        case .map(let from, let to): try builder.addMapping(MappingEntry(from: lent(from), to: lent(to)), at: place)
        case .limit(let application, let sessions):
            try builder.addLimit(LimitEntry(application: lent(application), maxSessions: lent(sessions)), at: place)
        }
    }

    private static func end(
        _ parts: [Entry], _ builder: inout SnapshotBuilder, _ line: inout Int
    ) throws(EntryFault) {
        for part in parts { try part.add(to: &builder, &line) }
        builder.end()
    }

    private static func user(_ name: String, _ attributes: Attributes) -> UserEntry {
        var entry = UserEntry(name: lent(name))
        entry.password = attributes[.password].map(lent)
        entry.keyID = attributes[.keyID].map(lent)
        entry.groups = attributes[.groups].map(lent)
        entry.roles = attributes[.roles].map(lent)
        entry.notBefore = attributes[.notBefore].map(lent)
        entry.expires = attributes[.expires].map(lent)
        entry.maxSessions = attributes[.maxSessions].map(lent)
        entry.restrictions = restrictions(attributes)
        return entry
    }

    private static func restrictions(_ attributes: Attributes) -> RestrictionEntry {
        RestrictionEntry(
            addresses: attributes[.addresses].map(lent), hours: attributes[.hours].map(lent),
            applications: attributes[.applications].map(lent))
    }

    static func condition(_ field: String, _ attributes: Attributes) -> ConditionEntry {
        var entry = ConditionEntry(field: lent(field))
        entry.equals = attributes[.equals].map(lent)
        entry.oneOf = attributes[.oneOf].map(lent)
        entry.minimum = attributes[.minimum].map(lent)
        entry.maximum = attributes[.maximum].map(lent)
        entry.matches = attributes[.matches].map(lent)
        return entry
    }
}

/// A clock that stands at a point in time, in a zone.
func clock(_ seconds: Int64 = 0, zone: @escaping @Sendable (Int64) -> tm = utc) -> WallClock {
    WallClock(now: { seconds }, local: zone)
}

@Sendable func utc(_ seconds: Int64) -> tm {
    var time = time_t(seconds)
    var fields = tm()
    gmtime_r(&time, &fields)
    return fields
}

/// Takes one token of one user and key.
struct OneToken: SignatureChecking {
    func check(key: String, token: Span<UInt8>, user: Span<UInt8>) -> SignatureVerdict {
        let token = token.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        let user = user.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        if (key, token, user) == ("k1", "good", "alice") { return .accepted }
        return token == "?" ? .failed(reason: "no host") : .refused(reason: "the signature is wrong")
    }
}

/// Accounts in force, and the questions that tests ask.
func authority(
    _ entries: Entry..., queue: FairQueueBounds = FairQueueBounds(), clock: WallClock = clock(),
    meter: PasswordCheck.Meter? = nil
) throws -> AccountAuthority {
    let made = try snapshot(entries)
    return try authority(queue: queue, clock: clock, meter: meter) { made }
}

func authority(
    queue: FairQueueBounds = FairQueueBounds(), clock: WallClock = clock(), meter: PasswordCheck.Meter? = nil,
    read: @escaping @Sendable () throws -> AccountSnapshot
) throws -> AccountAuthority {
    try AccountAuthority(
        options: AccountOptions(hashThreads: 1, queue: queue), processors: 2, clock: clock, signatures: OneToken(),
        meter: meter, read: read)
}

extension AccountAuthority {
    func login(_ user: String, _ password: String, _ client: LoginClient = LoginClient()) async -> LoginOutcome {
        await withCheckedContinuation { continuation in
            let outcome = login(user: Array(user.utf8).span, password: Array(password.utf8).span, client: client) {
                { continuation.resume(returning: $0) }
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    func resume(_ user: String, _ client: LoginClient = LoginClient()) -> LoginOutcome {
        resume(user: Array(user.utf8).span, client: client)
    }

    func check(
        _ user: String, _ action: ObjectAction, _ name: String, _ fields: [(String, String)] = [], reason: Bool = false
    ) -> CheckOutcome {
        check(user: Array(user.utf8).span, action: action, name: Array(name.utf8).span, wantsReason: reason) { body in
            for (name, value) in fields { body(Array(name.utf8).span, Array(value.utf8).span) }
        }
    }

    func mapped(_ user: String, _ name: String) -> MapOutcome {
        map(user: Array(user.utf8).span, name: Array(name.utf8).span)
    }
}

extension LoginClient {
    init(_ address: String, _ application: String = "") {
        self.init(address: Array(address.utf8), application: Array(application.utf8))
    }
}

extension LoginOutcome {
    /// What stands against an outcome; nil when it is accepted or something else.
    var refusal: LoginRefusal.Cause? {
        if case .notPermitted(let refusal) = self { return refusal.cause }
        return nil
    }

    /// The terms of an outcome that is accepted.
    var admission: Acceptance? {
        if case .accepted(let admission) = self { return admission }
        return nil
    }
}

extension CheckOutcome {
    var isAllowed: Bool {
        if case .allowed = self { return true }
        return false
    }

    /// Whether a rule denies, and the reason ends so.
    func isDenied(at end: String) -> Bool {
        if case .denied(let reason?) = self { return reason.hasPrefix("denied by ") && reason.hasSuffix(end) }
        return false
    }
}
