import Basics

/// The kinds of metric in an exposition.
enum PrometheusKind: String {
    case counter, gauge, histogram
}

enum PrometheusName {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`; what does not fit becomes `_`.
    static func metric(_ text: String, suffix: String = "") -> String {
        let name = sanitized(text, extra: ":")
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`; what does not fit becomes `_`. `le` belongs to histograms, and `__` to Prometheus
    /// itself.
    static func label(_ text: String) -> String {
        let name = sanitized(text, extra: "")
        return name == "le" || name.hasPrefix("__") ? "label_\(name)" : name
    }

    static func escapedHelp(_ text: String) -> String {
        text.replacingEach("\\", with: "\\\\").replacingEach("\n", with: "\\n")
    }

    static func escapedValue(_ text: String) -> String { escapedHelp(text).replacingEach("\"", with: "\\\"") }

    private static func sanitized(_ text: String, extra: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            let fits = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            name.unicodeScalars.append(fits || extra.unicodeScalars.contains(scalar) ? scalar : "_")
        }
        let startsWell = name.unicodeScalars.first.map { $0.properties.numericType == nil } ?? false
        return startsWell ? name : "_\(name)"
    }
}

/// The labels of a series, written down once and sorted by name.
struct PrometheusLabels: Hashable, Comparable {
    /// As between the braces of an exposition.
    let text: String

    init(_ dimensions: [(String, String)]) {
        var seen: Set<String> = []
        var parts: [String] = []
        for (name, value) in dimensions.map({ (PrometheusName.label($0), $1) }).sorted(by: { $0.0 < $1.0 })
        where seen.insert(name).inserted {
            parts.append("\(name)=\"\(PrometheusName.escapedValue(value))\"")
        }
        text = parts.joined(separator: ",")
    }

    static func < (one: PrometheusLabels, other: PrometheusLabels) -> Bool { one.text < other.text }

    /// With its braces, and with one label more at the end.
    func braced(and extra: String? = nil) -> String {
        let all = [text, extra ?? ""].filter { !$0.isEmpty }.joined(separator: ",")
        return all.isEmpty ? "" : "{\(all)}"
    }
}
