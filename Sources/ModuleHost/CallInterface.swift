import CFFI

/// The only way into a module: a prepared libffi call, or a call in a helper process.
final class CallInterface: @unchecked Sendable {
    // libffi never writes to a prepared interface, and it is freed with its last user only.
    private enum Target {
        case here(plan: OpaquePointer, function: cffi_function)
        case helpers(HelperPool, entry: UInt32, shape: cffi_shape)
    }

    private let target: Target

    /// Where the code is; nil for what runs in another process.
    var address: cffi_function? {
        if case .here(_, let function) = target { function } else { nil }
    }

    /// - Parameters:
    ///   - module: whose function it is, and which entry of which generation: what a crash in it is reported with.
    /// - Returns: nil where the signature is not one of the descriptor's alphabet.
    init?(signature: String, function: @escaping cffi_function, module: String, entry: String, generation: UInt32) {
        guard let plan = cffi_prepare(signature, module, entry, generation) else { return nil }
        target = .here(plan: plan, function: function)
    }

    /// Prepares a call of the entry point at a place in what helpers are told.
    init(_ helpers: HelperPool, _ entry: UInt32, _ shape: cffi_shape) {
        target = .helpers(helpers, entry: entry, shape: shape)
    }

    deinit {
        if case .here(let plan, _) = target { cffi_free(plan) }
    }

    /// Calls the function with one slot for each parameter.
    func callAsFunction(_ a: Slot = 0, _ b: Slot = 0, _ c: Slot = 0, _ d: Slot = 0, _ e: Slot = 0, _ f: Slot = 0)
        -> Int64
    {
        let context = CallContext.current()
        context.enter()
        var slots = (a, b, c, d, e, f)
        // SAFETY: the tuple is six contiguous 64-bit words; no signature in the catalogue has more than six parameters.
        let result = withUnsafeBytes(of: &slots) { raw in
            let words = raw.baseAddress!.assumingMemoryBound(to: UInt64.self)
            return switch target {
            case .here(let plan, let function): cffi_call(plan, function, words)
            case .helpers(let helpers, let entry, let shape): helpers.call(entry, shape, words)
            }
        }
        context.leave()
        return result
    }
}

/// One argument: its value in the low bits.
typealias Slot = UInt64

extension UInt64 {
    /// An address as an argument.
    init(_ pointer: UnsafeRawPointer?) { self = pointer.map { UInt64(UInt(bitPattern: $0)) } ?? 0 }
}
