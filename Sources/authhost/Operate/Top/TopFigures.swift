import Basics
import DoorProtocols

/// What happened between two samples; since the start where there is one alone.
struct TopFigures {
    /// Times of one kind: how many in a second, and by which time half and 99 of 100 were over, in seconds.
    struct Times {
        let names: [String]
        let rate: Double
        let median, most: Double?
    }

    /// How many decisions of one door in a second, by verdict.
    struct Verdicts {
        let door: String
        let rates: [(verdict: String, rate: Double)]
    }

    let status: ControlReply.Status
    let verdicts: [Verdicts]
    let decisions, calls, queues: [Times]
    /// Wrong passwords that were counted, log-ins that waited, and those that were refused, in a second.
    let penalties: [(step: String, rate: Double)]
    /// What is counted and refused now, and how many log-ins wait.
    let refusing, waiting: Double
    /// Parts that readiness looks at and that are not as they should be.
    let faults: [String]
    let audit: Bool

    init(_ now: TopSample, since before: TopSample?) {
        let seconds = max(0.001, before.map { Double(now.time - $0.time) / 1e9 } ?? Double(max(1, now.status.uptime)))
        func rate(_ name: String, _ labels: [String: String]) -> Double {
            let all = (now.series[name] ?? []).filter { $0.labels.matches(labels) }.reduce(0) { $0 + $1.value }
            let old = (before?.series[name] ?? []).filter { $0.labels.matches(labels) }.reduce(0) { $0 + $1.value }
            return max(0, all - old) / seconds
        }
        status = now.status
        let counts = now.series["authhost_door_decisions_total"] ?? []
        verdicts = Set(counts.compactMap { $0.labels["door"] }).sorted().map { door in
            Verdicts(
                door: door,
                rates: ["allow", "deny", "wrong-credentials", "over-limit", "ejected", "undecided"].map {
                    ($0, rate("authhost_door_decisions_total", ["door": door, "verdict": $0]))
                })
        }
        func times(_ name: String, _ labels: [String]) -> [Times] {
            Self.times(name, labels, now, before, seconds)
        }
        decisions = times("authhost_decision_seconds", ["door", "question"])
        calls = times("authhost_module_call_seconds", ["module", "entry"])
        queues = times("authhost_queue_wait_seconds", ["module", "lane"])
        penalties = ["counted", "delayed", "refused"].map { ($0, rate("authhost_penalty_logins_total", ["step": $0])) }
        refusing = now.value("authhost_penalty_refusing")
        waiting = now.value("authhost_penalty_waiting_logins")
        let parts = now.series["authhost_ready_part"] ?? []
        faults = parts.filter { $0.value == 0 }.compactMap { $0.labels["part"] }.sorted()
        audit = now.value("authhost_ready_part", ["part": "audit"]) > 0
    }

    private static func times(
        _ name: String, _ labels: [String], _ now: TopSample, _ before: TopSample?, _ seconds: Double
    ) -> [Times] {
        let all = now.series["\(name)_count"] ?? []
        return all.map { series in
            let names = labels.map { series.labels[$0] ?? "" }
            func buckets(_ sample: TopSample?) -> [Double: Double] {
                let found = (sample?.series["\(name)_bucket"] ?? []).filter { $0.labels.matches(series.labels) }
                return Dictionary(
                    found.map { (Double($0.labels["le"] ?? "") ?? .infinity, $0.value) }, uniquingKeysWith: { $1 })
            }
            let old = buckets(before)
            let counts = buckets(now).map { (bound: $0.key, count: max(0, $0.value - (old[$0.key] ?? 0))) }
                .sorted { $0.bound < $1.bound }
            let total = counts.last?.count ?? 0
            func bound(_ part: Double) -> Double? {
                total == 0 ? nil : counts.first { $0.count >= part * total }?.bound
            }
            return Times(names: names, rate: total / seconds, median: bound(0.5), most: bound(0.99))
        }.sorted { $0.names.joined(separator: " ") < $1.names.joined(separator: " ") }
    }
}

extension TopFigures {
    /// The figures as JSON; times are in seconds.
    var json: String {
        func times(_ times: [Times], _ labels: [String]) -> JSONText.Element {
            .list(
                times.map { time in
                    .object(
                        zip(labels, time.names).map { ($0, .text($1)) } + [
                            ("per_second", .number(time.rate)), ("median_seconds", time.median.flatMap(Self.number)),
                            ("p99_seconds", time.most.flatMap(Self.number)),
                        ])
                })
        }
        return JSONText.object([
            ("ready", .flag(status.ready)), ("detail", .text(status.detail)),
            ("not_ready", .list(faults.map { .text($0) })), ("uptime", .integer(status.uptime)),
            ("sessions", .integer(Int64(status.sessions))),
            ("pending_questions", .integer(Int64(status.pendingQuestions))), ("shadow", shadow),
            (
                "doors",
                .list(
                    verdicts.map { door in
                        .object([
                            ("door", .text(door.door)),
                            (
                                "per_second",
                                .object(
                                    door.rates.map { ($0.verdict.replacingEach("-", with: "_"), .number($0.rate)) })
                            ),
                        ])
                    })
            ), ("decisions", times(decisions, ["door", "question"])),
            ("module_calls", times(calls, ["module", "entry"])),
            ("queue_waits", times(queues, ["module", "lane"])),
            (
                "penalties",
                .object(
                    penalties.map { ("\($0.step)_per_second", .number($0.rate)) } + [
                        ("refusing", .integer(Int64(refusing))), ("waiting_logins", .integer(Int64(waiting))),
                    ])
            ),
        ])
    }

    /// The shadow, where there is one.
    private var shadow: JSONText.Element? {
        status.shadow.map { shadow in
            .object([
                ("module", .text(shadow.module)), ("state", .text(shadow.state)),
                ("problem", shadow.problem.map { .text($0) }), ("same", .integer(Int64(shadow.same))),
                ("different", .integer(Int64(shadow.different))), ("undecided", .integer(Int64(shadow.undecided))),
                ("dropped", .integer(Int64(shadow.dropped))),
            ])
        }
    }

    /// JSON knows no infinity: it stands for more than the last bound.
    private static func number(_ value: Double) -> JSONText.Element? { value.isFinite ? .number(value) : nil }

    /// Lines for a terminal.
    func text(width: Int) -> String {
        var lines = [
            "authhost \(status.module ?? "without a module")  up \(OperatorText.span(status.uptime))  "
                + (status.ready ? "ready" : "NOT READY: \(status.detail.controlsEscaped)"),
            "sessions \(status.sessions)  questions \(status.pendingQuestions)  penalties: "
                + penalties.map { "\($0.step) \(Self.rate($0.rate))" }.joined(separator: ", ")
                + ", refusing \(Int(refusing)), waiting \(Int(waiting))",
        ]
        if let shadow = status.shadow { lines.append("shadow \(OperatorText.line(of: shadow).controlsEscaped)") }
        lines.append("")
        lines.append(
            OperatorText.table(
                [["DOOR", "ALLOW/s", "DENY/s", "WRONG/s", "LIMIT/s", "EJECTED/s", "UNDECIDED/s"]]
                    + verdicts.map { [$0.door.controlsEscaped] + $0.rates.map { Self.rate($0.rate) } }))
        for (title, times) in [
            (["DOOR", "QUESTION"], decisions), (["MODULE", "ENTRY"], calls), (["MODULE", "QUEUE"], queues),
        ] where !times.isEmpty {
            lines += [
                "",
                OperatorText.table(
                    [title + ["/s", "HALF WITHIN", "99 % WITHIN"]]
                        + times.map {
                            $0.names.map(\.controlsEscaped) + [
                                Self.rate($0.rate), Self.time($0.median), Self.time($0.most),
                            ]
                        }),
            ]
        }
        return lines.joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0.prefix(width)) }.joined(separator: "\n")
    }

    static func rate(_ value: Double) -> String {
        value >= 10 || value == 0 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
    }

    static func time(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        if !seconds.isFinite { return "more" }
        if seconds < 0.001 { return "\(Int((seconds * 1e6).rounded())) µs" }
        return seconds < 1 ? "\(Int((seconds * 1e3).rounded())) ms" : "\(Int(seconds.rounded())) s"
    }
}
