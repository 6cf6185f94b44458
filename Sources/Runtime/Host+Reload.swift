import AuthCore

/// When a module whose `auth_reload` failed is asked again: after a second, and twice as long each time, up to a minute.
struct ReloadRetry {
    private static let (first, longest): (Int64, Int64) = (1_000_000_000, 60_000_000_000)

    /// How often it has failed in a row.
    private(set) var failures = 0
    /// When it is due, on the monotonic clock; nil while none is, or one is under way.
    private var due: Int64?

    /// Whether it is due now; it is under way then.
    mutating func takeDue(at now: Int64) -> Bool {
        guard let due, due <= now else { return false }
        self.due = nil
        return true
    }

    mutating func failed(at now: Int64) {
        due = now + min(Self.first << min(failures, 10), Self.longest)
        failures += 1
    }

    mutating func succeeded() { self = ReloadRetry() }
}

extension Host {
    /// Asks the module to re-read its configuration; `done` is told whether it did, or nil when it cannot.
    ///
    /// A module that failed is asked again until it has succeeded, unless it says itself how its rules stand to those on disk:
    /// then it looks after them too.
    public func reload(_ done: @escaping @Sendable (Bool?) -> Void = { _ in }) {
        guard let decider else { return done(false) }
        let source = "module `\(decider.about.identity.name)`"
        decider.reload { [self] status in
            switch status {
            case nil: log.notice("module has nothing to re-read")
            case .ok?:
                askAnew()
                reloadRetry.withLock { $0.succeeded() }
                log.notice("module has re-read its configuration")
                freshness.note(source, .current, at: clock.monotonic)
            case let status?: reloadFailed(status, source)
            }
            done(status.map { $0 == .ok })
        }
    }

    /// Asks a module again whose `auth_reload` failed, when that is due; returns whether it was.
    @discardableResult
    func retryReload(_ done: @escaping @Sendable (Bool?) -> Void = { _ in }) -> Bool {
        guard reloadRetry.withLock({ $0.takeDue(at: clock.monotonic) }) else { return false }
        reload(done)
        return true
    }

    private func reloadFailed(_ status: Status, _ source: String) {
        let (what, now) = ("auth_reload returned \(status.rawValue)", clock.monotonic)
        let isOurs = freshness.noteUnlessNoted(source, .wrong(what), at: now)
        let isFirst = reloadRetry.withLock { retry -> Bool in
            defer { if isOurs || retry.failures > 0 { retry.failed(at: now) } }
            return retry.failures == 0
        }
        if isFirst { log.error("module kept its configuration: \(what)\(isOurs ? "; it is asked again" : "")") }
    }

    /// Takes over what may change while questions are asked; questions under way keep what they began with.
    ///
    /// Applied: deadlines, the limit of the module's queue, how long and how many log-ins are kept, the configured
    /// mappings, limits on sessions with the licence's, and how long sessions that come in from now on may be idle,
    /// and what follows from stale rules. Everything
    /// else of `settings` holds from the next start on. Other mappings invalidate what was decided under the old ones;
    /// log-ins that would be kept for too long now are not handed out any more.
    public func apply(_ settings: HostConfiguration) {
        deadlines.replace(with: settings.deadlines)
        freshness.apply(settings.staleRules, at: clock.monotonic)
        decider?.limitQueue(to: settings.queueLimit)
        let isTighter = loginCache.configure(
            limit: settings.loginCacheLimit, time: settings.loginCacheTime, grace: settings.deadlines.grace)
        if isTighter { loginCache.retireAll(at: clock.monotonic) }
        sessions.setLimits(settings.limits)
        sessions.setIdleLimits(settings.inactivityPeriods)
        if objectMaps.replace(with: settings.objectMaps) { invalidate(.all) }
    }

    /// Hands out nothing any more of what was kept before a module has re-read its rules: they may be others now, and not
    /// every module says so. Questions that have a kept session go on with it.
    func askAnew() {
        // First, so that an answer which is under way is not kept (INVARIANT of the cache).
        loginCache.noteInvalidation()
        loginCache.retireAll(at: clock.monotonic)
        freeReplacedPlaces()
        invalidationObservers.tell(.everything)
    }
}
