/// What is asked, and what follows from the answers.
extension ClusterMember {
    /// Asks now, or as soon as the registry can be asked.
    mutating func ask(_ request: Request) { backlog.append(request) }

    /// Sends what can be sent.
    mutating func flush() {
        guard isReady else { return }
        while let request = backlog.popFirst() { transmit(request) }
    }

    mutating func transmit(_ request: Request) {
        guard let membership else { return }
        if request.sentFirst != 0 && now - request.sentFirst >= settings.patience && giveUp(request) { return }
        var request = request
        request.sent = now
        if request.sentFirst == 0 { request.sentFirst = now }
        if case .renew = request.purpose { renewalSent = now }
        run(
            request.operation, generation: membership.generation, epoch: membership.epoch, link: membership.link,
            request.arguments, .request(request), whenFull: request.runsWhenFull, asText: request.needsText)
    }

    /// Answers a log-in for which the registry was asked again and again; whether it was one.
    private mutating func giveUp(_ request: Request) -> Bool {
        let why = "it was asked again and again, and has not answered"
        switch request.purpose {
        case .reserve(let handle):
            guard held[handle]?.phase == .reserving else { return false }
            finish(handle)
            counts.unreachable += 1
            act(.reserved(handle: handle, .unreachable(why)))
        case .commit(let handle):
            guard held[handle]?.phase == .committing else { return false }
            finish(handle)
            counts.unreachable += 1
            deny(handle, "the registry did not answer in time: \(why)")
        default: return false
        }
        return true
    }

    mutating func askToReserve(_ handle: UInt64) {
        guard let session = held[handle], let limits = session.limits else { return }
        if membership?.isComplete == false && refusedRegistrations == 0 {
            // The sessions of this host are not counted yet.
            return warming.append((handle, now + 100_000_000))
        }
        let words = limits.allowed.map { Array(String($0).utf8) } + [Array((limits.ejects ? "1" : "0").utf8)]
        let names = [Array(String(handle).utf8), session.user, session.application]
        ask(Request(.reserve(handle), names + words + [session.machine]))
    }

    /// Takes an answer of the script.
    mutating func answered(_ request: Request, _ reply: [RESPValue]) {
        let word = reply.first?.text ?? ""
        if word == "GONE" { return isGone(request) }
        if word == "STALE" {
            expected = expected.preceded(by: .request(request))
            return drop("another connection of this host is newer")
        }
        switch request.purpose {
        case .reserve(let handle): reserved(handle, word, reply)
        case .commit(let handle): committed(handle, word, reply)
        case .register(let handles): registered(handles, reply)
        case .live: takeLive(reply)
        case .renew: renewed(reply, sent: request.sent)
        case .expel(let epoch, let beat): expelled(epoch, beat, word, reply)
        case .inbox: for handle in reply.dropFirst() { takeEjection(handle.text) }
        case .waiting(let handle, let isLast): polled(handle, reply, isLast: isLast)
        case .heard: takeHeard(reply)
        case .eject(let slice): chosen(reply, slice: slice)
        case .ejecting(let slice): polled(reply.dropFirst().map(\.text), slice: slice)
        case .leave: membership = nil
        case .purge(let generation): purged(generation, reply)
        case .used: takeUsed(reply)
        case .people(let number):
            act(.people(number: number, cursor: reply.count > 1 ? reply[1].text : nil, Self.uses(reply.dropFirst(2))))
        case .penalties(let what): takePenalties(what, reply)
        case .guess, .use, .forgive: penaltyProblem = ""
        case .end, .say, .answer: break
        }
    }

    private mutating func takeUsed(_ reply: [RESPValue]) {
        let entries = stride(from: 1, to: reply.count - 2, by: 3)
        guard let last = entries.suffix(1).first else { return }
        act(.used(entries.flatMap { Self.uses(reply[($0 + 1)...($0 + 2)]) }))
        usedUntil = reply[last].text
        // The last page says that everything before is counted.
        ask(Request(.used, words: [usedUntil]))
    }

    private static func uses(_ words: ArraySlice<RESPValue>) -> [ClusterUse] {
        let texts = words.map(\.text)
        return stride(from: 0, to: texts.count - 1, by: 2).map {
            ClusterUse(user: texts[$0 + 1], application: texts[$0])
        }
    }

    /// What the registry could not do, and would not do when asked again.
    mutating func refused(_ request: Request, _ text: String) {
        switch request.purpose {
        case .reserve(let handle):
            held[handle] = nil
            ask(Request(.end, words: ["\(handle)"]))
            act(.reserved(handle: handle, .failed("the registry answered `\(text)`")))
        case .commit(let handle):
            held[handle] = nil
            ask(Request(.end, words: ["\(handle)"]))
            deny(handle, "the registry answered `\(text)`")
        case .register(let handles): registrationRefused(handles, text)
        case .guess, .use, .forgive, .penalties: penaltiesRefused(request, text)
        case .eject(let slice): sliceRefused(slice, "it answered `\(text)`")
        default:
            if case .people(let number) = request.purpose { act(.people(number: number, cursor: nil, [])) }
            act(.event(.failed("`\(request.operation)` failed, the registry answered `\(text)`")))
            guard case .heard = request.purpose else { return }
            catchingUp -= 1
            // A new one asks again, after a pause.
            dropSubscription()
        }
    }

    // MARK: places

    private mutating func reserved(_ handle: UInt64, _ word: String, _ reply: [RESPValue]) {
        guard held[handle]?.phase == .reserving else {
            // Its log-in does not wait any more.
            return ask(Request(.end, words: ["\(handle)"]))
        }
        func number(_ index: Int) -> Int { reply.count > index ? Int(reply[index].text) ?? 0 : 0 }
        switch word {
        case "OK":
            held[handle]?.phase = .reserved
            act(.reserved(handle: handle, .reserved(ejecting: number(1))))
        case "WARM":
            warming.append((handle, now + 100_000_000))
        case "OVER":
            held[handle] = nil
            act(.reserved(handle: handle, .over(limit: number(1), allowed: number(2))))
        default:
            held[handle] = nil
            act(.reserved(handle: handle, .failed("the registry answered `\(word)`")))
        }
    }

    private mutating func committed(_ handle: UInt64, _ word: String, _ reply: [RESPValue]) {
        guard held[handle]?.phase == .committing else { return }
        guard word == "OK", reply.count >= 2, let epoch = membership?.epoch else {
            held[handle] = nil
            return deny(handle, "the registry does not have the reservation any more")
        }
        held[handle]?.age = reply[1].bytes ?? [48]
        held[handle]?.registration = .asked
        var others: Set<String> = []
        for victim in reply.dropFirst(2) {
            let parts = victim.text.split(separator: ".")
            guard parts.count == 2 else { continue }
            if parts[0] == epoch { takeEjection(String(parts[1])) } else { others.insert(victim.text) }
        }
        if others.isEmpty || held[handle]?.isEjected == true { return open(handle) }
        held[handle]?.phase = .waiting
        waiting[handle] = WaitingLogin(
            victims: others, due: now + settings.ejectTimeout, nextPoll: now + min(1_000_000_000, settings.ejectTimeout)
        )
    }

    /// Lets a committed log-in open; one that was ejected meanwhile finds that out as it opens.
    mutating func open(_ handle: UInt64) {
        waiting[handle] = nil
        held[handle]?.phase = .open
        act(.committed(handle: handle, .open))
    }

    mutating func finish(_ handle: UInt64) {
        guard let session = held.removeValue(forKey: handle) else { return }
        waiting[handle] = nil
        // All of it goes with the membership.
        if isLeaving { return }
        // What was never asked for, or went with a membership, is not there.
        if membership == nil || (session.phase == .open && session.registration == .unasked && line != .ready) {
            return
        }
        ask(Request(.end, words: ["\(handle)"]))
    }

    // MARK: ejections

    /// This host must end a session. One that it does not know has ended: that is said again.
    mutating func takeEjection(_ text: String) {
        guard let handle = UInt64(text) else { return }
        guard let session = held[handle] else {
            // Whatever is not said now stands in the inbox until it is: somebody else may write there, too.
            return hasRoom ? ask(Request(.end, words: [text])) : ()
        }
        if session.isEjected { return }
        held[handle]?.isEjected = true
        act(.eject(handle: handle))
        if session.phase == .waiting { open(handle) }
    }

    mutating func takeEnded(_ victim: String, _ handle: UInt64) {
        guard waiting[handle]?.victims.remove(victim) != nil else { return }
        counts.confirmed += 1
        if waiting[handle]?.victims.isEmpty == true { open(handle) }
    }

    private mutating func polled(_ handle: UInt64, _ reply: [RESPValue], isLast: Bool) {
        guard let login = waiting[handle] else { return }
        let left = login.victims.intersection(reply.dropFirst().map(\.text))
        counts.confirmed += login.victims.count - left.count
        waiting[handle]?.victims = left
        if left.isEmpty { return open(handle) }
        if isLast { giveUpVictims(left, of: handle) }
    }

    /// Lets a log-in in or refuses it, though sessions have not ended for it in time.
    mutating func giveUpVictims(_ left: Set<String>, of handle: UInt64) {
        counts.unconfirmed += left.count
        let hosts = Set(left.map { peer(of: $0) }).sorted()
        act(
            .event(
                .unconfirmed(
                    session: handle, hosts: hosts, sessions: left.count, isRefused: settings.refusesUnconfirmed)))
        guard settings.refusesUnconfirmed else { return open(handle) }
        finish(handle)
        act(
            .committed(
                handle: handle, .gone("host \(hosts.joined(separator: ", ")) has not confirmed an ejection in time")))
    }

    /// Refuses a log-in that had a place, and says why.
    mutating func deny(_ handle: UInt64, _ why: String) {
        act(.event(.denied(session: handle, why)))
        act(.committed(handle: handle, .gone(why)))
    }

    func peer(of session: String) -> String {
        let epoch = String(session.prefix { $0 != "." })
        return peers[epoch].map { "\($0.index) <\($0.name)>" } ?? "of epoch \(epoch)"
    }
}
