import AuthCore
import Cluster
import Synchronization

/// Gives out places that count in the whole cluster: the registry's word first, then a place in the ledger of this host, which
/// limits nothing.
///
/// Where the registry cannot be reached, `cluster-unreachable` says what a log-in gets.
package final class ClusterAdmission: Admission {
    private let registry: ClusterRegistry
    private let local: any HostPlaces
    /// Reservations that the registry does not know of.
    private let alone = Mutex<[UInt64: AdmissionRequest]>([:])

    /// - Parameter local: the places of this host.
    package init(_ registry: ClusterRegistry, _ local: any HostPlaces) {
        self.registry = registry
        self.local = local
        local.leaveCounting()
        registry.count(in: local)
    }

    package func reserve(_ request: AdmissionRequest, _ done: @escaping @Sendable (AdmissionReply) -> Void) {
        registry.reserve(request, Self.limits(local.limits, request)) { [self] reservation in
            switch reservation {
            case .reserved(let ejecting):
                guard let place = local.reserveBeyondLimits(request) else {
                    registry.vacate(request.session)
                    return done(.undecided("there is no place in this host's ledger"))
                }
                done(.reserved(place, ejecting: ejecting))
            case .over(let limit, let allowed):
                guard LimitKind.allCases.indices.contains(limit - 1) else {
                    return done(.undecided("the registry named limit \(limit), which there is not"))
                }
                done(.refused(ExceededLimit(LimitKind.allCases[limit - 1], allowed: allowed)))
            case .failed(let reason): done(.undecided(reason))
            case .unreachable(let reason): reserveAlone(request, reason, done)
            }
        }
    }

    /// What a log-in gets while the registry cannot be reached.
    private func reserveAlone(
        _ request: AdmissionRequest, _ reason: String, _ done: @escaping @Sendable (AdmissionReply) -> Void
    ) {
        switch registry.settings.unreachable {
        case .refuse:
            done(.undecided("the cluster's registry cannot be reached\(reason.isEmpty ? "" : ": \(reason)")"))
        case .local:
            alone.withLock { $0[request.session] = request }
            local.reserve(request) { [self] reply in
                if case .reserved = reply {} else { alone.withLock { $0[request.session] = nil } }
                done(reply)
            }
        case .allow:
            guard let place = local.reserveBeyondLimits(request) else {
                return done(.undecided("there is no place in this host's ledger"))
            }
            alone.withLock { $0[request.session] = request }
            done(.reserved(place, ejecting: 0))
        }
    }

    package func commit(_ place: AdmissionPlace, _ done: @escaping @Sendable ([UInt64]?) -> Void) {
        if let request = alone.withLock({ $0.removeValue(forKey: place.session) }) {
            registry.adopt(request)
            return local.commit(place, done)
        }
        registry.commit(place.session) { [local] commit in
            switch commit {
            case .open: local.commit(place, done)
            case .gone: local.release(place) { done(nil) }
            }
        }
    }

    package func release(_ place: AdmissionPlace, _ done: @escaping @Sendable () -> Void) {
        if alone.withLock({ $0.removeValue(forKey: place.session) }) == nil { registry.vacate(place.session) }
        local.release(place, done)
    }

    package func retire(_ place: AdmissionPlace) {
        local.retire(place)
        registry.vacate(place.session)
    }

    package func vacate(_ place: AdmissionPlace) {
        local.vacate(place)
        registry.vacate(place.session)
    }

    private static func limits(_ limits: SessionLimits, _ request: AdmissionRequest) -> ClusterLimits {
        let licence = limits.applications[ExactText(request.applicationID)]
        return ClusterLimits(
            allowed: [
                request.limits.userApplication, licence?.loginsPerUser ?? 0, request.limits.user, licence?.users ?? 0,
                limits.sessions,
            ], ejects: limits.ejects)
    }
}
