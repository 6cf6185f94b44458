import AuthCore
import Glibc
import Rules
import Synchronization

/// A renaming of objects that the configuration asks for, and where.
public struct ConfiguredMapping: Sendable, Hashable {
    /// What it renames, and to what.
    public let mapping: ObjectMapping
    /// Where it stands, such as `etc/authhost.conf:12:12`; for the reason of a refusal.
    public let source: String

    /// Makes a mapping that stands at a place.
    public init(_ mapping: ObjectMapping, source: String) {
        self.mapping = mapping
        self.source = source
    }
}

/// The configured mappings that hold now: read by every question about an object, replaced by a reload.
///
/// Each thread reads its own share of the shards, so that no lock is common to all questions; without any mapping there is
/// no lock at all.
final class ConfiguredMappings: Sendable {
    private final class Shard: Sendable {
        let mappings: Mutex<[ConfiguredMapping]>

        init(_ mappings: [ConfiguredMapping]) { self.mappings = Mutex(mappings) }
    }

    private let shards: [Shard]
    private let isUsed: Atomic<Bool>
    /// What was set last; only a reload looks at it.
    private let current: Mutex<[ConfiguredMapping]>

    init(_ mappings: [ConfiguredMapping]) {
        shards = (0..<16).map { _ in Shard(mappings) }
        isUsed = Atomic(!mappings.isEmpty)
        current = Mutex(mappings)
    }

    /// Replaces the mappings for questions that are asked from now on; returns whether names are mapped otherwise now.
    func replace(with mappings: [ConfiguredMapping]) -> Bool {
        current.withLock { current in
            let isOther = current.map(\.mapping) != mappings.map(\.mapping)
            current = mappings
            if !mappings.isEmpty { isUsed.store(true, ordering: .releasing) }
            for shard in shards { shard.mappings.withLock { $0 = mappings } }
            if mappings.isEmpty { isUsed.store(false, ordering: .releasing) }
            return isOther
        }
    }

    /// Whether there is any.
    var isInUse: Bool { isUsed.load(ordering: .acquiring) }

    /// What became of a name.
    enum Outcome {
        /// The question goes on with this name: the mapped one, or the one that was asked for when no mapping applies.
        case name(ObjectName)
        /// A mapping applies and makes no name; the question ends with this.
        case refused(Answer)
    }

    /// Applies the first mapping whose pattern matches.
    func map(_ name: ObjectName, user: String) -> Outcome {
        guard isUsed.load(ordering: .acquiring) else { return .name(name) }
        let mappings = shards[Int(pthread_self() >> 12) & (shards.count - 1)].mappings.withLock { $0 }
        let userName = Array(user.utf8)
        var result: [UInt8] = []
        for configured in mappings {
            switch configured.mapping.apply(name.bytes.span, user: userName.span, into: &result) {
            case .unmapped: continue
            case .tooLong:
                return refused("would be longer than \(ObjectName.maximumLength) bytes", configured)
            case .mapped:
                // Else a user could choose the segment that follows its name.
                if configured.mapping.insertsUser, userName.contains(UInt8(ascii: "/")) {
                    return refused("would hold a user name with a slash", configured)
                }
                do {
                    return .name(try ObjectName(result))
                } catch {
                    return refused("cannot be used: \(error)", configured)
                }
            }
        }
        return .name(name)
    }

    private func refused(_ why: String, _ configured: ConfiguredMapping) -> Outcome {
        .refused(
            Answer(
                .undecided, .mappedNameInvalid,
                logText: "the name that `object-map` at \(configured.source) makes \(why)"))
    }
}
