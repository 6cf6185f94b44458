extension PenaltyTable {
    /// What the module is asked about a subject now: a password, and how many log-ins present it.
    struct Asking: Sendable {
        let password: Secret
        var askers: Int
    }

    /// A wrong password.
    struct Wrong: Sendable {
        let digest: UInt64
        /// The module is not asked about it again before then, unless what it knows has changed since ``era``.
        var until: Int64
        var era: UInt64
    }

    /// What is known of a subject.
    struct Tally: Sendable {
        /// Wrong passwords, and when they are forgotten.
        var count = 0
        var until: Int64 = 0
        /// In the tally of a user and of a usual source.
        var wrong: [Wrong] = []
        /// Parts of the digests of those that other hosts of a cluster were shown.
        var heard: [UInt16] = []
        var asked: [Asking] = []
        /// Log-ins of a network that the module is asked about now.
        var open = 0
        var waiting = 0

        var isIdle: Bool { asked.isEmpty && open == 0 && waiting == 0 }

        var hasDigests: Bool { !wrong.isEmpty || !heard.isEmpty }

        /// What is known here of a wrong password; nil for one that was not shown here.
        func wrong(_ digest: UInt64) -> Wrong? { wrong.first { $0.digest == digest } }

        /// Whether a wrong password was shown here, or seems to have been shown to another host.
        func has(_ digest: UInt64) -> Bool {
            wrong(digest) != nil || heard.contains(UInt16(truncatingIfNeeded: digest))
        }

        /// Whether a wrong password with this part of a digest was shown here or to another host.
        func knows(_ digest: UInt16) -> Bool {
            heard.contains(digest) || wrong.contains { UInt16(truncatingIfNeeded: $0.digest) == digest }
        }

        /// Notes a wrong password that was shown here; at most so many are known.
        mutating func note(_ password: Wrong, most: Int) {
            if let index = wrong.firstIndex(where: { $0.digest == password.digest }) {
                wrong[index] = password
            } else if wrong.count < most {
                wrong.append(password)
            }
        }

        /// Whether there is nothing to keep.
        var isEmpty: Bool { count == 0 && isIdle }

        /// Forgets what is past.
        mutating func forgetPast(at now: Int64) { if count > 0, until <= now { forget() } }

        /// Notes that the module has answered one of those who asked about a password.
        mutating func noteAnswer(to password: Secret) {
            guard let index = asked.firstIndex(where: { $0.password.hasBytes(of: password) }) else { return }
            asked[index].askers -= 1
            if asked[index].askers == 0 { asked.remove(at: index) }
        }

        mutating func forget() { (count, wrong, heard) = (0, [], []) }

        var worth: Int64 { isIdle ? Int64(count) : .max }
    }
}

/// A log-in that the module is asked about.
public struct PenaltyTurn: Sendable {
    let name: PenaltyName
    let given: PenaltyName
    let source: PenaltySource
    let own: PenaltySubject
    let networks: [NetworkPrefix]
    let password: Secret
    /// Of the table, when the module was asked.
    let era: UInt64

    var subjects: [PenaltySubject] { [own] + networks.map(PenaltySubject.network) }
}

extension Secret {
    /// Whether the other one has the same bytes.
    func hasBytes(of other: Secret) -> Bool {
        count == other.count && withTerminatedBytes { one in other.withTerminatedBytes { one.elementsEqual($0) } }
    }
}
