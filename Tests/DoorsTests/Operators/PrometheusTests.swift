import CoreMetrics
import Testing

@testable import DoorProtocols
@testable import Prometheus

@Suite struct `The metrics for Prometheus` {
    @Test func `write every kind in the text format`() {
        let factory = PrometheusMetricsFactory(help: ["a_total": "One\nof \\ two."])
        Counter(label: "a", dimensions: [("z", "1"), ("b", "x\"y\\\n")], factory: factory).increment(by: 3)
        Counter(label: "a", dimensions: [("b", "x\"y\\\n"), ("z", "1")], factory: factory).increment()
        Meter(label: "some.gauge", factory: factory).set(2.5)
        CoreMetrics.Timer(label: "t", factory: factory).recordMilliseconds(2)
        let lines = factory.text().split(separator: "\n")
        #expect(lines.contains(#"# HELP a_total One\nof \\ two."#))
        #expect(lines.contains("# TYPE a_total counter"))
        #expect(lines.contains(#"a_total{b="x\"y\\\n",z="1"} 4"#))
        #expect(lines.contains("# TYPE some_gauge gauge"))
        #expect(lines.contains("some_gauge 2.5"))
        #expect(lines.contains("# TYPE t_seconds histogram"))
        #expect(lines.contains(#"t_seconds_bucket{le="0.001048576"} 0"#))
        #expect(lines.contains(#"t_seconds_bucket{le="0.002097152"} 1"#))
        #expect(lines.contains(#"t_seconds_bucket{le="+Inf"} 1"#))
        #expect(lines.contains("t_seconds_sum 0.002"))
        #expect(lines.contains("t_seconds_count 1"))
    }

    private static let buckets: [(Int64, Int)] = [
        (.min, 0), (0, 0), (1, 0), (1024, 0), (1025, 1), (2048, 1), (2049, 2), (34_359_738_368, 25),
        (34_359_738_369, 26), (.max, 26),
    ]

    @Test(arguments: buckets) func `put a time into the bucket that ends at the next power of two`(
        _ nanoseconds: Int64, _ bucket: Int
    ) {
        #expect(PrometheusTimer.bucket(of: nanoseconds) == bucket)
    }

    @Test(arguments: [
        ("a.b-c", "a_b_c"), ("9lives", "_9lives"), ("é", "_"), ("", "_"), ("a:b", "a:b"),
    ]) func `change labels into names`(_ label: String, _ name: String) {
        #expect(PrometheusName.metric(label) == name)
    }

    @Test func `are bounded`() {
        let factory = PrometheusMetricsFactory()
        for number in 0..<PrometheusMetricsFactory.maximumSeries + 5 {
            Counter(label: "a", dimensions: [("n", "\(number)")], factory: factory).increment()
        }
        let lines = factory.text().split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("a_total{") } == PrometheusMetricsFactory.maximumSeries)
        #expect(lines.contains("authhost_metrics_dropped_series_total 5"))
    }

    @Test func `keep a name for the kind that had it first`() {
        let factory = PrometheusMetricsFactory()
        Meter(label: "a_total", factory: factory).set(1)
        Counter(label: "a", factory: factory).increment()
        #expect(factory.text().contains("# TYPE a_total gauge\na_total 1.0\n"))
        #expect(factory.text().contains("authhost_metrics_dropped_series_total 1"))
    }

    @Test func `count from many tasks at once`() async {
        let factory = PrometheusMetricsFactory()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "a", factory: factory)
                    for _ in 0..<1000 { counter.increment() }
                }
            }
        }
        #expect(factory.text().contains("a_total 8000\n"))
    }
}
