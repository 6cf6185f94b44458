import ArgumentParser
import AuthConfiguration
import AuthCore
import Basics
import DoorProtocols
import Glibc
import Operators

/// How a command finds the host that runs.
struct ControlOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The control socket of the host, in place of control-socket.", valueName: "path"))
    var socket: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var common: ConfigurationFileOption

    /// Connects to the host.
    func connect() throws(Failure) -> ControlClient {
        let path = try self.path()
        do {
            return try ControlClient(path: path)
        } catch {
            throw Failure(.undecided, "\(error)")
        }
    }

    /// Asks once.
    func ask(_ request: ControlRequest) throws(Failure) -> (text: String, reply: ControlReply) {
        let client = try connect()
        do {
            return try client.ask(request)
        } catch {
            throw Failure(.undecided, "\(error)")
        }
    }

    /// Has an order carried out, and prints what was done.
    func order(_ request: ControlRequest) throws(Failure) {
        let (text, reply) = try ask(request)
        Terminal.write(json ? text : reply.done ?? "")
    }

    private func path() throws(Failure) -> String {
        if let socket { return socket }
        if let path = HostSetup.controlSocket() { return path }
        throw Failure(
            .badConfiguration,
            "there is no control socket: `control-socket` is not set; set it for the host, or give `--socket PATH`")
    }
}

/// On which hosts.
struct ClusterOptions: ParsableArguments {
    @Flag(help: "On all hosts of the cluster.")
    var cluster = false

    /// Names the hosts that did not carry out a request, and says what is not done yet; either makes the command fail.
    static func check(_ reply: ControlReply) throws(Failure) {
        var failed = (reply.hosts ?? []).compactMap { host in host.error.map { "host \(host.host): \($0)" } }
        if let pending = reply.pending {
            failed.append("up to \(pending) more are being ejected: the event log will have the outcome")
        }
        if !failed.isEmpty { throw Failure(.undecided, failed.joined(separator: "\n")) }
    }

    /// One line for each host that has answered.
    static func write(_ reply: ControlReply, _ what: String) {
        for host in reply.hosts ?? [] where host.error == nil {
            Terminal.write("host \(host.host.controlsEscaped): \(what)\(host.total.map { " \($0)" } ?? "")")
        }
    }
}

/// Which sessions.
struct SessionFilterOptions: ParsableArguments {
    @Option(help: "Sessions of this user.")
    var user: String?

    @Option(help: ArgumentHelp("Sessions of this application.", valueName: "id"))
    var application: String?

    @Option(help: ArgumentHelp("Sessions of this machine.", valueName: "id"))
    var machine: String?

    @Option(help: "Sessions from this address.")
    var address: String?

    @Option(help: ArgumentHelp("Sessions of this door, such as http.", valueName: "name"))
    var door: String?

    @Option(help: ArgumentHelp("Sessions whose id begins with these digits.", valueName: "digits"))
    var session: String?

    func request(_ action: ControlRequest.Action) -> ControlRequest {
        var request = ControlRequest(action)
        request.filter = filter
        return request
    }

    var isGiven: Bool { filter.isGiven }

    private var filter: SessionFilter {
        var filter = SessionFilter()
        (filter.user, filter.applicationID, filter.machineID) = (user, application, machine)
        (filter.address, filter.door, filter.idPrefix) = (address, door, session)
        return filter
    }
}

extension Terminal {
    /// The columns of the terminal; COLUMNS where it is set, and no end of them when standard output is no terminal: a file or a
    /// program takes the whole line.
    static var width: Int {
        if let text = getenv("COLUMNS"), let columns = Int(String(cString: text)), columns >= 40 { return columns }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return .max }
        return size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
