import AuthConfiguration
import Basics
import Logging
import Telemetry

extension Configuration {
    /// Where spans go; nil for nowhere.
    ///
    /// - Throws: for an address that is no collector's.
    func otlpCollector() throws(Failure) -> OTLPEndpoint? {
        guard let otlpEndpoint else { return nil }
        if let endpoint = OTLPEndpoint(otlpEndpoint) { return endpoint }
        throw Failure(
            .badConfiguration, at: place(of: "otlp-endpoint"),
            "`otlp-endpoint` takes `http://HOST[:PORT][/PATH]`, found `\(otlpEndpoint.controlsEscaped)`; for TLS, let a collector "
                + "on this machine take the spans and send them on")
    }

    /// Starts what sends spans, on a thread of its own; nil where none are made.
    func spanExporter(log: Logger) throws(Failure) -> OTLPExporter? {
        guard let endpoint = try otlpCollector() else { return nil }
        do {
            return try OTLPExporter(endpoint, version: Version.number, log: log)
        } catch {
            throw Failure(.undecided, "\(error)")
        }
    }
}
