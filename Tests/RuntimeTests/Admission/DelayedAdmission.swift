import AuthCore
import Synchronization
import Testing

/// An admission whose every answer comes when the test says so, in the order that the test says.
final class DelayedAdmission: Admission {
    private let local: any Admission
    private let queue = Mutex<[@Sendable () -> Void]>([])

    init(_ local: any Admission) { self.local = local }

    var waiting: Int { queue.withLock { $0.count } }

    func reserve(_ request: AdmissionRequest, _ done: @escaping @Sendable (AdmissionReply) -> Void) {
        delay { [local] in local.reserve(request, done) }
    }

    func commit(_ place: AdmissionPlace, _ done: @escaping @Sendable ([UInt64]?) -> Void) {
        delay { [local] in local.commit(place, done) }
    }

    func release(_ place: AdmissionPlace, _ done: @escaping @Sendable () -> Void) {
        delay { [local] in local.release(place, done) }
    }

    func retire(_ place: AdmissionPlace) { local.retire(place) }

    func vacate(_ place: AdmissionPlace) { local.vacate(place) }

    /// Answers one of the waiting questions; before it or after, as a network would, the local step is taken.
    func answer(_ index: Int) { queue.withLock { $0.remove(at: index) }() }

    func answerAll() { while waiting > 0 { answer(0) } }

    private func delay(_ body: @escaping @Sendable () -> Void) { queue.withLock { $0.append(body) } }
}

/// Hands the admission that a host was made with to the test.
final class AdmissionBox: Sendable {
    private let box = Mutex<DelayedAdmission?>(nil)

    var admission: DelayedAdmission {
        get throws { try #require(box.withLock { $0 }) }
    }

    func wrap(_ local: any Admission) -> any Admission {
        let delayed = DelayedAdmission(local)
        box.withLock { $0 = delayed }
        return delayed
    }
}
