import AuthConfiguration
import AuthCore
import Basics
import Usage

extension Configuration {
    /// The lines of the licence file; none without one. Blocks for as long as the disk does.
    func licences() throws(Failure) -> [LicenceLine] {
        guard let licenceFile else { return [] }
        switch ConfigurationFiles.disk(FileTrust(owners: try owners())).read(licenceFile) {
        case .failure(let failure):
            throw Failure(
                .badConfiguration, at: place(of: "licence-file"),
                "cannot read `licence-file` `\(licenceFile)`: \(failure.reason)",
                isUnreadable: true)
        case .success(let content):
            do {
                return try LicenceFile(content.bytes, file: licenceFile).applications
            } catch {
                throw Failure(.badConfiguration, "\(error)")
            }
        }
    }

    /// What the licence allows each application that it names.
    func applicationLimits() throws(Failure) -> [ExactText: ApplicationLicence] {
        var limits: [ExactText: ApplicationLicence] = [:]
        for line in try licences() {
            limits[ExactText(line.application)] = ApplicationLicence(
                users: line.users, loginsPerUser: line.loginsPerUser)
        }
        return limits
    }
}
