import ModuleHost
import Runtime

extension Host {
    /// Swaps the module since the host itself has reason to, and records that as an operator's order is: before and after. What must be
    /// recorded and cannot is not done. Blocks for as long as loading and the tests take.
    ///
    /// - Parameter cause: what the audit log has in place of a door.
    /// - Throws: ``SwapFailure``; nothing has changed then.
    func swap(to request: LoadRequest, because cause: String) throws(SwapFailure) {
        let order = OperatorOrder(user: "", door: cause, action: "swap", scope: request.module)
        guard let decision = records(order) else {
            throw SwapFailure(
                module: request.module, description: "the audit log is required and cannot be written", mayPass: true)
        }
        do throws(SwapFailure) {
            record("done: \(try modules.swap(to: request).text)", of: order, decision)
        } catch {
            record("failed: nothing has changed: \(error)", of: order, decision)
            throw error
        }
    }
}

extension ModuleSwap {
    /// What operators are told of it.
    var text: String { "\(from) was swapped for \(to); \(sessions == 1 ? "1 session" : "\(sessions) sessions") open" }
}
