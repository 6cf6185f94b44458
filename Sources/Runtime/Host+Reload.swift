import AuthCore

extension Host {
    /// Takes over what may change while questions are asked; questions under way keep what they began with.
    ///
    /// Applied: deadlines, the limit of the module's queue, how long and how many credentials are kept, the configured
    /// mappings, limits on sessions with the licence's, and how long sessions that come in from now on may be idle,
    /// and what follows from stale rules. Everything
    /// else of `settings` holds from the next start on. Other mappings invalidate what was decided under the old ones;
    /// credentials that would be kept for too long now are not handed out any more.
    public func apply(_ settings: HostConfiguration) {
        deadlines.replace(with: settings.deadlines)
        freshness.apply(settings.staleRules, at: clock.monotonic)
        decider?.limitQueue(to: settings.queueLimit)
        let isTighter = credentials.configure(
            limit: settings.credentialLimit, time: settings.credentialTime, grace: settings.deadlines.grace)
        if isTighter { credentials.retireAll(at: clock.monotonic) }
        sessions.setLimits(settings.limits)
        sessions.setIdleLimits(settings.inactivityPeriods)
        if objectMaps.replace(with: settings.objectMaps) { invalidate(.all) }
    }

    /// Hands out nothing any more of what was kept before a module has re-read its rules: they may be others now, and not
    /// every module says so. Questions that have a kept session go on with it.
    func askAnew() {
        // First, so that an answer which is under way is not kept (INVARIANT of the cache).
        epoch.wrappingAdd(1, ordering: .acquiringAndReleasing)
        credentials.retireAll(at: clock.monotonic)
        freeReplacedPlaces()
        invalidationObservers.tell(.everything)
    }
}
