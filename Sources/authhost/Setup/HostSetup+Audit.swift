import AuditTrail
import AuthConfiguration
import Basics
import Logging
import Runtime

extension HostSetup {
    /// Opens the audit log; nil where none is configured.
    ///
    /// - Parameter log: where it says what is wrong with it.
    static func openAudit(_ configuration: Configuration, _ log: Logger) throws(Failure) -> AuditLog? {
        let settings = try configuration.auditSettings()
        guard !configuration.auditLogs.isEmpty else { return nil }
        do {
            return try AuditLog(configuration.auditLogs, settings, log: log)
        } catch {
            throw Failure(.badConfiguration, at: configuration.place(of: "audit-log"), "\(error)")
        }
    }

    /// Opens the audit log again, after it was moved away, and takes over another key; what hinders it is returned.
    func reopenAudit() -> String? {
        do throws(LogFileError) {
            try audit?.reopen()
        } catch {
            return "\(error)"
        }
        guard let audit, configuration.chainsAudit else { return nil }
        do throws(Failure) {
            // Where the file is stays as it was at the start.
            if let key = try configuration.auditSettings().key { audit.rotate(to: key) }
            return nil
        } catch {
            return error.text
        }
    }
}

extension Configuration {
    /// Reads how the audit log is written, and the key of its chain.
    func auditSettings() throws(Failure) -> AuditLog.Settings {
        guard !auditRequired || auditLogs.contains(where: { $0 != AuditPlace.memory }) else {
            throw Failure(
                .badConfiguration, at: place(of: "audit-required"),
                "`audit-required` is TRUE, and there is no `audit-log` to write to")
        }
        if let unknown = unknownAuditSinks.first {
            let shown = unknown.controlsEscaped
            throw Failure(
                .badConfiguration, at: place(of: "audit-log"),
                "audit-log: `\(shown)` is not a sink; `-`, `syslog:`, `syslog:SOCKET`, `journal`, `journal:SOCKET`, `memory` and paths of "
                    + "files and FIFOs are accepted: `./\(shown)` for a file of that name")
        }
        var settings = AuditLog.Settings()
        settings.required = auditRequired
        settings.json = logFormat == "json"
        settings.timeout = auditTimeout
        if chainsAudit { settings.key = try readAuditKey() }
        return settings
    }

    private func readAuditKey() throws(Failure) -> AuditKey {
        guard let path = auditKey else {
            throw Failure(
                .badConfiguration, at: place(of: "audit-chain"),
                "`audit-chain` is TRUE, and there is no `audit-key`: `authhost audit key FILE` makes one")
        }
        let key = try AuditKeyFile.read(path, owners: owners(), at: place(of: "audit-key"), isSecret: true)
        guard key.signs else {
            throw Failure(
                .badConfiguration, at: place(of: "audit-key"),
                "audit-key: `\(path)` is a key for checking, which cannot sign: the whole key is expected")
        }
        return key
    }
}

/// Reads files of keys of the audit log.
enum AuditKeyFile {
    /// - Parameters:
    ///   - place: what asks for it, for messages; nil for an argument.
    ///   - isSecret: whether only its owner may read it.
    static func read(
        _ path: String, owners: Set<UInt32> = [], at place: SettingSource? = nil, isSecret: Bool
    ) throws(Failure) -> AuditKey {
        func failure(_ why: String) -> Failure {
            Failure(.badConfiguration, at: place, "\(place == nil ? "" : "audit-key: ")`\(path)`: \(why)")
        }
        let bytes: [UInt8]
        let fault: String?
        do throws(FileTrustError) {
            let file = try TrustedFile(path, FileTrust(owners: owners))
            fault = isSecret ? FileSecrecy.ofOwner.fault(in: file.status) : nil
            bytes = try file.contents(limit: 4096)
        } catch {
            throw failure("\(error)")
        }
        if let fault { throw failure(fault) }
        do throws(AuditKeyError) {
            return try AuditKey(text: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw failure("\(error)")
        }
    }
}
