import AuthConfiguration
import AuthCore
import Basics
import Cluster
import ClusterCarrier
import Glibc
import Logging

extension Configuration {
    /// The host's end of its cluster; nil for a single host, which starts nothing of it.
    ///
    /// - Throws: where a file that it needs cannot be read.
    func clusterRegistry(log: Logger) throws(Failure) -> ClusterRegistry? {
        guard let cluster else { return nil }
        var settings = ClusterSettings(
            name: cluster.name, index: cluster.index, hosts: cluster.hosts, hostName: Self.hostName,
            identity: try identity(cluster.identityFile))
        settings.lease = cluster.lease.nanoseconds
        settings.ejectTimeout = cluster.ejectTimeout.nanoseconds
        settings.refusesUnconfirmed = cluster.refusesUnconfirmed
        settings.unreachable = UnreachablePolicy(rawValue: cluster.unreachable) ?? .refuse
        settings.isolated = IsolatedPolicy(rawValue: cluster.isolated) ?? .keep
        settings.database = cluster.registry.database
        settings.countsUsage = true
        settings.sharesPenalties = penaltyLimit > 0
        settings.user = cluster.user
        settings.password = try clusterPassword(cluster)
        do {
            return try ClusterRegistry(settings, at: cluster.place, log: log)
        } catch {
            throw unusable(cluster.authority, error)
        }
    }

    private func unusable(_ authority: String?, _ error: any Error) -> Failure {
        Failure(
            .badConfiguration, at: place(of: "cluster-authority"),
            "cluster-authority: `\(authority ?? "")` cannot be used: \(error)")
    }

    /// Looks whether the authority of the registry's certificate could be used.
    func checkAuthority(_ cluster: Cluster) throws(Failure) {
        do {
            _ = try cluster.place.context()
        } catch {
            throw unusable(cluster.authority, error)
        }
    }

    private static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The password with which the host logs in to the registry; nil for none.
    ///
    /// - Throws: where the file cannot be trusted, or the variable is not set.
    func clusterPassword(_ cluster: Cluster) throws(Failure) -> [UInt8]? {
        if let path = cluster.passwordFile { return try password(path, owners()) }
        guard let name = cluster.passwordVariable else { return nil }
        guard let value = getenv(name).map({ Array(String(cString: $0).utf8) }), !value.isEmpty else {
            throw Failure(
                .badConfiguration, at: place(of: "cluster-password-variable"),
                "cluster-password-variable: the environment has no variable `\(name)`, or it is empty")
        }
        return value
    }

    /// The password: the first line of a file that no other user may read.
    private func password(_ path: String, _ owners: Set<UInt32>) throws(Failure) -> [UInt8] {
        do throws(FileTrustError) {
            let bytes = try TrustedFile.contents(of: path, FileTrust(owners: owners), limit: 4096).bytes
            return Array(bytes.prefix { $0 != 10 && $0 != 13 })
        } catch {
            throw Failure(
                .badConfiguration, at: place(of: "cluster-password-file"), "cluster-password-file: \(error)")
        }
    }

    /// What tells this host from another one of the same index: random, and kept in a file that one process at a time may have.
    private func identity(_ path: String?) throws(Failure) -> String {
        let fresh = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 16) }.joined()
        guard let path else { return fresh }
        // The descriptor stays open, and the lock with it, as long as the process lives.
        let descriptor = try lockedIdentity(path, O_CREAT)
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &buffer, buffer.count)
        let known = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        if known.utf8.count >= 8, known.utf8.allSatisfy({ ("0123456789abcdef".utf8).contains($0) }) { return known }
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, fresh, fresh.utf8.count, 0) == fresh.utf8.count else {
            throw unusableIdentity("`\(path)`: \(SystemError())")
        }
        return fresh
    }

    /// Looks whether a start could have the identity's file, and leaves it as it is.
    ///
    /// - Parameter mustBeFree: whether a process that has it is a fault.
    func checkIdentity(_ path: String, mustBeFree: Bool) throws(Failure) {
        if access(path, F_OK) == 0 { return close(try lockedIdentity(path, 0, locks: mustBeFree)) }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        if access(folder.isEmpty ? "/" : folder, W_OK | X_OK) == 0 { return }
        throw unusableIdentity("`\(path)` cannot be made: its folder: \(SystemError())")
    }

    private func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    private func lockedIdentity(_ path: String, _ flags: Int32, locks: Bool = true) throws(Failure) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
        guard descriptor >= 0 else { throw unusableIdentity("`\(path)`: \(SystemError())") }
        guard locks else { return descriptor }
        guard case .taken = FileLock.take(descriptor) else {
            close(descriptor)
            throw unusableIdentity("another authhost has `\(path)`")
        }
        return descriptor
    }

    private func unusableIdentity(_ why: String) -> Failure {
        Failure(.badConfiguration, at: place(of: "cluster-identity-file"), "cluster-identity-file: \(why)")
    }
}

extension Configuration.Cluster {
    /// Where the registry is.
    fileprivate var place: RegistryPlace {
        func endpoint(_ endpoint: RegistryAddress.Endpoint) -> RegistryPlace.Endpoint {
            RegistryPlace.Endpoint(endpoint.host, port: endpoint.port)
        }
        let address: RegistryPlace.Address =
            switch registry.way {
            case .unix(let path): .unix(path)
            case .host(let one): .host(endpoint(one))
            case .sentinels(let several, let master): .sentinels(several.map(endpoint), master: master)
            }
        return RegistryPlace(address, authority: registry.usesTLS ? authority ?? "" : nil)
    }
}
