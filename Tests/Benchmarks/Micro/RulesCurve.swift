import Glibc

/// A picture of the time of a check over the number of rules: logarithmic to the right, linear from 0 upwards.
struct RulesCurve {
    let sizes: [Int]
    /// Each with a name and nanoseconds for every size.
    let lines: [(name: String, values: [Double])]

    private static let colours = ["#1f6feb", "#9a6700"]

    func write(_ path: String) throws {
        guard let file = fopen(path, "w") else { throw BenchmarkError("cannot write `\(path)`") }
        fputs(picture, file)
        guard fclose(file) == 0 else { throw BenchmarkError("cannot write `\(path)`") }
    }

    private var highest: Double { max(lines.flatMap(\.values).max() ?? 1, 1) * 1.2 }

    private func x(_ index: Int) -> Double {
        let first = log10(Double(sizes[0]))
        return 60 + 480 * (log10(Double(sizes[index])) - first) / (log10(Double(sizes[sizes.count - 1])) - first)
    }

    private func y(_ value: Double) -> Double { 250 - 220 * value / highest }

    private var picture: String {
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 680 300\" font-family=\"sans-serif\" font-size=\"12\">",
            "<title>Nanoseconds of a check over the number of rules</title>",
            "<rect width=\"680\" height=\"300\" fill=\"white\"/>",
            "<path d=\"M60 20V250H560\" fill=\"none\" stroke=\"#57606a\"/>",
            text(60, 14, "ns a check"), text(310, 290, "rules", anchor: "middle"),
        ]
        for (index, size) in sizes.enumerated() { parts.append(text(x(index), 268, "\(size)", anchor: "middle")) }
        for (number, line) in lines.enumerated() {
            let colour = Self.colours[number % Self.colours.count]
            let points = line.values.indices.map { "\(short(x($0))),\(short(y(line.values[$0])))" }
            parts.append(
                "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>"
            )
            // The second line's texts stand below it.
            let shift: Double = number == 0 ? -8 : 18
            for (index, value) in line.values.enumerated() {
                parts.append(text(x(index), y(value) + shift, short(value), anchor: "middle", fill: colour))
            }
            parts.append(text(572, y(line.values[line.values.count - 1]) + shift, line.name, fill: colour))
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private func text(
        _ x: Double, _ y: Double, _ text: String, anchor: String = "start", fill: String = "#24292f"
    ) -> String {
        "<text x=\"\(short(x))\" y=\"\(short(y))\" text-anchor=\"\(anchor)\" fill=\"\(fill)\">\(text)</text>"
    }
}
