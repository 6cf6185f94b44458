import AuthConfiguration
import AuthCore
import ModuleHost
import Runtime
import Synchronization

/// Re-reads the configuration of a running host, takes over what can change, and names what cannot.
final class Reloader: Sendable {
    private let setup: HostSetup
    private let host: Host
    /// The configuration whose reloadable items hold now.
    private let current: Mutex<Configuration>
    /// What the licence allows now.
    private let licence: Mutex<[ExactText: ApplicationLicence]>
    private let outcome = Mutex<(time: Int64, outcome: String)?>(nil)
    /// What else reads its files again.
    private let others = Mutex<[@Sendable () -> Void]>([])

    /// The configuration whose reloadable items hold now.
    var configurationNow: Configuration { current.withLock { $0 } }

    /// When the configuration was read last, in seconds since 1970, and what became of it; nil before the first time.
    var last: (time: Int64, outcome: String)? { outcome.withLock { $0 } }

    init(_ setup: HostSetup, _ host: Host) {
        self.setup = setup
        self.host = host
        current = Mutex(setup.configuration)
        // It was read a moment ago for the start, which a broken one would have ended.
        licence = Mutex((try? setup.configuration.applicationLimits()) ?? [:])
    }

    /// Reads the configuration, opens the event log again, and asks the module to re-read its own files.
    ///
    /// A configuration with a mistake changes nothing, and the log says where the mistake is. The module is asked all the
    /// same: an account that was taken away must not live on because of it. Blocks for as long as the disk does.
    func reload() {
        setup.log.notice("reloading: HUP")
        setup.reopenAudit()
        current.withLock { current in
            do throws(Failure) {
                let new = try HostSetup.readConfiguration()
                try setup.signatures.takeOver(new, trustedOwners: new.owners())
                let keys = new.signatureKeys.map { "`\($0.id)`" }
                if !keys.isEmpty { setup.log.notice("key files were read again: \(keys.joined(separator: ", "))") }
                current = apply(new, over: current)
            } catch {
                _ = setup.output.reopen(current.eventLog)
                note("the configuration is kept as it was: \(error.text)")
                for line in error.text.split(separator: "\n") {
                    setup.log.error("the configuration is kept as it was: \(line)")
                }
            }
        }
        for other in others.withLock({ $0 }) { other() }
        host.reload()
    }

    /// Calls `body` with every reload, on its thread.
    func whenReloaded(_ body: @escaping @Sendable () -> Void) { others.withLock { $0.append(body) } }

    /// Takes over what can be, and returns what holds now.
    private func apply(_ new: Configuration, over current: Configuration) -> Configuration {
        var failed: [String] = []
        if !setup.output.reopen(new.eventLog) { failed.append("event-log") }
        setup.output.configure(level: new.leastSeverity, json: new.logFormat == "json")
        var settings = new.hostSettings
        let licence = licence(of: new)
        if !licence.isRead { failed.append("licence-file") }
        settings.limits.applications = licence.limits
        host.apply(settings)
        let reload = ConfigurationReload(new, current: current, started: setup.configuration, failed: failed)
        for warning in reload.warnings { setup.log.warning("\(warning)") }
        for line in reload.lines + licence.changes { setup.log.notice("\(line)") }
        let summary = reload.summary + (licence.changes.isEmpty ? "" : "; the licence has changed")
        setup.log.notice("\(summary)")
        note(summary)
        return new.keeping(failed, of: current)
    }

    /// Reads the licence file again; a broken one leaves the limits as they are, and the log says why.
    private func licence(
        of new: Configuration
    ) -> (limits: [ExactText: ApplicationLicence], changes: [String], isRead: Bool) {
        licence.withLock { licence in
            do throws(Failure) {
                let old = licence
                licence = try new.applicationLimits()
                return (licence, LicenceChanges.lines(from: old, to: licence), true)
            } catch {
                for line in error.text.split(separator: "\n") {
                    setup.log.error("the limits of the licence are kept as they were: \(line)")
                }
                return (licence, [], false)
            }
        }
    }

    private func note(_ text: String) {
        outcome.withLock { $0 = (SystemClock().wall / 1_000_000_000, text) }
    }
}
