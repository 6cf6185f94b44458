import AuthConfiguration
import AuthCore
import Basics
import Dispatch
import Logging
import ModuleHost
import Runtime
import Synchronization

/// Re-reads the configuration of a running host, takes over what can change, and names what cannot.
final class Reloader: Sendable {
    private let setup: HostSetup
    private let host: Host
    private let shadows: ShadowKeeper
    /// The configuration whose reloadable items hold now.
    private let current: Mutex<Configuration>
    /// What the licence allows now.
    private let licence: Mutex<[ExactText: ApplicationLicence]>
    private let outcome = Mutex<(time: Int64, outcome: String)?>(nil)
    private let certificates = Mutex<CertificateReader?>(nil)
    /// Whether the last reload has put another shadow in place.
    private let hasChangedShadow = Atomic<Bool>(false)
    /// What could not be read the last time, and what the log said of it.
    /// What is to be put in force, and the configuration that holds where it cannot be.
    private let wanted = Mutex<(request: LoadRequest, before: Configuration)?>(nil)
    private let trying = Mutex<(unread: Parts, said: [Int: String])>(([], [:]))

    /// The configuration whose reloadable items hold now.
    var configurationNow: Configuration { current.withLock { $0 } }

    /// When the configuration was read last, in seconds since 1970, and what became of it; nil before the first time.
    var last: (time: Int64, outcome: String)? { outcome.withLock { $0 } }

    init(_ setup: HostSetup, _ host: Host, _ shadows: ShadowKeeper) {
        self.setup = setup
        self.host = host
        self.shadows = shadows
        current = Mutex(setup.configuration)
        // It was read a moment ago for the start, which a broken one would have ended.
        licence = Mutex((try? setup.configuration.applicationLimits()) ?? [:])
    }

    /// Reads the configuration, opens the logs again, and asks the module to re-read its own files.
    ///
    /// A configuration with a mistake changes nothing, and the log says where the mistake is. What could not be read is
    /// tried again each second until it has been. The module is asked all the same: an account that was taken away must
    /// not live on because of it. Blocks for as long as the disk does.
    func reload() {
        setup.log.notice("reloading: HUP")
        ServiceManager.reloading()
        defer { ServiceManager.ready() }
        hasChangedShadow.store(false, ordering: .relaxed)
        attempt(.all)
        swapWanted()
        host.rules.reload()
        if !hasChangedShadow.load(ordering: .relaxed) { shadows.reload(configurationNow) }
    }

    /// What the others of ``rereadsCertificates(_:)`` are.
    typealias CertificateReader = @Sendable () -> [(problem: String, isUnreadable: Bool)]

    /// Has certificates read again with every reload: `body` returns what is wrong, and whether another try may help.
    func rereadsCertificates(_ body: @escaping CertificateReader) { certificates.withLock { $0 = body } }

    /// What is read again, each by itself.
    private struct Parts: OptionSet {
        let rawValue: Int
        static let auditLog = Parts(rawValue: 1)
        static let configuration = Parts(rawValue: 2)
        static let certificates = Parts(rawValue: 4)
        static let eventLog = Parts(rawValue: 8)
        static let all: Parts = [auditLog, configuration, certificates]
    }

    /// Reads parts again, and those that could not be read in a second once more.
    private func attempt(_ parts: Parts) {
        let isFirst = trying.withLock { trying in
            // INVARIANT: one timer at most, which takes along all that came after it was set.
            let unread = trying.unread.subtracting(parts).union(read(parts, &trying.said))
            defer { trying.unread = unread }
            return trying.unread.isEmpty && !unread.isEmpty
        }
        if isFirst { tryAgain() }
    }

    private func tryAgain() {
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in
            guard let self else { return }
            let isLeft = self.trying.withLock { trying in
                trying.unread = self.read(trying.unread, &trying.said)
                return !trying.unread.isEmpty
            }
            self.swapWanted()
            if isLeft { self.tryAgain() }
        }
    }

    /// Swaps the module where a change of the configuration asks for it. Where that fails, what concerns the module counts as
    /// unchanged: the next reload tries again.
    private func swapWanted() {
        guard let (request, before) = wanted.withLock({ $0.take() }) else { return }
        do {
            try host.swap(to: request, because: "signal")
        } catch  where error.mayPass {
            // What was asked for meanwhile comes first.
            wanted.withLock { wanted in if wanted == nil { wanted = (request, before) } }
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in self?.swapWanted() }
        } catch {
            current.withLock { $0 = $0.keeping(ConfigurationReload.swappedItems, of: before) }
            note("the module stays as it was: \(error)")
        }
    }

    /// - Parameter said: what the log said of each part last, so that a further try does not repeat it.
    /// - Returns: the parts that could not be read.
    private func read(_ parts: Parts, _ said: inout [Int: String]) -> Parts {
        var unread = Parts()
        if parts.contains(.auditLog), let problem = setup.reopenAudit() {
            unread.insert(.auditLog)
            say("\(problem); the old one stays in use", of: .auditLog, &said)
        } else if parts.contains(.auditLog) {
            said[Parts.auditLog.rawValue] = nil
        }
        if parts.contains(.eventLog), (try? setup.output.open(configurationNow.eventLog)) == nil {
            unread.insert(.eventLog)
        }
        if parts.contains(.configuration) { unread.formUnion(readConfiguration(&said)) }
        if parts.contains(.certificates) { unread.formUnion(readCertificates(&said)) }
        return unread
    }

    private func readConfiguration(_ said: inout [Int: String]) -> Parts {
        current.withLock { current in
            do throws(Failure) {
                let new = try HostSetup.readConfiguration()
                let (request, tests) = (try new.loadRequest(), try new.moduleTestQuestions())
                let rules = try new.penaltyRules()
                try setup.signatures.takeOver(new, trustedOwners: new.owners())
                let keys = new.signatureKeys.map { "`\($0.id)`" }
                if !keys.isEmpty { setup.log.notice("key files were read again: \(keys.joined(separator: ", "))") }
                let (now, unread) = apply(new, request, tests, rules, over: current)
                current = now
                said[Parts.configuration.rawValue] = nil
                host.rules.note(.current, of: Self.configurationName)
                return unread
            } catch {
                let isOpen = said[Parts.configuration.rawValue] != nil || setup.output.reopen(current.eventLog)
                note("the configuration is kept as it was: \(error.text)")
                if said.updateValue(error.text, forKey: Parts.configuration.rawValue) != error.text {
                    for line in error.text.split(separator: "\n") {
                        setup.log.error("the configuration is kept as it was: \(line)")
                    }
                }
                let first = String(error.text.split(separator: "\n").first ?? "")
                host.rules.note(error.isUnreadable ? .unreadable(first) : .wrong(first), of: Self.configurationName)
                return (error.isUnreadable ? .configuration : Parts()).union(isOpen ? Parts() : .eventLog)
            }
        }
    }

    private static let configurationName = "the configuration"

    private func readCertificates(_ said: inout [Int: String]) -> Parts {
        let problems = certificates.withLock { $0 }?() ?? []
        guard let first = problems.first else {
            said[Parts.certificates.rawValue] = nil
            host.rules.note(.current, of: "the doors' certificates")
            return []
        }
        for (problem, _) in problems { say(problem, of: .certificates, &said) }
        let unread = problems.first { $0.isUnreadable }
        host.rules.note(
            unread.map { .unreadable($0.problem) } ?? .wrong(first.problem), of: "the doors' certificates")
        return unread == nil ? [] : .certificates
    }

    private func say(_ text: String, of part: Parts, _ said: inout [Int: String]) {
        if said.updateValue(text, forKey: part.rawValue) != text { setup.log.error("\(text)") }
    }

    /// Takes over what can be, and returns what holds now.
    private func apply(
        _ new: Configuration, _ request: LoadRequest, _ tests: [ModuleTest], _ rules: PenaltyRules,
        over current: Configuration
    ) -> (now: Configuration, unread: Parts) {
        var failed: [String] = []
        var unread = Parts()
        if !setup.output.reopen(new.eventLog) { failed.append("event-log") }
        setup.output.configure(level: new.leastSeverity, json: new.logFormat == "json")
        var settings = new.hostSettings
        let licence = licence(of: new)
        if !licence.isRead { failed.append("licence-file") }
        if licence.isUnreadable { unread.insert(.configuration) }
        settings.limits.applications = licence.limits
        settings.moduleTests = tests
        settings.penalties = PenaltySettings(rules)
        host.apply(settings)
        let reload = ConfigurationReload(new, current: current, started: setup.configuration, failed: failed)
        for warning in reload.warnings { setup.log.warning("\(warning)") }
        for line in reload.lines + licence.changes { setup.log.notice("\(line)") }
        if reload.swaps { wanted.withLock { $0 = (request, current) } }
        if reload.changesShadow {
            hasChangedShadow.store(true, ordering: .relaxed)
            shadows.follow(new)
        }
        let summary = reload.summary + (licence.changes.isEmpty ? "" : "; the licence has changed")
        setup.log.notice("\(summary)")
        note(summary)
        // An event log that stays the same file by name is opened as soon as it can be.
        if failed.contains("event-log"), new.eventLog == current.eventLog { unread.insert(.eventLog) }
        return (new.keeping(failed, of: current), unread)
    }

    /// Reads the licence file again; a broken one leaves the limits as they are, and the log says why.
    private func licence(
        of new: Configuration
    ) -> (limits: [ExactText: ApplicationLicence], changes: [String], isRead: Bool, isUnreadable: Bool) {
        licence.withLock { licence in
            do throws(Failure) {
                let old = licence
                licence = try new.applicationLimits()
                host.rules.note(.current, of: Self.licenceName)
                return (licence, LicenceChanges.lines(from: old, to: licence), true, false)
            } catch {
                for line in error.text.split(separator: "\n") {
                    setup.log.error("the limits of the licence are kept as they were: \(line)")
                }
                let first = String(error.text.split(separator: "\n").first ?? "")
                host.rules.note(error.isUnreadable ? .unreadable(first) : .wrong(first), of: Self.licenceName)
                return (licence, [], false, error.isUnreadable)
            }
        }
    }

    private static let licenceName = "the licence"

    private func note(_ text: String) {
        outcome.withLock { $0 = (SystemClock().wall / 1_000_000_000, text) }
    }
}
