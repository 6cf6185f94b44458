import AuthCore
import BenchmarkFloor
import Glibc
import Logging
import ModuleHost
import Runtime

/// In-process figures: the cost of one check, as ratios of interleaved rounds.
@main
enum Micro {
    static let rounds = 7

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else {
            print("usage: authhost-micro TRIVIAL.so MODULE-FOLDER USERS.xml")
            exit(3)
        }
        try throughTheLoader(arguments[1])
        try throughXMLAuth(arguments[2], arguments[3])
    }

    /// P1: one check through the loader and libffi, beside a bare ffi_call and a direct call of the same function.
    private static func throughTheLoader(_ path: String) throws {
        let entry = floor_entry(path, "auth_check_read")
        let module = try ModuleLoader(request(path)).load(services: Silent())
        let session = ModuleSession(handle: 1, user: TerminatedText("alice"))
        let check = Check(.read, try ObjectName("/FX/EURUSD"))
        let ticket = QuestionTicket(token: 1, deadline: .max)
        let count: UInt64 = 2_000_000
        var direct: [Double] = []
        var ffi: [Double] = []
        var loader: [Double] = []
        for _ in 0..<rounds {
            direct.append(Double(floor_direct(entry, count)) / Double(count))
            ffi.append(Double(floor_ffi(entry, count)) / Double(count))
            loader.append(
                time(Int(count)) {
                    if module.check(check, object: check.name, session, ticket).status != .ok { exit(1) }
                })
        }
        print("P1   one check through the loader: \(ns(loader)), bare ffi_call: \(ns(ffi)), direct call: \(ns(direct))")
        print("     loader / ffi_call = \(ratio(loader, ffi))   (reach: at most 1.3)")
        print("     loader / direct   = \(ratio(loader, direct))")
    }

    /// P2a: a check of the example's rules as a door asks it, and without the host.
    private static func throughXMLAuth(_ folder: String, _ users: String) throws {
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        let host = Host(HostConfiguration(), log: logger)
        try host.load(request("\(folder)/libxmlauth.so", [("xmlauth-file", users)]))
        guard
            case .decided(let login) = host.ask(.resume(try Login(user: "alice", password: Secret(""), door: "bench"))),
            let session = login.session
        else { throw BenchmarkError.login }
        let names = try ["/FX/EURUSD", "/EQUITY/VOD.L", "/SECRET/X", "/web/index.html"].map { try ObjectName($0) }
        let count = 200_000
        var perCheck: [Double] = []
        for _ in 0..<rounds {
            var index = 0
            perCheck.append(
                time(count) {
                    index += 1
                    _ = host.ask(.check(session, Check(.read, names[index & 3])))
                })
        }
        let rate = 1_000_000_000 / median(perCheck)
        print(
            "P2a  xmlauth through host, mapping and ABI: \(ns(perCheck)) a check, \(Int(rate)) checks/s on one thread")
    }

    private static func request(_ path: String, _ options: [(String, String)] = []) -> LoadRequest {
        LoadRequest(
            module: path, search: ModuleSearch(applicationRoot: "/", applicationName: "bench"),
            settings: options.map { OptionSetting(name: $0.0, value: $0.1, source: "bench") })
    }

    private static func time(_ count: Int, _ body: () -> Void) -> Double {
        let clock = SystemClock()
        let start = clock.monotonic
        for _ in 0..<count { body() }
        return Double(clock.monotonic - start) / Double(count)
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func ns(_ values: [Double]) -> String { "\(Double(Int(median(values) * 10)) / 10) ns" }

    private static func ratio(_ values: [Double], _ floor: [Double]) -> String {
        let ratios = zip(values, floor).map { $0 / $1 }.sorted()
        func text(_ value: Double) -> String { "\(Double(Int(value * 100)) / 100)" }
        return "\(text(ratios[ratios.count / 2])) (\(text(ratios[0]))…\(text(ratios[ratios.count - 1])))"
    }
}

enum BenchmarkError: Error { case login }

/// Services that a benchmark's module never asks.
private final class Silent: ModuleServices {
    var wallTime: Int64 { 0 }
    var monotonicTime: Int64 { 0 }
    func log(_ severity: ModuleLogSeverity, _ text: String, module: String) {}
    func complete(token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome { .unknown }
    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? { nil }
    func eject(user: String?, count: Int?, applicationID: String?, machineID: String?) -> Int { 0 }
    func invalidate(_ scope: InvalidationScope) {}
    func attribute(_ attribute: SessionAttribute, ofSession handle: UInt64) -> String? { nil }
    func checkSignature(key: String, token: String, user: String) -> SignatureOutcome { .failed(reason: "") }
}
