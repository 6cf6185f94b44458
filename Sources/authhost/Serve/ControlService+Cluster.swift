import AuthCore
import Cluster
import ClusterCarrier
import DoorProtocols
import Logging
import ModuleHost
import Runtime

extension ControlService {
    /// How long hosts may take for their answers.
    private static let patience = Duration.seconds(1)

    /// What hosts do for each other.
    private static let ofCluster: [ControlRequest.Action] = [.sessions, .eject, .invalidate, .penalties, .clear]
    /// What is only looked at.
    private static let looks: [ControlRequest.Action] = [.sessions, .penalties]

    /// Has every host of the cluster do it, and gathers the answers; a host that does not answer is named.
    func answer(ofCluster request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void) {
        answer(ofCluster: request, by: "the operator", done)
    }

    private func answer(
        ofCluster request: ControlRequest, by who: String, _ done: @escaping @Sendable (ControlReply) -> Void
    ) {
        guard let cluster = setup.cluster else {
            return done(.failure("this host is in no cluster: `cluster-registry` is not set"))
        }
        guard Self.ofCluster.contains(request.action) else {
            return done(.failure("`\(request.action.rawValue)` does not take `cluster`"))
        }
        guard (request.offset ?? 0) == 0 else {
            return done(.failure("`offset` does not go with `cluster`: no host knows the order of all sessions"))
        }
        if let count = request.count, count != -1 { return ejectOldest(count, request, cluster, by: who, done) }
        var single = request
        single.cluster = nil
        let text = String(decoding: ControlLine.encode(single).dropLast(), as: UTF8.self)
        if [.eject, .invalidate].contains(request.action) {
            setup.log.notice("\(request.what), at all hosts, by \(who)")
        }
        cluster.say(text, isKept: !Self.looks.contains(request.action), limit: Self.patience) { answers in
            var reply = Self.gathered(answers, of: request.action, limit: request.limit ?? 100)
            if answers.problem == nil { reply.hosts? += Self.replies(ofAbsent: cluster.absent) }
            done(reply)
        }
    }

    /// Has the registry eject the oldest sessions, of a user or of anybody.
    private func ejectOldest(
        _ count: Int, _ request: ControlRequest, _ cluster: ClusterRegistry, by who: String,
        _ done: @escaping @Sendable (ControlReply) -> Void
    ) {
        let (filter, given) = (request.filter, request.filter.given.map(\.name))
        guard request.action == .eject, count >= 1, filter.isGiven != (request.all == true),
            given.allSatisfy(["user", "application", "machine"].contains)
        else {
            return done(
                .failure(
                    "with `cluster`, `count` takes a number from 1 on, or -1 for all, beside `user`, `application` and "
                        + "`machine`, or `all`: the registry knows nothing else of sessions"))
        }
        recordedTwice(request, done) { answer in
            let order = "\(request.what), \(count) at most, at all hosts"
            setup.log.notice("\(order), by \(who)")
            cluster.ejectOldest(
                count, of: filter.user, application: filter.applicationID, machine: filter.machineID
            ) { result in
                var reply = Self.reply(to: result)
                if result.isSequel {
                    let level: Logger.Level = result.isWhole ? .notice : .warning
                    setup.log.log(level: level, "\(order), has ended: \(result)")
                } else if result.problem == nil {
                    reply.hosts? += Self.replies(ofAbsent: cluster.absent)
                }
                answer(reply, result.isSequel)
            }
        }
    }

    private static func reply(to result: ClusterEjections) -> ControlReply {
        var reply = result.problem.map { ControlReply.failure($0) } ?? ControlReply()
        reply.total = result.ended.values.reduce(0, +)
        if result.pending > 0 { reply.pending = result.pending }
        reply.hosts = result.ended.sorted { $0.key < $1.key }.map { ControlReply.HostReply(host: $0, total: $1) }
        for (host, sessions) in result.silent.sorted(by: { $0.key < $1.key }) {
            let error = "it has not answered about \(sessions) within \(patience)"
            reply.hosts?.append(ControlReply.HostReply(host: host, error: error))
        }
        return reply
    }

    func answer(
        ofCluster request: ControlRequest, for administrator: String,
        _ done: @escaping @Sendable (ControlReply) -> Void
    ) {
        answer(ofCluster: request, by: "administrator <\(administrator)> over HTTP", done)
    }

    /// A host that was cut off may go on with its sessions: what was not done there must not look as if it was.
    private static func replies(ofAbsent hosts: [Int]) -> [ControlReply.HostReply] {
        hosts.map {
            ControlReply.HostReply(
                host: "\($0)", error: "it is not there, and was not asked; what it must do it is told when it is back")
        }
    }

    /// Does what a host of the cluster has said to all.
    func answer(said text: String) -> String {
        let reply: ControlReply
        switch ControlLine.request(Array(text.utf8)) {
        case .failure(let error): reply = .failure(error.description)
        case .success(let request) where Self.ofCluster.contains(request.action):
            reply = answer(request, by: "a host of the cluster")
        case .success(let request): reply = .failure("`\(request.action.rawValue)` is not for a cluster")
        }
        return String(decoding: ControlLine.encode(reply).dropLast(), as: UTF8.self)
    }

    private static func gathered(
        _ answers: ClusterAnswers, of action: ControlRequest.Action, limit: Int
    ) -> ControlReply {
        var reply = answers.problem.map { .failure($0) } ?? ControlReply()
        reply.hosts = []
        if answers.problem != nil { return reply }
        for (host, text) in answers.answers {
            guard let answer = try? ControlReply(json: text) else {
                reply.hosts?.append(ControlReply.HostReply(host: host, error: "its answer cannot be read"))
                continue
            }
            reply.hosts?.append(ControlReply.HostReply(host: host, error: answer.error, total: answer.total))
            // Each host has its own sessions, and all of them count the same wrong passwords.
            let isShared = [.penalties, .clear].contains(action)
            if let total = answer.total {
                reply.total = isShared ? max(reply.total ?? 0, total) : (reply.total ?? 0) + total
            }
            if let penalties = answer.penalties { reply.penalties = (reply.penalties ?? []) + penalties }
            guard let sessions = answer.sessions else { continue }
            reply.sessions = (reply.sessions ?? []) + sessions.map { $0.on(host) }
        }
        for host in answers.silent {
            reply.hosts?.append(ControlReply.HostReply(host: host, error: "it has not answered within \(patience)"))
        }
        if let penalties = reply.penalties { reply.penalties = Array(merged(penalties).prefix(limit)) }
        if let sessions = reply.sessions {
            reply.sessions = Array(sessions.sorted { $0.connected.seconds < $1.connected.seconds }.prefix(limit))
        }
        return reply
    }
}

extension ControlService {
    /// What hosts have told of wrong passwords: for each subject the greatest number.
    private static func merged(_ penalties: [ControlReply.Penalty]) -> [ControlReply.Penalty] {
        var most: [[String?]: ControlReply.Penalty] = [:]
        for penalty in penalties {
            let subject = [penalty.by, penalty.user, penalty.from]
            if penalty.wrong > most[subject]?.wrong ?? 0 { most[subject] = penalty }
        }
        return most.values.sorted { ($0.wrong, $0.until.seconds) > ($1.wrong, $1.until.seconds) }
    }
}

extension ControlReply.Cluster {
    /// Describes how a member stands.
    init(_ status: ClusterStatus) {
        self.init()
        (state, problem) = (status.state, status.problem)
        (epoch, generation) = (Int64(status.epoch), status.generation)
        leaseLeft = status.leaseLeft / 1_000_000
        roundTrip = status.roundTrip / 1_000
        sessions = status.sessions
        hosts = status.hosts.map { "\($0.index) <\($0.name)>" }
    }
}

extension ClusterWord {
    /// What other hosts are asked for.
    var request: ControlRequest {
        var request: ControlRequest
        switch self {
        case .eject(let filter):
            request = ControlRequest(.eject)
            request.filter = filter
            if !filter.isGiven { request.all = true }
        case .invalidate(let scope):
            request = ControlRequest(.invalidate)
            switch scope {
            case .all, .session: request.all = true
            case .user(let user): request.filter.user = user
            case .object(let name): request.object = name
            }
        }
        return request
    }

    /// The request as the hosts are told it.
    var text: String { String(decoding: ControlLine.encode(request).dropLast(), as: UTF8.self) }
}
