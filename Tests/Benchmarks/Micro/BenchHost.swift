import AuthCore
import Glibc
import Logging
import ModuleHost
import Runtime

/// A host that logs nothing.
func quietHost(_ configuration: HostConfiguration = HostConfiguration()) -> Host {
    var logger = Logger(label: "bench")
    logger.logLevel = .critical
    return Host(configuration, log: logger)
}

func loadRequest(_ path: String, _ options: [(String, String)] = []) -> LoadRequest {
    LoadRequest(
        module: path, search: ModuleSearch(applicationRoot: "/", applicationName: "bench"),
        settings: options.map { OptionSetting(name: $0.0, value: $0.1, source: "bench") })
}

extension Host {
    /// Logs in, and fails where that is not answered at once with a session.
    func mustAdmit(_ login: Login, resuming: Bool = false) throws -> SessionID {
        guard case .decided(let answer) = ask(resuming ? .resume(login) : .login(login)), let session = answer.session
        else { throw BenchmarkError("the log-in of `\(login.user)` was refused") }
        return session
    }
}
