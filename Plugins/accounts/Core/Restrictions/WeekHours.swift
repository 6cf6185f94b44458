import Glibc

/// Holds the minutes of the week that are permitted, by the clock on the wall: `Mon-Fri 08:00-18:00; Sat 22:00-02:00`.
struct WeekHours: Sendable {
    private static let minutesOfDay = 1_440
    private static let minutesOfWeek = 7 * minutesOfDay
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    /// Minutes from Monday 00:00; sorted, apart from each other.
    private var spans: [Range<Int>] = []

    /// Reads items with `;` between: a day or a range of days, and a range of times. An end before the start is on the
    /// next day, and `24:00` is the end of the day. Throws the offset and what is wrong there.
    init(_ text: LentText) throws(EntryFault) {
        var isPermitted = [Bool](repeating: false, count: Self.minutesOfWeek)
        for item in text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
            let words = item.split(separator: 0x20)
            guard words.count == 2, let days = Self.days(words[0]), let (start, end) = Self.times(words[1]) else {
                throw EntryFault(
                    .badValue, .hours, offset: words.first?.startIndex ?? item.startIndex,
                    "found \(shown(item.drop { $0 == 0x20 })), expected a day or a range of days and a range of times, "
                        + "such as `Mon-Fri 08:00-18:00`")
            }
            let length = end > start ? end - start : end - start + Self.minutesOfDay
            for day in days {
                let first = day * Self.minutesOfDay + start
                for minute in first..<(first + length) { isPermitted[minute % Self.minutesOfWeek] = true }
            }
        }
        var rest = isPermitted[...]
        while let start = rest.firstIndex(of: true) {
            let end = rest[start...].firstIndex(of: false) ?? rest.endIndex
            spans.append(start..<end)
            rest = rest[end...]
        }
    }

    /// What the hours say about a point in time.
    enum Answer: Sendable, Hashable {
        case outside
        /// Inside; the second at which that ends, nil for never.
        case inside(end: Int64?)
    }

    /// Looks up a point in time, in seconds since 1970, by the clock of the wall that `zone` tells.
    func answer(at now: Int64, _ zone: (Int64) -> tm) -> Answer {
        var fields = zone(now)
        var time = now - Int64(fields.tm_sec)
        if run(from: Self.minute(fields)) == 0 { return .outside }
        let horizon = now + Int64(Self.minutesOfWeek * 2 * 60)
        while time < horizon {
            guard let minutes = run(from: Self.minute(fields)) else { return .inside(end: nil) }
            if minutes == 0 { return .inside(end: time) }
            let end = time + Int64(minutes) * 60
            if zone(end).tm_gmtoff == fields.tm_gmtoff { return .inside(end: end) }
            // The clock is put forward or back before the end: go on by the quarter hours at which that is done.
            time = min(end, (time / 900 + 1) * 900)
            fields = zone(time)
        }
        return .inside(end: horizon)
    }

    /// How many minutes in a row are permitted; nil for all of the week.
    private func run(from start: Int) -> Int? {
        guard let span = spans.first(where: { $0.contains(start) }) else { return 0 }
        if span.count == Self.minutesOfWeek { return nil }
        guard span.upperBound == Self.minutesOfWeek, let first = spans.first, first.lowerBound == 0 else {
            return span.upperBound - start
        }
        return span.upperBound - start + first.upperBound
    }

    private static func minute(_ fields: tm) -> Int {
        // tm_wday counts from Sunday.
        (Int(fields.tm_wday) + 6) % 7 * minutesOfDay + Int(fields.tm_hour) * 60 + Int(fields.tm_min)
    }

    private static func days(_ word: Slice<LentText>) -> [Int]? {
        let parts = word.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in days.firstIndex { part.elementsEqual($0.utf8) } }
        guard numbers.count == parts.count, let first = numbers.first, numbers.count <= 2 else { return nil }
        let last = numbers.count == 2 ? numbers[1] : first
        return (0...((last - first + 7) % 7)).map { (first + $0) % 7 }
    }

    private static func times(_ word: Slice<LentText>) -> (Int, Int)? {
        let parts = word.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 2, let start = time(parts[0]), let end = time(parts[1]), start < minutesOfDay, start != end
        else { return nil }
        return (start, end)
    }

    private static func time(_ word: Slice<LentText>) -> Int? {
        let bytes = Array(word)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [0, 1, 3, 4].map { bytes[$0] }
        guard digits.allSatisfy(isDigit) else { return nil }
        let values = digits.map { Int($0 - UInt8(ascii: "0")) }
        let (hour, minute) = (values[0] * 10 + values[1], values[2] * 10 + values[3])
        guard minute < 60, hour < 24 || (hour == 24 && minute == 0) else { return nil }
        return hour * 60 + minute
    }
}
