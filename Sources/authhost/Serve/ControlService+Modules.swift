import AuthConfiguration
import DoorProtocols
import ModuleHost
import Runtime

extension ControlService {
    /// Answers on a thread of its own: a swap takes as long as loading and trying a module does.
    func module(_ request: ControlRequest, _ done: @escaping @Sendable (ControlReply) -> Void) {
        let started = PosixThread.start(name: "auth-swap") {
            switch request.action {
            case .swap: done(recorded(request) { swap(request) })
            case .rollback: done(recorded(request) { rollBack() })
            case .release: done(recorded(request) { release() })
            case .promote: done(promote(request))
            default: done(modules())
            }
        }
        if !started { done(.failure("no thread could be made")) }
    }

    private func modules() -> ControlReply {
        var reply = ControlReply()
        reply.modules =
            host.modules.all.map { Self.module($0, $0.number, $0.stage.rawValue) }
            + [host.shadow?.instance].compactMap(\.self).map { Self.module($0, 0, "shadow") }
        return reply
    }

    private static func module(
        _ instance: ModuleInstance.Description, _ number: UInt32, _ state: String
    ) -> ControlReply.Module {
        ControlReply.Module(
            instance: number, state: state, name: instance.name,
            version: instance.version, path: instance.path, sha256: instance.digest, build: instance.buildID,
            loaded: instance.loaded, calls: instance.calls, pending: instance.pending,
            resident: instance.resident)
    }

    private func swap(_ request: ControlRequest) -> ControlReply {
        do {
            let wanted = try reloader.configurationNow.loadRequest(module: request.module)
            return Self.reply(try host.modules.swap(to: wanted))
        } catch {
            return .failure("nothing has changed: \((error as? Failure)?.text ?? "\(error)")")
        }
    }

    private func rollBack() -> ControlReply {
        do {
            let configuration = reloader.configurationNow
            let swap = try host.modules.rollBack { module throws(SwapFailure) in
                do throws(Failure) {
                    return try configuration.pin(ofModule: module)
                } catch {
                    throw SwapFailure(module: module, description: error.text)
                }
            }
            return Self.reply(swap)
        } catch {
            return .failure("nothing has changed: \(error)")
        }
    }

    private func promote(_ request: ControlRequest) -> ControlReply {
        var order = request
        order.module = host.shadow?.instance?.name
        return recorded(order) {
            do {
                return Self.reply(try shadows.promote(reloader.configurationNow))
            } catch {
                return .failure("nothing has changed: \((error as? Failure)?.text ?? "\(error)")")
            }
        }
    }

    private func release() -> ControlReply {
        var reply = ControlReply()
        let count = host.modules.release() + (host.shadow?.release() ?? 0)
        reply.done =
            count == 0
            ? "no helper process is in quarantine"
            : count == 1 ? "1 helper process is started again" : "\(count) helper processes are started again"
        return reply
    }

    private static func reply(_ swap: ModuleSwap) -> ControlReply {
        var reply = ControlReply()
        reply.done = swap.text
        return reply
    }
}
