import Basics
import Glibc
import Testing

@Suite struct `A file that holds a secret` {
    static let modes: [(mode: mode_t, ofOwner: Bool, ofGroup: Bool)] = [
        (0o600, true, true), (0o400, true, true), (0o640, false, true), (0o660, false, true), (0o610, false, true),
        (0o604, false, false), (0o644, false, false), (0o602, false, true), (0o601, false, true),
    ]

    @Test(arguments: modes)
    func `is read by the users that it is for`(_ row: (mode: mode_t, ofOwner: Bool, ofGroup: Bool)) {
        var status = stat()
        status.st_mode = S_IFREG | row.mode
        #expect((FileSecrecy.ofOwner.fault(in: status) == nil) == row.ofOwner)
        #expect((FileSecrecy.ofGroup.fault(in: status) == nil) == row.ofGroup)
    }
}
