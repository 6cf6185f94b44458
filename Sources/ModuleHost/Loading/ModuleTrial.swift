import Basics
import CFFI

/// Loads a module in a child process before the host does: a file that is damaged ends the child, and is refused.
///
/// No check of the file's tables can promise that: what the dynamic linker follows in them, and the code that it runs, may be
/// damaged anywhere. The child runs what the host runs until the module is known, constructors and `auth_module`, and no entry.
struct ModuleTrial {
    let request: LoadRequest
    /// The file as it is named in errors.
    let file: String

    /// How long the first child may take where a second has longer: a child that is forked while another thread of the host is
    /// inside the C library or the runtime may find a lock there that no thread will ever open.
    private static let firstTime = Duration.seconds(5)

    /// - Throws: ``ModuleError`` where the child does not come to its end.
    func run(_ path: String) throws(ModuleError) {
        let (least, all) = (Self.firstTime.inNanoseconds, request.trialTimeout.inNanoseconds)
        var trial = cffi_try(path, DeclarationRules.generation, min(least, all))
        if Int(trial.outcome) == CFFI_TRIAL_HUNG, least < all {
            trial = cffi_try(path, DeclarationRules.generation, all)
        }
        let place = trial.was_mapped ? "in `auth_module`" : "while it was being mapped"
        switch Int(trial.outcome) {
        case CFFI_TRIAL_GOOD: return
        case CFFI_TRIAL_REFUSED:
            let text = withUnsafeBytes(of: &trial.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            throw .refusedByLinker(request.module, text)
        case CFFI_TRIAL_SIGNAL: throw damaged("ended with signal \(trial.number) \(place)")
        case CFFI_TRIAL_EXIT: throw damaged("was ended by its code with status \(trial.number) \(place)")
        case CFFI_TRIAL_HUNG:
            throw damaged("was still busy after \(request.trialTimeout) (auth-init-timeout) \(place)")
        default:
            throw ModuleError(
                .trialFailed, request.module,
                "`\(file)` is not loaded: a child process to try it in cannot be made: \(SystemError(trial.number))")
        }
    }

    private func damaged(_ what: String) -> ModuleError {
        ModuleError(
            .damaged, request.module, "`\(file)` is not loaded: a child process that tried to load it \(what)")
    }
}

extension Duration {
    /// The whole nanoseconds of the duration, as far as a wait can be long.
    var inNanoseconds: Int64 {
        min(nanoseconds, 1_000_000 * 1_000_000_000)
    }
}
