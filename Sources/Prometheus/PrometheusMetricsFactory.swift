import Basics
import CoreMetrics
import Synchronization

/// Keeps counters, gauges and histograms, and writes them in the text format 0.0.4 of Prometheus.
///
/// Labels that make a name are changed into one: what Prometheus does not allow becomes `_`; counters end in
/// `_total`, timers in `_seconds`. The sets of label values are bounded, for some of them come from strangers. A
/// set too many is not kept, and is counted in `authhost_metrics_dropped_series_total`.
public final class PrometheusMetricsFactory: MetricsFactory {
    /// Most combinations of label values under one name.
    public static let maximumSeries = 1000

    private struct Family {
        let kind: PrometheusKind
        var series: [PrometheusLabels: any PrometheusSeries] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var dropped = 0
    }

    private let state = Mutex(State())
    private let help: [String: String]

    /// - Parameter help: one line about each metric, by its name in the exposition.
    public init(help: [String: String] = [:]) { self.help = help }

    /// Makes a counter, or finds the one of the same label and dimensions.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(PrometheusName.metric(label, suffix: "_total"), .counter, dimensions) { PrometheusCounter() }
    }

    /// Makes a counter of fractions, likewise.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(PrometheusName.metric(label, suffix: "_total"), .counter, dimensions) { PrometheusValue() }
    }

    /// Makes a gauge, likewise.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(PrometheusName.metric(label), .gauge, dimensions) { PrometheusValue() }
    }

    /// Makes a recorder, likewise.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else {
            return series(PrometheusName.metric(label), .gauge, dimensions) { PrometheusValue() }
        }
        return series(PrometheusName.metric(label), .histogram, dimensions) {
            PrometheusHistogram(bounds: PrometheusHistogram.sizes)
        }
    }

    /// Makes a timer, likewise.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(PrometheusName.metric(label, suffix: "_seconds"), .histogram, dimensions) {
            PrometheusTimer()
        }
    }

    // Series stay: a counter that vanished and came back would look like a restart.
    /// Keeps it: what was counted stays visible.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Keeps it, likewise.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Keeps it, likewise.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Keeps it, likewise.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Keeps it, likewise.
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// Writes everything down, sorted by name and labels.
    public func text() -> String {
        let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            let about = PrometheusName.escapedHelp(help[name] ?? name.replacingEach("_", with: " "))
            text += "# HELP \(name) \(about)\n# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name, labels, to: &text)
            }
        }
        let name = "authhost_metrics_dropped_series_total"
        text += "# HELP \(name) Combinations of label values that were too many to keep.\n"
        text += "# TYPE \(name) counter\n\(name) \(dropped)\n"
        return text
    }

    /// The series of a name and labels; a new one that is not shown where there are too many, or where the name is
    /// taken by another kind.
    private func series<Series: PrometheusSeries>(
        _ name: String, _ kind: PrometheusKind, _ dimensions: [(String, String)], make: () -> Series
    ) -> Series {
        let labels = PrometheusLabels(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? Family(kind: kind)
            if family.kind == kind, let series = family.series[labels] as? Series { return series }
            let series = make()
            guard family.kind == kind, family.series[labels] == nil, family.series.count < Self.maximumSeries else {
                state.dropped += 1
                return series
            }
            family.series[labels] = series
            state.families[name] = family
            return series
        }
    }
}
