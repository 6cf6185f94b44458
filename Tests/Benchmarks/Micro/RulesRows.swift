import BenchmarkFloor
import Glibc
import Rules

/// P2 and P2b: checks against compiled rules, beside a byte trie in C with the same rules, users and questions.
enum RulesRows {
    static let sizes = [1000, 10_000, 100_000]
    private static let names = ["1,000", "10,000", "100,000"]

    static func run(curve: String) throws {
        let cases = try sizes.map { try RulesCase(PolicyWorkload(rules: $0)) }
        var ours = sizes.map { _ in Series() }
        var floors = sizes.map { _ in Series() }
        for _ in 0..<rounds {
            for (index, one) in cases.enumerated() {
                floors[index].append(try one.floorTime(times: 10))
                ours[index].append(try one.time(times: 10))
            }
        }
        row(
            "P2", "rules in process: 10,000 users, 100 groups, 1,000 rules, half denied; beside a byte trie in C",
            "\(rate(ours[0].median)) · \(rate(floors[0].median))", floors[0].over(ours[0]), .atLeast(0.9))
        for index in 1..<sizes.count {
            row(
                "P2b", "\(names[index]) rules beside \(names[0])",
                "\(short(ours[index].median)) ns · \(short(ours[0].median)) ns (C trie \(short(floors[index].median)) ns"
                    + " · \(short(floors[0].median)) ns)", ours[index].over(ours[0]), .none)
            row(
                "P2b", "\(names[index]) rules beside the C trie with as many",
                "\(rate(ours[index].median)) · \(rate(floors[index].median))", floors[index].over(ours[index]),
                index == sizes.count - 1 ? .atLeast(1) : .none)
        }
        try writeCurve(curve, sizes.indices.map { [Double(sizes[$0]), ours[$0].median, floors[$0].median] })
    }
}

/// One set of rules with its questions, for both.
final class RulesCase {
    private struct Asked {
        let user: Range<Int>
        let object: Range<Int>
        let action: ObjectAction
        let allowed: Bool
    }

    private let rules: RuleSet
    private let trie: OpaquePointer
    private var queries: [floor_query_t] = []
    private var asked: [Asked] = []
    /// Names of users and objects, one behind the other: both sides read the same bytes.
    private let text: UnsafeMutableBufferPointer<UInt8>

    init(_ workload: PolicyWorkload) throws {
        guard
            let trie = floor_trie_new(
                UInt32(workload.rules.count), UInt32(PolicyWorkload.users), UInt32(PolicyWorkload.groups))
        else { throw BenchmarkError("no memory for the trie") }
        self.trie = trie
        rules = try Self.compile(workload, trie)
        var bytes: [UInt8] = []
        for question in workload.questions {
            let start = bytes.count
            bytes += Array("u\(question.user)".utf8)
            let middle = bytes.count
            bytes += Array(question.object.utf8)
            asked.append(
                Asked(
                    user: start..<middle, object: middle..<bytes.count, action: question.writes ? .write : .read,
                    allowed: question.allowed))
        }
        text = .allocate(capacity: bytes.count)
        _ = text.initialize(from: bytes)
        guard let chars = UnsafeRawBufferPointer(text).assumingMemoryBound(to: CChar.self).baseAddress else { return }
        for one in asked {
            queries.append(
                floor_query_t(
                    user: chars + one.user.lowerBound, object: chars + one.object.lowerBound,
                    user_length: UInt8(one.user.count), object_length: UInt8(one.object.count),
                    write: one.action == .write ? 1 : 0, allowed: one.allowed ? 1 : 0))
        }
    }

    deinit {
        floor_trie_free(trie)
        text.deallocate()
    }

    private static func compile(_ workload: PolicyWorkload, _ trie: OpaquePointer) throws -> RuleSet {
        var builder = RuleSetBuilder()
        let groups = (0..<PolicyWorkload.groups).map { builder.group(Array("g\($0)".utf8).span) }
        for rule in workload.rules {
            let pattern = Array(rule.pattern.utf8)
            try builder.add(.allow, rule.writes ? .write : .read, pattern.span, to: .group(groups[rule.group]))
            floor_trie_rule(
                trie, UInt32(rule.group), rule.pattern, UInt8(pattern.count), rule.writes ? 1 : 0)
        }
        let lists = groups.map { builder.groupList([$0]) }
        for user in 0..<PolicyWorkload.users {
            let name = Array("u\(user)".utf8)
            _ = builder.user(name.span, groups: lists[user % PolicyWorkload.groups])
            floor_trie_user(trie, "u\(user)", UInt8(name.count), UInt32(user % PolicyWorkload.groups))
        }
        return try builder.build()
    }

    /// Nanoseconds of CPU a check, in C.
    func floorTime(times: Int) throws -> Double {
        var correct: UInt64 = 0
        let elapsed = floor_trie_pass(trie, queries, UInt32(queries.count), UInt32(times), &correct)
        guard correct == queries.count * times else { throw BenchmarkError("the C trie answers wrongly") }
        return Double(elapsed) / Double(queries.count * times)
    }

    /// Nanoseconds of CPU a check, from the user's name on.
    func time(times: Int) throws -> Double {
        var correct = 0
        let elapsed = cpuTime(of: asked.count * times) { for _ in 0..<times { correct += pass() } }
        guard correct == asked.count * times else { throw BenchmarkError("the rules answer wrongly") }
        return elapsed
    }

    @inline(never)
    private func pass() -> Int {
        var correct = 0
        for one in asked {
            let user = UnsafeBufferPointer(rebasing: text[one.user])
            let object = UnsafeBufferPointer(rebasing: text[one.object])
            guard let principal = rules.principal(user: user.span) else { continue }
            if rules.decide(principal, one.action, object.span).allowed == one.allowed { correct += 1 }
        }
        return correct
    }
}
