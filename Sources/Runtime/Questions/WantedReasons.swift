import Synchronization

/// Whether modules are asked for the reasons of their answers to checks: where an audit log or a shadow has a use for them.
final class WantedReasons: Sendable {
    private let wanted: Atomic<Bool>

    init(_ wanted: Bool) { self.wanted = Atomic(wanted) }

    var areWanted: Bool { wanted.load(ordering: .relaxed) }

    func want(_ wanted: Bool) { self.wanted.store(wanted, ordering: .relaxed) }
}
