// Texts are searched by their bytes. What the standard library has for it brings an engine of regular expressions along, which is
// 900 KB of the executable.

extension StringProtocol {
    /// Finds the first occurrence of a text; nil where there is none. An empty text is nowhere.
    public func firstPlace(of text: some StringProtocol) -> Range<Index>? {
        let sought = text.utf8
        guard let first = sought.first else { return nil }
        var start = utf8.startIndex
        while let candidate = utf8[start...].firstIndex(of: first) {
            var (end, next) = (candidate, sought.startIndex)
            while next < sought.endIndex, end < utf8.endIndex, utf8[end] == sought[next] {
                utf8.formIndex(after: &end)
                sought.formIndex(after: &next)
            }
            if next == sought.endIndex { return candidate..<end }
            start = utf8.index(after: candidate)
        }
        return nil
    }

    /// Whether a text, which is not empty, occurs in this one.
    public func holds(_ text: some StringProtocol) -> Bool { firstPlace(of: text) != nil }

    /// Makes the text that has `other` in place of each occurrence of `text`, from left to right.
    public func replacingEach(_ text: some StringProtocol, with other: some StringProtocol) -> String {
        var (made, rest) = ("", self[...])
        while let place = rest.firstPlace(of: text) {
            made += rest[..<place.lowerBound]
            made += other
            rest = rest[place.upperBound...]
        }
        return made + rest
    }
}
