/// What all hosts are told.
extension ClusterMember {
    /// Before the first entry of a log.
    private static let nothingHeard = "0-0"

    mutating func askForHeard() {
        catchingUp += 1
        saidMeanwhile = false
        ask(Request(.heard, words: [heard]))
    }

    mutating func takeHeard(_ reply: [RESPValue]) {
        catchingUp -= 1
        guard reply.count >= 3 else { return }
        let (oldest, newest) = (reply[1].text, reply[2].text)
        // Entries that are gone may have been for this host.
        if heard != "-" && heard != Self.nothingHeard && oldest != "-" && StreamID(heard) < StreamID(oldest) {
            act(.missed)
            act(.event(.saidLost(isNewRegistry: false)))
        }
        let isFull = reply.count >= 3 + 4 * 1000
        var entries = reply.dropFirst(3)
        while entries.count >= 4 {
            let words = entries.prefix(4).map(\.text)
            entries = entries.dropFirst(4)
            takeSaid(id: words[0], from: words[1], number: words[2], text: words[3])
        }
        if heard == "-" { heard = newest == "-" ? Self.nothingHeard : newest }
        if isFull || saidMeanwhile { askForHeard() }
    }

    mutating func takeSaid(id: String, from: String, number: String, text: String) {
        if id != "-" {
            if heard != "-" && !(StreamID(heard) < StreamID(id)) { return }
            heard = id
        }
        let number = UInt64(number) ?? 0
        // What this host has done before it told the others.
        if from == membership?.epoch, number == 0 || number % 2 == 1 { return }
        if saidNow >= Self.saidLimit { return loseSaid() }
        saidNow += 1
        act(.said(from: from, number: number, text: text))
    }

    private mutating func loseSaid() {
        if saidTooMuch != 0 && now - saidTooMuch < 1_000_000_000 { return }
        saidTooMuch = now
        act(.missed)
        act(
            .event(
                .failed(
                    "more was said to all hosts than this one can do: an ejection or invalidation is lost for this host; "
                        + "say it again")))
    }
}

/// The place of an entry in a stream.
struct StreamID: Comparable {
    private let milliseconds: UInt64
    private let number: UInt64

    init(_ text: String) {
        let parts = text.split(separator: "-")
        milliseconds = parts.first.flatMap { UInt64($0) } ?? 0
        number = parts.count > 1 ? UInt64(parts[1]) ?? 0 : 0
    }

    static func < (left: StreamID, right: StreamID) -> Bool {
        (left.milliseconds, left.number) < (right.milliseconds, right.number)
    }
}
