import AuthCore
import DoorProtocols
import Runtime

extension ControlService {
    /// What the shadow has found.
    func shadow() -> ControlReply {
        guard var found = shadows.description else {
            return .failure("there is no shadow: `auth-module-shadow` is not set")
        }
        found.differences = (host.shadow?.report.differences ?? []).map(ControlReply.Shadow.Difference.init)
        var reply = ControlReply()
        reply.shadow = found
        return reply
    }
}

extension ControlReply.Shadow.Difference {
    fileprivate init(_ row: ShadowReport.Row) {
        self.init()
        let first = row.first
        (question, what, times) = (first.question, first.what.rawValue, row.times)
        (was, now, oldReason, newReason) = (first.was.rawValue, first.now.rawValue, first.oldReason, first.newReason)
        (user, object, door, decision) = (first.user, first.object, first.door, first.decision)
        time = Moment(first.time)
    }
}

extension ControlReply.Shadow {
    /// - Parameter instance: nil for one that is not loaded.
    init(_ report: ShadowReport, _ instance: ModuleInstance.Description?) {
        self.init()
        state = "asked"
        (module, version, path) = (instance?.name ?? "", instance?.version, instance?.path)
        (problem, since) = (report.hindrance, Moment(report.since))
        (sessions, waiting, invalidations) = (report.sessions, report.waiting, report.invalidations)
        func count(_ word: String) -> Int { report.findings[word] ?? 0 }
        (same, different, undecided) = (count("same"), count("different"), count("undecided"))
        (dropped, unasked) = (count("dropped"), count("unasked"))
    }
}
