import AuthConfiguration
import Logging
import Runtime

extension HostSetup {
    /// Opens the audit log; nil where none is configured.
    ///
    /// - Parameter log: where it says what is wrong with it.
    static func openAudit(_ configuration: Configuration, _ log: Logger) throws(Failure) -> AuditLog? {
        guard let path = configuration.auditLog else {
            guard !configuration.auditRequired else {
                throw Failure(
                    .badConfiguration, at: configuration.place(of: "audit-required"),
                    "`audit-required` is TRUE, and there is no `audit-log` to write to")
            }
            return nil
        }
        do {
            return try AuditLog(
                path: path, required: configuration.auditRequired, json: configuration.logFormat == "json", log: log)
        } catch {
            throw Failure(.badConfiguration, at: configuration.place(of: "audit-log"), "\(error)")
        }
    }

    /// Opens the audit log again, after it was moved away; what hinders it is returned.
    func reopenAudit() -> String? {
        do {
            try audit?.reopen()
            return nil
        } catch {
            return "\(error)"
        }
    }
}
