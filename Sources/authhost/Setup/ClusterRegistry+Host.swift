import AuthCore
import Basics
import Cluster
import ClusterCarrier
import DoorProtocols
import Logging
import ModuleHost
import Runtime
import Usage

extension ClusterRegistry {
    /// Makes a host's log-ins pass the registry.
    func join(_ settings: inout HostConfiguration) {
        settings.fence = self.settings.isolated == .end ? lease : nil
        settings.admission = { [self] places in ClusterAdmission(self, places) }
        settings.clusterStanding = { [self] in
            let status = status
            return "cluster \(status.state), epoch \(status.epoch.isEmpty ? "none" : status.epoch), lease "
                + "\(status.leaseLeft / 1_000_000) ms, last script \(status.roundTrip / 1000) µs"
        }
        settings.clusterEjector = { [self] count, user, application, machine, alone in
            guard isReady else { return false }
            ejectOldest(count, of: user, application: application, machine: machine) { [log] result in
                let with =
                    (application.map { " application <\($0.controlsEscaped)>" } ?? "")
                    + (machine.map { " machine <\($0.controlsEscaped)>" } ?? "")
                let whose = (user.map { "user <\($0.controlsEscaped)>" } ?? "all users") + with
                let instead = result.isUnasked ? "; of this host alone: \(alone())" : ""
                log.log(
                    level: result.isWhole ? .info : .warning,
                    "cluster: Ejection of the oldest sessions of \(whose), \(count) at most: \(result)\(instead)")
            }
            return true
        }
        settings.penaltyTeller = { [self] settled, time in
            switch settled.news {
            case .guess(let subjects, _)?:
                tell(
                    ClusterGuess(
                        settled.news?.text ?? "",
                        subjects: subjects.map { ($0.text, hasReached: settled.reached.contains($0)) },
                        time: time.nanoseconds / 1_000_000))
            case .used?: tellUse(settled.news?.text ?? "")
            case nil: break
            }
        }
        settings.clusterTeller = { [self] in tell($0.text, as: $0.request.what, isEnd: $0.request.action == .eject) }
    }

    /// Begins, for a host that has its module.
    func start(
        _ host: Host, counting usage: UsageService,
        said: @escaping @Sendable (String, @escaping @Sendable (String) -> Void) -> Void
    ) {
        var owner = ClusterOwner()
        owner.begun = { host.keepThreadFree() }
        owner.eject = { host.ejectForCluster(handle: $0) }
        owner.endAll = { host.endIsolated() }
        owner.forget = { host.operators.invalidate(.all) }
        owner.said = said
        owner.penalties = { host.take($0) }
        owner.used = { usage.record(user: $0, application: $1) }
        start(owner)
    }
}

extension Host {
    /// Takes what other hosts of the cluster have counted. What cannot be read may come from anybody who can write to the registry,
    /// and changes nothing.
    fileprivate func take(_ penalties: ClusterPenalties) {
        switch penalties {
        case .key(let digits):
            guard digits.utf8.count == 32, let first = UInt64(digits.prefix(16), radix: 16),
                let second = UInt64(digits.suffix(16), radix: 16)
            else { return }
            sharePenalties(key: (first, second))
        case .said(let text):
            if let news = PenaltyNews(text) { hear(news) }
        case .counted(let entries):
            learn(
                entries.compactMap { entry in
                    PenaltySubject(entry.text).map { ($0, entry.count, .milliseconds(entry.milliseconds)) }
                })
        case .used(let entries):
            learn(
                entries.compactMap { entry in
                    PenaltyNews(entry.text).map { ($0, .milliseconds(max(0, 0 &- entry.milliseconds))) }
                })
        }
    }
}
