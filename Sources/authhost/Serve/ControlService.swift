import AuthConfiguration
import AuthCore
import Basics
import ClusterCarrier
import DoorProtocols
import Logging
import ModuleHost
import Operators
import Prometheus
import Runtime

/// What operators reach through the control socket.
struct ControlService: ControlAnswering {
    let host: Host
    let setup: HostSetup
    let reloader: Reloader
    let shadows: ShadowKeeper
    let handOver: HandOver
    let metrics: PrometheusMetricsFactory
    let started = SystemClock().monotonic

    func keepThreadFree() { host.keepThreadFree() }

    var nextEvent: UInt64 { setup.output.recent.next }

    func events(from start: UInt64, limit: Int) -> (lines: [String], next: UInt64, missed: UInt64) {
        setup.output.recent.lines(from: start, limit: limit)
    }

    func answer(_ request: ControlRequest) -> ControlReply { answer(request, by: "the operator") }

    func answer(_ request: ControlRequest, by who: String) -> ControlReply {
        let filter: SessionFilter
        switch Self.filter(request) {
        case .failure(let error): return .failure(error.description)
        case .success(let value): filter = value
        }
        return switch request.action {
        case .sessions: sessions(filter, request)
        case .eject: eject(filter, request, who)
        case .invalidate: invalidate(filter, request, who)
        case .status: status()
        case .reject: reject(request)
        case .destinations: destinations()
        case .decision: decision(request)
        case .penalties: penalties(request)
        case .clear: clear(request, who)
        case .metrics: figures()
        case .shadow: shadow()
        case .events, .credential, .modules, .swap, .rollback, .release, .promote, .takeOver:
            .failure("`\(request.action.rawValue)` is not answered here")
        }
    }

    func takeOver(
        _ request: ControlRequest, _ connection: Int32, refused: @escaping @Sendable (ControlReply) -> Void
    ) {
        handOver.begin(request, connection, refused: refused)
    }

    private static func filter(_ request: ControlRequest) -> Result<SessionFilter, ControlError> {
        if let digits = request.filter.idPrefix {
            guard (4...32).contains(digits.utf8.count), digits.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
            else { return .failure(ControlError(description: "`session` takes 4 to 32 digits of 0-9 and a-f")) }
        }
        return .success(request.filter)
    }

    private func sessions(_ filter: SessionFilter, _ request: ControlRequest) -> ControlReply {
        guard let limit = Optional(request.limit ?? 100), (1...1000).contains(limit) else {
            return .failure("`limit` takes a number from 1 to 1000")
        }
        guard let offset = Optional(request.offset ?? 0), offset >= 0 else {
            return .failure("`offset` takes a number from 0 on")
        }
        let found = host.operators.sessions(matching: filter, offset: offset, limit: limit)
        var reply = ControlReply()
        reply.sessions = found.sessions.map(ControlReply.Session.init)
        reply.total = found.total
        return reply
    }

    private func eject(_ filter: SessionFilter, _ request: ControlRequest, _ who: String) -> ControlReply {
        guard request.object == nil else { return .failure("`eject` does not take `object`") }
        guard filter.isGiven != (request.all == true) else {
            return .failure("which sessions? give either a filter, or `all` for every session")
        }
        guard let count = Optional(request.count ?? -1), count == -1 || count >= 1 else {
            return .failure("`count` takes a number from 1 on, or -1 for all")
        }
        return recorded(request) {
            let ejected = host.operators.eject(filter, count: count == -1 ? nil : count)
            let most = count == -1 ? "" : ", \(count) at most"
            setup.log.notice("\(request.what)\(most), by \(who): \(ejected)")
            var reply = ControlReply()
            reply.total = ejected
            return reply
        }
    }

    private func invalidate(_ filter: SessionFilter, _ request: ControlRequest, _ who: String) -> ControlReply {
        let ways = [filter.isGiven, request.object != nil, request.all == true].filter { $0 }.count
        guard ways == 1 else { return .failure("what? give either a filter of sessions, or `object`, or `all`") }
        guard request.count == nil else { return .failure("`invalidate` does not take `count`") }
        if let object = request.object {
            do throws(NameError) {
                _ = try ObjectName(object)
            } catch {
                return .failure("`object`: \(error)")
            }
        }
        return recorded(request) {
            var reply = ControlReply()
            if let object = request.object {
                host.operators.invalidate(.object(object))
            } else if request.all == true {
                host.operators.invalidate(.all)
            } else {
                reply.total = host.operators.invalidate(sessions: filter)
                // What is kept of a user may outlive its sessions.
                if let user = filter.user, filter.given.count == 1 { host.operators.invalidate(.user(user)) }
            }
            setup.log.notice("\(request.what), by \(who)\(reply.total.map { ": \($0)" } ?? "")")
            return reply
        }
    }

    /// The line of a decision that was made, as the audit log has it.
    private func decision(_ request: ControlRequest) -> ControlReply {
        guard let text = request.decision, let id = DecisionID(Array(text.utf8)) else {
            return .failure("`decision` takes the 32 digits of a decision's id")
        }
        guard let audit = host.audit else {
            return .failure(
                "no decision is kept: `audit-log` is not set; `audit-log memory` keeps the latest, and writes nothing")
        }
        guard let line = audit.line(of: id) else {
            return .failure(
                "decision \(id) is not among the latest \(audit.kept) of this host: look for it in the audit log")
        }
        var reply = ControlReply()
        reply.done = line
        return reply
    }

    private func figures() -> ControlReply {
        var reply = ControlReply()
        reply.metrics = metrics.text()
        return reply
    }

    private func status() -> ControlReply {
        var status = ControlReply.Status()
        status.version = Version.text
        status.uptime = (SystemClock().monotonic - started) / 1_000_000_000
        (status.ready, status.detail) = host.readiness
        if let module = host.module {
            status.module = module.identity.name
            status.moduleVersion = module.identity.version
            status.moduleGeneration = Int(module.identity.generation)
            status.modulePath = module.path
        }
        status.sessions = host.sessionCount
        status.pendingQuestions = host.openQuestions
        let current = reloader.configurationNow
        status.sessionLimit = current.maxUserLimit
        status.ejects = current.ejectsUsers
        if let last = reloader.last {
            status.reloaded = Moment(last.time)
            status.reload = last.outcome
        }
        status.audit = host.audit?.status.map(ControlReply.AuditSink.init)
        status.shadow = shadows.description
        status.cluster = setup.cluster.map { ControlReply.Cluster($0.status) }
        var reply = ControlReply()
        reply.status = status
        return reply
    }
}

extension ControlReply.AuditSink {
    fileprivate init(_ status: AuditLog.SinkStatus) {
        self.init()
        (name, fault, waiting, lost, head) = (status.name, status.fault, status.waiting, status.lost, status.head)
    }
}

extension ControlService: OperatorAnswering {
    func permits(_ request: RealmRequest, session: SessionID, object: ObjectName) -> Outcome {
        host.permits(request, session: session, object: object)
    }

    func answer(_ request: ControlRequest, for administrator: String) -> ControlReply {
        var request = request
        request.asker = ControlRequest.Asker(administrator, door: "http")
        return answer(request, by: "administrator <\(administrator)> over HTTP")
    }
}

extension ControlService {
    /// Records what an operator is about to do, does it, and records what has come of it. What must be recorded and cannot is not done.
    ///
    /// - Parameter run: does it, and gives the answer once, on any thread.
    func recorded(
        _ request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void,
        _ run: (@escaping @Sendable (ControlReply) -> Void) -> Void
    ) {
        recordedTwice(request, done) { answer in run { answer($0, false) } }
    }

    /// The same for what may go on behind its answer.
    ///
    /// - Parameter run: gives the answer once, and once more what has come of the rest, which is a sequel, where it goes on.
    func recordedTwice(
        _ request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void,
        _ run: (@escaping @Sendable (_ reply: ControlReply, _ isSequel: Bool) -> Void) -> Void
    ) {
        let order = OperatorOrder(
            user: request.asker?.name ?? "", door: request.asker?.door ?? "cluster", action: request.action.rawValue,
            scope: request.subject)
        guard let decision = host.records(order) else {
            return done(.failure("nothing was done: the audit log is required and cannot be written"))
        }
        run { [host] reply, isSequel in
            host.record(reply.outcome, of: order, decision)
            if !isSequel { done(reply) }
        }
    }

    /// The same for what is done at once.
    func recorded(_ request: ControlRequest, _ run: () -> ControlReply) -> ControlReply {
        let reply = Awaited<ControlReply>()
        recorded(request, reply.put) { $0(run()) }
        return reply.wait()
    }
}

extension ControlReply {
    /// What has come of an order, as the audit log has it.
    fileprivate var outcome: String {
        if let error { return "failed: \(error)" }
        if let pending { return "going on: \(total ?? 0), up to \(pending) more" }
        return (["done"] + [done ?? total.map(String.init)].compactMap(\.self)).joined(separator: ": ")
    }
}

extension ControlRequest {
    /// What is done to which sessions, as the event log has it.
    var what: String { "\(action == .eject ? "Ejection" : "Invalidation") of \(scope)" }

    /// What an order is about, as the audit log has it.
    fileprivate var subject: String {
        switch action {
        case .swap: module ?? "the configured module"
        case .promote: module ?? "the shadow"
        case .rollback: "the module before"
        case .release: "helper processes"
        case .clear where !filter.isGiven: "all penalties"
        case .clear: "penalties with \(scope.dropFirst("sessions with ".count))"
        default: destination ?? scope
        }
    }

    /// What is ejected or invalidated, as the event log has it.
    fileprivate var scope: String {
        if let object { return "what is kept of object <\(object)>" }
        let filters = filter.given.map { name, value in
            // A program that has a whole id can use the session.
            name == "session" ? "id <\(value.prefix(ControlReply.Session.digits))…>" : "\(name) <\(value)>"
        }
        if !filters.isEmpty { return "sessions with \(filters.joined(separator: ", "))" }
        return action == .eject ? "all sessions" : "everything"
    }
}

extension HostSetup {
    /// Opens the control socket where one is configured.
    ///
    /// - Parameter takeOver: the host that may have it, and has operators wait for this one; nil for none.
    func controlServer(_ service: ControlService, _ takeOver: TakeOver?) async throws -> ControlServer? {
        guard let path = configuration.controlSocket else { return nil }
        let server = try await ControlServer(
            path: path, host: service, log: log, inherited: takeOver?.takeControl(at: path), isHeld: takeOver != nil)
        log.notice("operators are answered on the unix socket \(path)")
        return server
    }
}
