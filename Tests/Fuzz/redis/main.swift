import AuthCore
import Cluster
import Fuzzing

/// Reads one input as what a registry sends: whole and in pieces it is the same.
func read(_ bytes: [UInt8]) -> [RESPValue] {
    func values(in pieces: [ArraySlice<UInt8>]) -> (values: [RESPValue], error: String?) {
        var reader = RESPReader()
        var values: [RESPValue] = []
        for piece in pieces {
            reader.receive(piece)
            do throws(RESPError) {
                while let value = try reader.next() { values.append(value) }
            } catch {
                expectReadable(error.description)
                return (values, error.description)
            }
        }
        return (values, nil)
    }
    let whole = values(in: [bytes[...]])
    let half = bytes.count / 2
    let pieces = values(in: [bytes[..<half], bytes[half...]])
    // A broken value may be seen before its end has come.
    precondition(whole.values == pieces.values && (whole.error == nil) == (pieces.error == nil))
    return whole.values
}

/// Lets a member take it on both of its connections, in the middle of a log-in.
func take(_ bytes: [UInt8]) {
    var settings = ClusterSettings(name: "fuzz", hostName: "fuzz", identity: "fuzz")
    settings.sharesPenalties = true
    var member = ClusterMember(settings, now: 1)
    _ = member.tick(at: 1)
    _ = member.opened(.command, at: 1)
    let joined =
        "$61\r\nredis_version:7.0.0\r\nrole:master\r\nmaxmemory_policy:noeviction\r\n\r\n"
        + "$1\r\na\r\n$1\r\nb\r\n*5\r\n$2\r\nOK\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n-\r\n$1\r\n-\r\n"
    _ = member.received(.command, Array(joined.utf8), at: 1)
    _ = member.tick(at: 2)
    _ = member.opened(.subscription, at: 2)
    let limits = ClusterLimits(allowed: [0, 0, 1, 0, 0], ejects: true)
    _ = member.reserve(7, user: [120], application: [], limits: limits, at: 3)
    _ = member.ejectOldest(2, of: [120], application: nil, number: 9, at: 3)
    _ = member.tell(ClusterGuess("guess", subjects: [("user\tx", hasReached: true)], time: 9), at: 3)
    let half = bytes.count / 2
    _ = member.received(.command, Array(bytes[..<half]), at: 4)
    _ = member.commit(7, at: 5)
    _ = member.received(.command, Array(bytes[half...]), at: 6)
    _ = member.received(.subscription, bytes, at: 7)
    for second in 1...40 {
        for action in member.tick(at: Int64(second) * 1_000_000_000) {
            if case .open(let line) = action { _ = member.opened(line, at: Int64(second) * 1_000_000_000) }
        }
    }
    _ = member.vacate(7, at: 41_000_000_000)
}

/// Reads it as what another host has told of wrong passwords: what is read is written as it was meant.
func hear(_ bytes: [UInt8]) {
    guard let news = PenaltyNews(String(decoding: bytes, as: UTF8.self)) else { return }
    precondition(PenaltyNews(news.text) == news)
    var table = PenaltyTable(PenaltyRules())
    for now in 1...20 { table.hear(news, at: Int64(now)) }
}

fuzz { data, size in
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    _ = read(bytes)
    take(bytes)
    hear(bytes)
    return 0
}
