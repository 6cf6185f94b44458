import AuthCore
import Basics
import ClusterCarrier
import DoorProtocols
import Logging
import Runtime

extension ControlService {
    func penalties(_ request: ControlRequest) -> ControlReply {
        guard let limit = Optional(request.limit ?? 100), (1...1000).contains(limit) else {
            return .failure("`limit` takes a number from 1 to 1000")
        }
        guard let offset = Optional(request.offset ?? 0), offset >= 0 else {
            return .failure("`offset` takes a number from 0 on")
        }
        switch Self.penaltyFilter(request) {
        case .failure(let error): return .failure(error.description)
        case .success(let filter):
            let found = host.penalties(matching: filter, offset: offset, limit: limit)
            let now = SystemClock().wall
            var reply = ControlReply()
            reply.penalties = found.found.map { ControlReply.Penalty($0, at: now) }
            reply.total = found.total
            return reply
        }
    }

    func clear(_ request: ControlRequest, _ who: String) -> ControlReply {
        guard (request.filter.user != nil || request.filter.address != nil) != (request.all == true) else {
            return .failure("whose penalties? give either `user` or `address` or both, or `all` for everybody's")
        }
        switch Self.penaltyFilter(request) {
        case .failure(let error): return .failure(error.description)
        case .success(let filter):
            return recorded(request) { clear(filter, request, who) }
        }
    }

    private func clear(_ filter: PenaltyFilter, _ request: ControlRequest, _ who: String) -> ControlReply {
        var reply = ControlReply()
        let cleared = host.clearPenalties(filter)
        reply.total = cleared.count
        setup.cluster?.forgive(cleared.map(\.text))
        let whose = [
            request.filter.user.map { "user <\($0.controlsEscaped)>" },
            request.filter.address.map { "address <\($0)>" },
        ]
        .compactMap(\.self).joined(separator: ", ")
        setup.log.notice("Penalties of \(whose.isEmpty ? "everybody" : whose) cleared, by \(who): \(reply.total ?? 0)")
        return reply
    }

    private static func penaltyFilter(_ request: ControlRequest) -> Result<PenaltyFilter, ControlError> {
        let address = request.filter.address.flatMap(NetworkPrefix.address)
        if request.filter.address != nil, address == nil {
            return .failure(ControlError(description: "`address` takes an IPv4 or IPv6 address"))
        }
        return .success(PenaltyFilter(user: request.filter.user, address: address))
    }
}

extension ControlReply.Penalty {
    /// - Parameter now: nanoseconds since 1970.
    fileprivate init(_ penalty: PenaltyDescription, at now: Int64) {
        let (user, from): (String?, String?) =
            switch penalty.subject {
            case .user(let name): (name.text, nil)
            case .usual(let name, let source): (name.text, source.text)
            case .network(let network): (nil, "\(network)")
            }
        self.init(
            by: penalty.subject.kind, user: user, from: from, wrong: penalty.count, limit: penalty.limit,
            refused: penalty.isRefused, until: (now + penalty.left) / 1_000_000_000)
    }
}
