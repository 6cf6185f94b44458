import Prometheus

/// What doors may need of the process besides the host.
public struct DoorServices: Sendable {
    /// What administrators ask; nil where there is nothing for them.
    public var operators: (any OperatorAnswering)?
    /// The parts of `/v1/admin` that are served, to users that the module lets in.
    public var administratorRealms: [AdministratorRealm] = []
    /// The destinations whose credentials local users may have; nil for none.
    public var destinations: DestinationAccess?
    /// What doors count in, and what `/metrics` shows.
    public var metrics: PrometheusMetricsFactory

    /// Makes services with nothing but metrics.
    public init(metrics: PrometheusMetricsFactory = PrometheusMetricsFactory()) { self.metrics = metrics }
}
