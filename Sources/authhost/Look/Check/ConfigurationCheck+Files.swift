import AuthConfiguration
import Basics
import Glibc
import Logging
import Runtime
import Signatures
import Usage

// The files that a start reads and writes.
extension ConfigurationCheck {
    /// Reads what a start reads, and looks whether it could write what it writes.
    mutating func checkFiles() {
        checkLog("event-log", configuration.eventLog, "event log")
        _ = attempt { (configuration) throws(Failure) in try configuration.auditSettings() }
        for place in configuration.auditLogs {
            guard let fault = AuditPlace.fault(of: place, mustBeFree: binds) else { continue }
            add(at: configuration.place(of: "audit-log"), "\(fault)")
        }
        checkPenalties()
        checkCluster()
        _ = attempt { (configuration) throws(Failure) in try configuration.otlpCollector() }
        _ = attempt { (configuration) throws(Failure) in
            try SignatureService(configuration, trustedOwners: configuration.owners(), opensStore: false)
        }
        if !configuration.signatureKeys.isEmpty { checkWritable("signature-store", configuration.signatureStore) }
    }

    /// Reads what is counted: the licence and the usage database.
    mutating func checkCounting() {
        _ = attempt { (configuration) throws(Failure) in try configuration.applicationLimits() }
        checkUsage()
    }

    private mutating func checkCluster() {
        guard let cluster = configuration.cluster else { return }
        let binds = binds
        _ = attempt { (configuration) throws(Failure) in try configuration.clusterPassword(cluster) }
        _ = attempt { (configuration) throws(Failure) in try configuration.checkAuthority(cluster) }
        guard let path = cluster.identityFile else { return }
        _ = attempt { (configuration) throws(Failure) in try configuration.checkIdentity(path, mustBeFree: binds) }
    }

    private mutating func checkPenalties() {
        _ = attempt { (configuration) throws(Failure) in try configuration.penaltyRules() }
        guard let path = configuration.penaltyFile else { return }
        let owners = attempt { (configuration) throws(Failure) in try configuration.owners() } ?? []
        do throws(PenaltyFileError) {
            _ = try PenaltyFile.read(path, FileTrust(owners: owners))
        } catch {
            return add(at: configuration.place(of: "penalty-file"), "penalty-file: \(error)")
        }
        checkWritable("penalty-file", path)
    }

    private mutating func checkLog(_ item: String, _ path: String?, _ purpose: String) {
        guard let path, let fault = LogFile.fault(at: path, as: purpose, mustBeFree: binds) else { return }
        add(at: configuration.place(of: item), "\(fault)")
    }

    private mutating func checkWritable(_ item: String, _ path: String) {
        let isThere = access(path, F_OK) == 0
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let isWritable =
            isThere ? access(path, W_OK) == 0 : access(folder.isEmpty ? "/" : folder, W_OK | X_OK) == 0
        if isWritable { return }
        let reason = SystemError()
        add(
            at: configuration.place(of: item),
            "\(item): `\(path)` cannot be written: \(isThere ? "" : "its folder: ")\(reason)")
    }

    /// A database that is damaged, or another program's, stops a start; one that cannot be reached now does not.
    private mutating func checkUsage() {
        guard let path = configuration.usageFile, access(path, F_OK) == 0 else { return }
        let today = LocalTimeZone.system.day(at: SystemTime.seconds)
        do throws(UsageDatabaseError) {
            _ = try UsageReport(path: path, month: today.month, today: today)
        } catch {
            let place = configuration.place(of: "uupp-file")
            if error.code == .unavailable { warn(at: place, "\(error)") } else { add(at: place, "\(error)") }
        }
    }
}
