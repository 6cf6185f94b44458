extension String {
    /// The text with every scalar that cannot be seen written as `\u{…}`: one line stays one line, a terminal is not steered,
    /// and what is shown stands in the order it was written in.
    public var controlsEscaped: String {
        guard unicodeScalars.contains(where: \.cannotBeSeen) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            if scalar.cannotBeSeen {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// Whether it steers the terminal, as a control, a line separator or a change of the direction of writing does, or has no
    /// form of its own.
    public var cannotBeSeen: Bool {
        if value < 0x7f { return value < 0x20 }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
        default: false
        }
    }
}
