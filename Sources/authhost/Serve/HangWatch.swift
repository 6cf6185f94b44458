import AuthConfiguration
import Basics
import Dispatch
import DoorCarrier
import Glibc
import Logging
import ModuleHost
import Runtime
import Synchronization

/// What follows where a module is hung: `module-hang-action`.
enum HangAction: Equatable {
    /// It stays, and questions are answered *could not decide*.
    case none
    /// The same module is loaded beside it and takes over.
    case restart
    /// Another module takes over.
    case swap(to: String)
}

extension Configuration {
    /// - Throws: ``Failure`` for words that are no action.
    func hangAction() throws(Failure) -> HangAction {
        let words = moduleHangAction
        if words.isEmpty || words == ["none"] { return .none }
        if words == ["restart"] { return .restart }
        if words.count == 2, words[0] == "swap-to" {
            try isThere(words[1])
            return .swap(to: words[1])
        }
        throw Failure(
            .badConfiguration, at: place(of: "module-hang-action"),
            "module-hang-action is `\(words.joined(separator: " ").controlsEscaped)`; `none`, `restart` and `swap-to NAME` are "
                + "accepted")
    }
}

extension Configuration {
    /// - Throws: ``Failure`` where there is no file of a module that is to take over.
    private func isThere(_ module: String) throws(Failure) {
        do throws(ModuleError) {
            let candidates = try moduleSearch.candidates(module)
            if candidates.contains(where: { access($0, F_OK) == 0 }) { return }
            throw ModuleError(
                .notFound, module, "no such file; tried \(candidates.map { "`\($0)`" }.joined(separator: ", "))")
        } catch {
            throw Failure(.badConfiguration, at: place(of: "module-hang-action"), "module-hang-action: \(error)")
        }
    }
}

/// Replaces a module that hangs, as the configuration says, and ends the connections that it keeps. Looks each second.
final class HangWatch: Sendable {
    /// The doors, once they are open.
    private final class Doors: Sendable {
        let servers = Mutex<DoorServers?>(nil)
    }

    private let doors: Doors
    private nonisolated(unsafe) let timer: any DispatchSourceTimer
    // Made in init, cancelled once; Dispatch allows both from any thread.

    init(_ setup: HostSetup, _ host: Host, _ reloader: Reloader) {
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "authhost.hang"))
        var pace = HangPace()
        let doors = Doors()
        self.doors = doors
        timer.setEventHandler {
            if host.mayKeepAskers { Self.endKept(doors.servers.withLock { $0 }, setup.log) }
            guard let hang = host.moduleHang, let action = try? reloader.configurationNow.hangAction(), action != .none,
                pace.allows(at: SystemClock().monotonic)
            else { return }
            Self.replace(hang, action, setup, host, reloader.configurationNow)
        }
        timer.schedule(deadline: .now() + .seconds(1), repeating: .seconds(1))
        timer.activate()
        self.timer = timer
    }

    func cancel() { timer.cancel() }

    /// Ends connections of these doors from now on.
    func looks(after servers: DoorServers) { doors.servers.withLock { $0 = servers } }

    private static func endKept(_ servers: DoorServers?, _ log: Logger) {
        let count = servers?.endKeptConnections() ?? 0
        if count == 0 { return }
        let ended = count == 1 ? "1 connection was" : "\(count) connections were"
        log.error(
            "\(ended) ended: a call of the module keeps the thread that served it, and others answer what is asked anew"
        )
    }

    /// The swap writes to the event log what became of it.
    private static func replace(
        _ hang: String, _ action: HangAction, _ setup: HostSetup, _ host: Host, _ configuration: Configuration
    ) {
        do {
            let request =
                switch action {
                case .swap(let name): try configuration.loadRequest(module: name)
                case .restart, .none: try configuration.loadRequest()
                }
            setup.log.critical(
                "module `\(host.module?.identity.name ?? "-")` \(hang); module-hang-action puts `\(request.module)` in its place"
            )
            try host.swap(to: request, because: "module-hang-action")
        } catch let failure as Failure {
            setup.log.error("module-hang-action does nothing: \(failure.text)")
        } catch {
            setup.log.error("module-hang-action has failed; it is tried again: \(error)")
        }
    }
}
