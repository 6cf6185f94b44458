import Accounts
import ModuleKit

/// Has signed tokens checked by the host.
struct HostSignatures: SignatureChecking {
    let host: HostInterface

    func check(key: String, token: Span<UInt8>, user: Span<UInt8>) -> SignatureVerdict {
        switch host.checkSignature(key: key, token: token, user: user) {
        case .valid: .accepted
        case .refused(let reason): .refused(reason: reason)
        case .failed(let reason): .failed(reason: reason)
        }
    }
}
