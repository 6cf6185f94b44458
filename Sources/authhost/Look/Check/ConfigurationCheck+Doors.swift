import AuthConfiguration
import AuthCore
import Basics
import DoorCarrier
import DoorProtocols
import Glibc
import Logging

// The doors: what they say, where they would listen, and how long their clients wait.
extension ConfigurationCheck {
    /// Checks the blocks and their certificates.
    mutating func checkDoors() {
        _ = attempt { (configuration) throws(Failure) in try configuration.doorSettings() }
        for door in configuration.doors {
            for warning in DoorServers.warnings(DoorSettings(door)) {
                warn(at: door.place(of: warning.part), warning.description)
            }
            checkPatience(door.type, door.name, at: door.typeSource)
        }
        if !configuration.httpAddresses.isEmpty || configuration.httpSocket != nil {
            checkPatience(HTTPDoor.name, HTTPDoor.name, at: nil)
        }
    }

    /// Warns of clients that give up before the host does: they see no verdict, and the module works in vain.
    private mutating func checkPatience(_ type: String, _ name: String, at place: SettingSource?) {
        let deadlines: [(item: String, limit: Duration)] = [
            ("auth-login-timeout", configuration.loginTimeout), ("auth-map-timeout", configuration.mapTimeout),
            ("auth-checkread-timeout", configuration.checkReadTimeout),
            ("auth-checkwrite-timeout", configuration.checkWriteTimeout),
        ]
        let longest = deadlines.map(\.limit).max() ?? .zero
        for client in DoorTypes.impatient(type, longest: longest) {
            let items = deadlines.filter { $0.limit > client.limit }.map { "`\($0.item)`" }.joined(separator: ", ")
            let setting = client.setting.map { ", or set `\($0)` there" } ?? ""
            warn(
                at: place ?? deadlines.compactMap({ self.configuration.place(of: $0.item) }).first,
                "door \(name): \(client.client) waits \(client.limit.components.seconds) s for an answer, and one may take "
                    + "\(longest.components.seconds) s: lower \(items)\(setting)")
        }
    }

    /// Looks whether every door and the control socket could listen.
    mutating func checkListening() {
        let places = ListeningPlaces(configuration)
        for problem in places.doubles() { add(at: problem.place, problem.message) }
        for problem in places.faults(mustBeFree: binds) { add(at: problem.place, problem.message) }
        let wanted = configuration.doors.map(\.maximumConnections).reduce(configuration.httpConnections, +)
        let loops = DescriptorLimit.loops(of: configuration)
        _ = attempt { (_: Configuration) throws(Failure) in
            try DescriptorLimit.budget(
                limit: DescriptorLimit.raise(), loops: loops, wanted: wanted,
                log: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
        }
    }
}

/// Where the doors and the control socket listen, each with the place where that is written.
struct ListeningPlaces {
    private var addresses: [(address: DoorAddress, place: SettingSource?)] = []
    private var sockets: [(path: String, place: SettingSource?)] = []

    init(_ configuration: Configuration) {
        for address in configuration.httpAddresses {
            addresses.append(
                (DoorAddress(host: address.host, port: address.port), configuration.place(of: "http-listen")))
        }
        if let socket = configuration.httpSocket { sockets.append((socket, configuration.place(of: "http-socket"))) }
        if let socket = configuration.controlSocket {
            sockets.append((socket, configuration.place(of: "control-socket")))
        }
        for door in configuration.doors {
            for (index, address) in door.addresses.enumerated() {
                let sources = door.addressSources
                addresses.append(
                    (
                        DoorAddress(host: address.host, port: address.port),
                        sources.indices.contains(index) ? sources[index] : door.source
                    ))
            }
            if let socket = door.socket { sockets.append((socket, door.socketSource)) }
        }
    }

    /// Finds places that are named twice.
    func doubles() -> [Failure.Problem] {
        var seen: [String: SettingSource?] = [:]
        let all =
            addresses.filter { $0.address.port != 0 }.map { ("\($0.address)", $0.place) } + sockets.map { ($0, $1) }
        return all.compactMap { name, place in
            guard let first = seen.updateValue(place, forKey: name) else { return nil }
            let other = first.map { " at \($0)" } ?? ""
            return Failure.Problem(place: place, message: "`\(name)` is listened on already\(other)")
        }
    }

    /// Finds places where nothing can listen.
    ///
    /// - Parameter mustBeFree: takes each for a moment; else a host may be listening there.
    func faults(mustBeFree: Bool) -> [Failure.Problem] {
        var problems: [Failure.Problem] = []
        for (address, place) in addresses {
            if let fault = DoorServers.fault(of: address, mustBeFree: mustBeFree) {
                problems.append(Failure.Problem(place: place, message: fault))
            }
        }
        for (path, place) in sockets {
            if let fault = UnixSocket.fault(at: path, mustBeFree: mustBeFree) {
                problems.append(Failure.Problem(place: place, message: "\(fault)"))
            }
        }
        return problems
    }
}
