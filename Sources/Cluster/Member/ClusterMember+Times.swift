/// What is done because time has passed, and the connection on which news comes.
extension ClusterMember {
    mutating func lookAtTimes() {
        lookAtLine()
        lookAtSubscription()
        lookAtOrders()
        giveUpUnreachable()
        guard isReady, let membership else { return }
        if now >= nextRenewal {
            nextRenewal = now + settings.period
            ask(Request(.renew))
        }
        registerSome()
        if !membership.isOpen && membership.isComplete && !membership.hasWaited
            && now - membership.joined >= settings.lease
        {
            self.membership?.hasWaited = true
            ask(Request(.live, words: ["\(settings.hosts)", "1"]))
        }
        let due = warming.filter { $0.at <= now }
        warming.removeAll { $0.at <= now }
        for (handle, _) in due where held[handle]?.phase == .reserving { askToReserve(handle) }
        pollWaiting()
        askForSlice()
    }

    private mutating func lookAtLine() {
        switch line {
        case .down(let until) where until <= now && !isLeaving:
            line = .opening(since: now)
            act(.open(.command))
        case .opening(let since) where now - since >= 2 * settings.patience:
            drop("it did not take the connection in time")
        case .greeting(let since) where now - since >= 2 * settings.patience: drop("it did not answer in time")
        case .ready:
            if case .request(let request)? = expected.first, now - request.sent >= settings.patience {
                drop("it did not answer within \(settings.patience / 1_000_000) ms")
                // A log-in has waited for that long: to be there and silent is as bad as to be away.
                downSince = min(downSince, request.sent)
            }
        default: break
        }
    }

    /// Log-ins that have waited for a lost connection for long enough get what the policy says.
    private mutating func giveUpUnreachable() {
        guard isUnreachable || hasLapsed else { return }
        giveUpWaiting()
        let asking = held.filter { $0.value.phase == .reserving || $0.value.phase == .committing }
        guard !asking.isEmpty else { return }
        for request in backlog.takeAll() {
            switch request.purpose {
            case .reserve(let handle):
                // It may have been reserved, and its answer lost.
                if request.sent != 0 { ask(Request(.end, words: ["\(handle)"])) }
            case .commit: break
            default: ask(request)
            }
        }
        for (handle, session) in asking {
            counts.unreachable += 1
            if session.phase == .committing {
                finish(handle)
                deny(handle, "the registry did not answer in time: \(problem)")
            } else {
                held[handle] = nil
                act(.reserved(handle: handle, .unreachable(problem)))
            }
        }
    }

    /// Without the registry nothing is confirmed.
    private mutating func giveUpWaiting() {
        guard !isReady else { return }
        for (handle, login) in waiting where login.due <= now { giveUpVictims(login.victims, of: handle) }
    }

    private mutating func pollWaiting() {
        for (handle, login) in waiting where !login.isLast {
            let isLast = login.due <= now
            guard isLast || login.nextPoll <= now else { continue }
            waiting[handle]?.nextPoll = now + 1_000_000_000
            waiting[handle]?.isLast = isLast
            ask(Request(.waiting(handle, isLast: isLast), words: ["\(handle)"] + login.victims.sorted()))
        }
    }

    // MARK: the subscription

    private mutating func lookAtSubscription() {
        switch subscription {
        case .down(let until) where until <= now && isReady && !isLeaving:
            subscription = .opening(since: now)
            act(.open(.subscription))
        case .opening(let since) where now - since >= 2 * settings.patience: dropSubscription()
        case .greeting(let since) where now - since >= 2 * settings.patience: dropSubscription()
        case .ready where now - lastBeatHeard >= 2 * settings.period + settings.patience:
            // A connection on which the own beat is not heard is half open.
            dropSubscription()
        default: break
        }
    }

    mutating func subscribe() {
        guard let membership else { return dropSubscription() }
        subscription = .greeting(since: now)
        subscriptionReader = RESPReader()
        confirmations = authentication.count
        for (words, _) in authentication { act(.send(.subscription, RESPCommand.encode(words))) }
        let space = "{authhost:\(settings.name)}:\(membership.generation):"
        let words = ["SUBSCRIBE", "\(space)n:\(membership.epoch)", "\(space)all"].map { Array($0.utf8) }
        confirmations += 2
        act(.send(.subscription, RESPCommand.encode(words)))
    }

    mutating func readMessages(_ bytes: [UInt8]) {
        subscriptionReader.receive(bytes)
        do throws(RESPError) {
            while let value = try subscriptionReader.next() {
                if case .error = value { return dropSubscription() }
                if confirmations > 0 {
                    confirmations -= 1
                    if confirmations == 0 { becomeSubscribed() }
                } else if value.items.count == 3, value.items[0].text == "message" {
                    takeMessage(value.items[2].text)
                }
            }
        } catch { dropSubscription() }
    }

    /// From here on news comes; what came before is asked for.
    private mutating func becomeSubscribed() {
        subscription = .ready
        subscriptionFailures = 0
        lastBeatHeard = now
        ask(Request(.inbox))
        askForHeard()
        askForPenalties()
        for handle in waiting.keys { waiting[handle]?.nextPoll = now }
    }

    private mutating func takeMessage(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
        switch words[0] {
        case "beat": lastBeatHeard = now
        case "penalty": takePenalty(text)
        case "eject" where words.count == 2: takeEjection(words[1])
        case "ended" where words.count == 3:
            guard let who = words[2].split(separator: ".").last else { return }
            if who.hasPrefix("e") { return takeEnded(words[1], slice: UInt64(who.dropFirst()) ?? 0) }
            takeEnded(words[1], UInt64(who) ?? 0)
        case "joined", "left": nextRenewal = now
        case "say" where words.count == 5 && words[1] != "-" && heard != "-" && catchingUp > 0: saidMeanwhile = true
        case "say" where words.count == 5: takeSaid(id: words[1], from: words[2], number: words[3], text: words[4])
        case "answer":
            let parts = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 4, let number = UInt64(parts[1]) else { return }
            act(.answered(number: number, from: parts[2], text: parts[3]))
        default: break
        }
    }

    mutating func restartSubscription() {
        if case .down = subscription { return }
        act(.close(.subscription))
        confirmations = 0
        subscription = .down(until: now)
    }

    mutating func dropSubscription() {
        act(.close(.subscription))
        lostSubscription()
    }

    mutating func lostSubscription() {
        confirmations = 0
        if case .down = subscription { return }
        subscriptionFailures += 1
        counts.reconnects += 1
        let pause = min(Self.longestPause, Self.shortestPause << min(subscriptionFailures, 10))
        subscription = .down(until: now + jittered(pause))
    }
}
