import AuthCore
import BenchmarkFloor
import Glibc
import ModuleHost

/// P1: one check through the loader and libffi, beside a bare ffi_call and a direct call of the same function.
enum LoaderRows {
    static let count: UInt64 = 1_000_000

    static func run(trivial path: String) throws {
        let entry = floor_entry(path, "auth_check_read")
        let check = try LoadedCheck(path)
        var direct = Series()
        var ffi = Series()
        var loader = Series()
        for _ in 0..<rounds {
            direct.append(Double(floor_direct(entry, count)) / Double(count))
            ffi.append(Double(floor_ffi(entry, count)) / Double(count))
            loader.append(check.time(Int(count)))
        }
        let figure = "\(short(loader.median)) ns"
        row(
            "P1", "one check through the loader and libffi, beside a bare `ffi_call`",
            "\(figure) · \(short(ffi.median)) ns", loader.over(ffi), .atMost(1.15))
        row(
            "P1", "the same beside a direct call", "\(figure) · \(short(direct.median)) ns", loader.over(direct), .none)
    }
}

/// A check of a trivial module through the loader, without a host.
struct LoadedCheck {
    private let module: LoadedModule
    private let session = ModuleSession(handle: 1, user: TerminatedText("alice"))
    private let check: Check
    private let terms = CallTerms(token: 1, deadline: .max)

    init(_ path: String) throws {
        module = try ModuleLoader(loadRequest(path)).load(services: SilentServices())
        check = Check(.read, try ObjectName("/FX/EURUSD"))
    }

    /// Nanoseconds of CPU a check.
    func time(_ count: Int) -> Double {
        cpuTime(of: count) {
            for _ in 0..<count where module.check(check, object: check.name, session, terms).status != .ok { exit(1) }
        }
    }
}

/// Services that a trivial module never asks.
private final class SilentServices: ModuleServices {
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
