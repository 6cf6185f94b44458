import AuthConfiguration
import Basics
import Dispatch
import DoorProtocols
import Logging
import ModuleHost
import Runtime
import Synchronization

/// Keeps the shadow that the configuration names: loads it beside a host that runs, puts another one in its place, and makes it
/// the module. What goes wrong with it is told, and is no matter of the host's.
final class ShadowKeeper: Sendable {
    private enum State {
        case none
        case loading(module: String)
        case failed(module: String, why: String)
        case asked(Shadow, LoadRequest)
        case promoted(module: String)
    }

    private let setup: HostSetup
    private let host: Host
    private let state = Mutex(State.none)
    /// One shadow is loaded or ended at a time.
    private let queue = DispatchQueue(label: "authhost.shadow")

    init(_ setup: HostSetup, _ host: Host) {
        self.setup = setup
        self.host = host
    }

    /// Puts the shadow of a configuration in place of the one that there is. Does not wait for it.
    func follow(_ configuration: Configuration) { queue.async { [self] in replace(configuration) } }

    /// Has the shadow read its own files again, or puts it in place anew where its file was rebuilt under its name, or it could not be
    /// loaded before. Does not wait for it.
    func reload(_ configuration: Configuration) {
        queue.async { [self] in
            if isOutdated(configuration) { replace(configuration) } else { host.shadow?.reload() }
        }
    }

    private func isOutdated(_ configuration: Configuration) -> Bool {
        switch state.withLock({ $0 }) {
        case .none, .loading, .promoted: return false
        case .failed: return true
        case .asked(let shadow, let request):
            guard let running = shadow.instance, let digest = running.digest,
                let owners = try? configuration.owners(),
                let file = try? TrustedFile.contents(
                    of: running.path, FileTrust(owners: owners), limit: Self.mostBytes),
                ModuleDigest.of(file.bytes) != digest
            else { return false }
            setup.log.notice("The file of shadow <\(request.module)> is another one now: \(running.path)")
            return true
        }
    }

    /// More than any file of a module has.
    private static let mostBytes = 1 << 30

    private func replace(_ configuration: Configuration) {
        end()
        guard let module = configuration.shadowModule else { return state.withLock { $0 = .none } }
        state.withLock { $0 = .loading(module: module) }
        do {
            guard let request = try configuration.shadowRequest() else { return }
            var settings = configuration.hostSettings
            settings.trustedOwners = try configuration.owners()
            settings.signatureCheck = setup.signatures.check(log: setup.log, uses: false)
            let shadow = try Shadow(
                beside: host, request, settings, limit: configuration.shadowQueue, log: setup.log)
            guard host.follow(shadow) else { return shadow.stop() }
            state.withLock { $0 = .asked(shadow, request) }
            let found = shadow.instance
            setup.log.notice(
                "Shadow <\(found?.name ?? module)> \(found?.version ?? "") is asked as well, from \(found?.path ?? "-")"
            )
        } catch {
            let why = (error as? Failure)?.text ?? "\(error)"
            state.withLock { $0 = .failed(module: module, why: why) }
            setup.log.error("there is no shadow: \(why)")
        }
    }

    /// Ends the shadow that there is. On the queue.
    private func end() {
        guard case .asked(let shadow, let request) = state.withLock({ $0 }) else { return }
        host.follow(nil)
        shadow.stop()
        setup.log.notice("Shadow <\(request.module)> is asked no more")
    }

    /// Makes the shadow the module by a swap: the file that was asked, with the options that it had, where modules run.
    ///
    /// - Throws: ``Failure`` or ``SwapFailure``; nothing has changed then.
    func promote(_ configuration: Configuration) throws -> ModuleSwap {
        guard case .asked(let shadow, var request) = state.withLock({ $0 }) else {
            throw Failure(.undecided, "no shadow is asked: `authhost shadow report` says why")
        }
        request.isolation = try configuration.isolation()
        request.pin = try configuration.pin(ofModule: request.module)
        request.copy = shadow.copy
        let swap = try host.modules.swap(to: request)
        let module = request.module
        queue.async { [self] in
            // Unless another one has begun meanwhile.
            guard case .asked(let now, _) = state.withLock({ $0 }), now === shadow else { return }
            end()
            state.withLock { $0 = .promoted(module: module) }
        }
        return swap
    }

    /// What operators are told, without the differences; nil where no shadow is configured.
    var description: ControlReply.Shadow? {
        var told = ControlReply.Shadow()
        switch state.withLock({ $0 }) {
        case .none: return nil
        case .loading(let module): (told.state, told.module) = ("loading", module)
        case .failed(let module, let why): (told.state, told.module, told.problem) = ("failed", module, why)
        case .promoted(let module): (told.state, told.module) = ("promoted", module)
        case .asked(let shadow, _): return ControlReply.Shadow(shadow.report, shadow.instance)
        }
        return told
    }
}
