import Basics

/// What `authhost test` prints.
enum TestReport {
    /// A line for each failure, and the closing count.
    static func text(_ outcomes: [TestRun.Outcome], file: String) -> String {
        let failed = outcomes.compactMap { outcome in
            outcome.failure.map {
                "\(file):\(outcome.test.line): \(outcome.test.name.controlsEscaped): \($0.controlsEscaped)"
            }
        }
        return (failed + ["\(outcomes.count - failed.count) as expected, \(failed.count) not"]).joined(separator: "\n")
    }

    /// The form of JUnit, which CI servers read.
    static func junit(_ outcomes: [TestRun.Outcome], file: String) -> String {
        let failures = outcomes.count { $0.failure != nil }
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuite name=\"\(escaped(file))\" tests=\"\(outcomes.count)\" failures=\"\(failures)\">",
        ]
        for outcome in outcomes {
            let name =
                "  <testcase name=\"\(escaped(outcome.test.name))\" file=\"\(escaped(file))\" line=\"\(outcome.test.line)\""
            lines.append(
                outcome.failure.map { "\(name)><failure message=\"\(escaped($0))\"/></testcase>" } ?? "\(name)/>")
        }
        return (lines + ["</testsuite>"]).joined(separator: "\n")
    }

    static func coverage(_ coverage: RuleCoverage) -> String {
        let unused = coverage.unused
        let lines = unused.rules.map { "decided nothing: \($0)" }
        return (lines + ["\(unused.of - unused.rules.count) of \(unused.of) rules decided a case"]).joined(
            separator: "\n")
    }

    /// XML 1.0 has no control characters, not even escaped.
    private static func escaped(_ text: String) -> String { text.controlsEscaped.markupEscaped }
}
