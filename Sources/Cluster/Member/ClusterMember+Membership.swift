/// Joining, the lease, and the other hosts.
extension ClusterMember {
    /// Sessions in one request to register them.
    static let registerSize = 100
    /// Such requests that are under way at most.
    private static let registersAtOnce = 4

    mutating func joined(_ reply: [RESPValue]) {
        let words = reply.map(\.text)
        joinIsOpen = false
        switch words.first {
        case "OK" where words.count >= 5:
            becomeMember(generation: words[1], epoch: words[2], old: words[3])
            if settings.sharesPenalties, words.count > 5 { act(.penalties(.key(words[5]))) }
            if words[4] != "-" && words[4] != words[1] { purge(words[4], cursor: "0") }
        case "TAKEN" where words.count >= 5: waitForIndex(beat: words[3], name: words[4])
        case "FORM" where words.count >= 2:
            refuse(
                "its keys of cluster `\(settings.name)` have the form \(words[1]), and this host writes \(RegistryScript.form)"
            )
        default: refuse("it answered `\(words.first ?? "nothing")` to a host that joins")
        }
    }

    /// Tells what a new membership means for what was held under the one before.
    private mutating func leaveLastMembership(for generation: String, epoch: String, old: String) {
        let isSameGeneration = generation == lastGeneration
        if isSameGeneration && !joinWasLost && old != "-" && old != lastEpoch {
            sharesIdentity = true
            act(.event(.sharedIdentity(index: settings.index)))
        }
        (lastEpoch, joinWasLost) = (epoch, false)
        if isSameGeneration {
            // Others have given this host's places away.
            act(.event(.expelled(keeps: settings.isolated == .keep)))
            if settings.isolated == .end { endAll() }
        }
        if lastGeneration != nil && !isSameGeneration {
            // What was said to all went with the old registry.
            heard = "-"
            act(.missed)
            act(.event(.saidLost(isNewRegistry: true)))
        }
    }

    private mutating func becomeMember(generation: String, epoch: String, old: String) {
        rival = nil
        act(.event(.joined(epoch: epoch, generation: generation, isNew: generation == epoch)))
        leaveLastMembership(for: generation, epoch: epoch, old: old)
        membership = Membership(
            generation: generation, epoch: epoch, joined: joinAsked, leaseEnd: joinAsked + leaseTime)
        lastGeneration = generation
        usedUntil = "0"
        hasLapsed = false
        lastRenewal = now
        peers = [:]
        tellLease()
        // First what there is, then whatever has waited.
        let later = backlog.takeAll()
        for handle in held.keys { held[handle]?.registration = .unasked }
        becomeReady()
        if old != "-" { expel(old, beat: "-", cursor: "0") }
        for request in later {
            switch request.purpose {
            case .reserve(let handle): askToReserve(handle)
            // A new membership has nothing to end; a log-in that was let in alone meanwhile is registered by now.
            case .end: break
            default: ask(request)
            }
        }
    }

    private var leaseTime: Int64 { settings.lease / 100 * 95 }

    private mutating func waitForIndex(beat: String, name: String) {
        let step = rival.map { min(now - $0.seen, 2 * settings.period) } ?? 0
        let still = rival?.beat == beat ? (rival?.still ?? 0) + step : 0
        rival = (beat, still, now)
        let text = "`cluster-index` \(settings.index) is held by the host <\(name)>"
        if problem != text {
            act(
                .event(
                    sharesIdentity ? .sharedIdentity(index: settings.index) : .taken(index: settings.index, by: name)))
        }
        (problem, isRefused) = (text, true)
        drop(text)
        // The answer is not the server's fault: ask in a while, however often.
        line = .down(until: now + jittered(min(settings.period, 1_000_000_000)))
    }

    /// Asks to register the next sessions; only a few requests are under way, so that others have their turn.
    mutating func registerSome() {
        let most = refusedRegistrations == 0 ? Self.registersAtOnce : 1
        while registrations < most, now >= nextRegistration, !unregistered.isEmpty { registerNext() }
        guard registrations == 0, unregistered.isEmpty, membership?.isComplete == false else { return }
        membership?.isComplete = true
        ask(Request(.live, words: ["\(settings.hosts)", "0"]))
    }

    private mutating func registerNext() {
        var (handles, words): ([UInt64], [[UInt8]]) = ([], [])
        while handles.count < Self.registerSize, let handle = unregistered.popFirst() {
            guard let session = held[handle] else { continue }
            handles.append(handle)
            words += [Array(String(handle).utf8), session.user, session.application, session.age, session.machine]
            held[handle]?.registration = .asked
        }
        if handles.isEmpty { return }
        registrations += 1
        ask(Request(.register(handles), words))
    }

    mutating func registered(_ handles: [UInt64], _ reply: [RESPValue]) {
        for (handle, age) in zip(handles, reply.dropFirst()) { held[handle]?.age = age.bytes ?? [48] }
        registrations -= 1
        refusedRegistrations = 0
        registerSome()
    }

    /// Tries again after a pause that grows; everything else goes on.
    mutating func registrationRefused(_ handles: [UInt64], _ text: String) {
        registrations -= 1
        for handle in handles where held[handle] != nil {
            held[handle]?.registration = .refused
            unregistered.append(handle)
        }
        if now < nextRegistration { return }
        if refusedRegistrations == 0 {
            act(
                .event(
                    .failed(
                        "\(unregistered.count) sessions could not be registered, the registry answered `\(text)`; "
                            + "that is tried again until it can")))
        }
        refusedRegistrations += 1
        let pause = min(Self.longestPause, Self.shortestPause << min(refusedRegistrations, 10))
        nextRegistration = now + jittered(pause)
    }

    mutating func takeLive(_ reply: [RESPValue]) {
        guard reply.count >= 3 else { return }
        takeOpen(reply[1].text == "1", live: reply[2].text)
    }

    private mutating func takeOpen(_ isOpen: Bool, live: String) {
        guard isOpen, membership?.isOpen == false else { return }
        membership?.isOpen = true
        act(.event(.open(live: live)))
    }

    // MARK: the lease

    mutating func renewed(_ reply: [RESPValue], sent: Int64) {
        guard reply.count >= 5, membership != nil else { return }
        let leaseEnd = sent + leaseTime
        membership?.leaseEnd = leaseEnd
        hasLapsed = false
        tellLease()
        sessions = max(0, Int(reply[2].text) ?? 0)
        if reply[4].text != "0" { ask(Request(.inbox)) }
        notePeers(reply.dropFirst(5).map(\.text))
        takeOpen(reply[1].text == "1", live: "\(peers.count)")
        // One host tells of the whole: the one that has been there longest.
        guard isCounting else { return }
        act(.counted(sessions))
        if settings.countsUsage { ask(Request(.used, words: [usedUntil])) }
    }

    private mutating func notePeers(_ words: [String]) {
        // The time for which this host itself stood still is not its peers' silence.
        let step = min(now - lastRenewal, 2 * settings.period)
        lastRenewal = now
        var known: [String: Peer] = [:]
        for start in stride(from: 0, to: words.count - 3, by: 4) {
            let (epoch, beat) = (words[start], words[start + 1])
            var peer = Peer(index: words[start + 2], name: words[start + 3], beat: beat)
            if let before = peers[epoch], before.beat == beat { peer.still = before.still + step }
            if peer.index == "-", let before = peers[epoch] { (peer.index, peer.name) = (before.index, before.name) }
            known[epoch] = peer
            guard epoch != membership?.epoch else { continue }
            if beat == "-" || peer.still >= settings.lease {
                known[epoch]?.still = 0
                expel(epoch, beat: beat, cursor: "0")
            }
        }
        peers = known
    }

    private mutating func tellLease() {
        act(.lease(until: settings.isolated == .end ? membership?.leaseEnd ?? 0 : .max))
    }

    /// Ends what the lease no longer covers, by this host's own clock.
    mutating func noticeLapse() {
        guard let membership, !hasLapsed, now >= membership.leaseEnd else { return }
        let ends = settings.isolated == .end
        act(.event(.leaseLost(sessions: held.count, ends: ends)))
        hasLapsed = true
        guard ends else { return }
        endAll()
        // What is under way belongs to the membership: it goes back to what is forgotten with that.
        drop("the lease has run out")
        loseMembership()
    }

    private mutating func endAll() {
        for (handle, session) in held where session.phase == .committing || session.phase == .waiting {
            deny(handle, "the lease has run out")
        }
        held = held.filter { $0.value.phase == .reserving }
        waiting = [:]
        act(.endAll)
    }

    // MARK: losing it

    /// The request found that this host is no member any more.
    mutating func isGone(_ request: Request) {
        guard membership != nil else { return }
        var rest: [Request] = [request]
        while let next = expected.popFirst() {
            if case .request(let other) = next { rest.append(other) }
        }
        let unsent = backlog.takeAll()
        for request in rest + unsent { backlog.append(request) }
        let replies = rest.count - 1
        loseMembership()
        // Their answers come yet, and say the same.
        for _ in 0..<replies { expected.append(.nothing) }
        line = .greeting(since: now)
        downSince = now
        enter()
    }

    /// What was reserved is gone, and so are the log-ins that waited. What asks for a place yet asks again as a new member.
    mutating func loseMembership() {
        membership = nil
        restartSubscription()
        (catchingUp, saidMeanwhile) = (0, false)
        unregistered = RequestQueue()
        (registrations, refusedRegistrations, nextRegistration) = (0, 0, 0)
        for request in backlog.takeAll() {
            switch request.purpose {
            case .reserve, .say: backlog.append(request)
            case .people(let number): act(.people(number: number, cursor: nil, []))
            default: break
            }
        }
        for (handle, session) in held {
            switch session.phase {
            case .reserved: held[handle] = nil
            case .committing, .waiting:
                held[handle] = nil
                deny(handle, "this host has lost its membership")
            case .reserving, .open: break
            }
        }
        waiting = [:]
        giveUpOrders("this host has lost its membership")
    }

    /// Removes what an earlier generation has left.
    mutating func purge(_ generation: String, cursor: String) {
        ask(Request(.purge(generation), words: [generation, cursor]))
    }

    /// Goes on with it, and then with another one.
    mutating func purged(_ generation: String, _ reply: [RESPValue]) {
        guard reply.count >= 2 else { return }
        if reply[1].text != "0" { return purge(generation, cursor: reply[1].text) }
        if reply.count > 2, reply[2].text != "-" { purge(reply[2].text, cursor: "0") }
    }

    mutating func expel(_ epoch: String, beat: String, cursor: String) {
        ask(Request(.expel(epoch: epoch, beat: beat), words: [epoch, beat, cursor]))
    }

    mutating func expelled(_ epoch: String, _ beat: String, _ word: String, _ reply: [RESPValue]) {
        guard word == "OK", reply.count >= 2 else { return }
        let cursor = reply[1].text
        if cursor != "0" { return expel(epoch, beat: beat, cursor: cursor == "0+" ? "0" : cursor) }
        if let peer = peers.removeValue(forKey: epoch), peer.beat != "-" {
            act(.event(.hostExpelled(index: peer.index, name: peer.name)))
        }
    }
}
