import Cluster
import Metrics

/// How the cluster is, for `/metrics`.
final class ClusterMetrics {
    private let scripts = Counter(label: "authhost_cluster_scripts_total")
    private let reconnects = Counter(label: "authhost_cluster_connections_lost_total")
    private let confirmed = Counter(label: "authhost_cluster_ejections_total", dimensions: [("outcome", "confirmed")])
    private let unconfirmed = Counter(
        label: "authhost_cluster_ejections_total", dimensions: [("outcome", "unconfirmed")])
    private let unreachable = Counter(label: "authhost_cluster_unreachable_logins_total")
    private let roundTrip = Gauge(label: "authhost_cluster_round_trip_seconds")
    private let lease = Gauge(label: "authhost_cluster_lease_seconds")
    private let sessions = Gauge(label: "authhost_cluster_sessions")
    private let hosts = Gauge(label: "authhost_cluster_hosts")
    private var last = ClusterCounts()

    func record(_ status: ClusterStatus) {
        let counts = status.counts
        add(scripts, counts.scripts - last.scripts)
        add(reconnects, counts.reconnects - last.reconnects)
        add(confirmed, counts.confirmed - last.confirmed)
        add(unconfirmed, counts.unconfirmed - last.unconfirmed)
        add(unreachable, counts.unreachable - last.unreachable)
        last = counts
        roundTrip.record(Double(status.roundTrip) / 1e9)
        lease.record(Double(status.leaseLeft) / 1e9)
        sessions.record(status.sessions)
        hosts.record(status.hosts.count)
    }

    private func add(_ counter: Counter, _ count: Int) { if count > 0 { counter.increment(by: count) } }
}
