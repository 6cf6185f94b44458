import Basics
import DoorProtocols
import Glibc
import NIOCore

// What can be said of doors before any is opened.
extension DoorServers {
    /// Checks a block, and reads its certificate; nothing is opened.
    public static func check(_ settings: DoorSettings) throws(DoorProblem) {
        try DoorTypes.check(settings)
        _ = try settings.permittedClients()
        guard let files = settings.tls else { return }
        do {
            _ = try DoorTLS(files, settings.trust)
        } catch {
            throw DoorProblem(.tls(files.file(of: error)), "\(error)")
        }
    }

    /// What is worth a warning about a valid block: that strangers are believed, that a certificate has ended or
    /// will soon.
    ///
    /// - Parameter now: seconds since 1970.
    package static func warnings(_ settings: DoorSettings, now: Int64 = SystemTime.seconds)
        -> [DoorProblem]
    {
        let believing = DoorTypes.warning(settings).map { [DoorProblem(.block, $0)] } ?? []
        guard let files = settings.tls, let tls = try? DoorTLS(files, settings.trust) else { return believing }
        return believing
            + tls.ends.compactMap { file, end in
                let day: Int64 = 86_400
                guard end - now < 14 * day else { return nil }
                let when = RFC3339.text(end)
                let path = files.path(of: file)
                return DoorProblem(
                    .tls(file),
                    end < now
                        ? "door \(settings.name): `\(path)` holds a certificate that ended at \(when): clients will refuse it"
                        : "door \(settings.name): `\(path)` holds a certificate that ends at \(when), in \((end - now) / day) days"
                )
            }
    }

    /// Says why nothing can listen at an address; nil where that is possible.
    ///
    /// - Parameter mustBeFree: takes the port itself; else any port of the host, as another process may be listening at it.
    public static func fault(of address: DoorAddress, mustBeFree: Bool) -> String? {
        do {
            ListeningSocket.close(try ListeningSocket.bind(address.host, port: mustBeFree ? address.port : 0))
            return nil
        } catch {
            return "\(error)".replacingEach("`\(DoorAddress(host: address.host, port: 0))`", with: "`\(address)`")
        }
    }
}

extension DoorSettings.TLSFiles {
    fileprivate func path(of file: DoorProblem.TLSFile) -> String {
        switch file {
        case .certificate: certificate
        case .key: key
        case .clientAuthority: clientAuthority ?? ""
        }
    }

    fileprivate func file(of error: any Error) -> DoorProblem.TLSFile {
        switch (error as? DoorTLSError)?.path {
        case key: .key
        case clientAuthority: .clientAuthority
        default: .certificate
        }
    }
}
