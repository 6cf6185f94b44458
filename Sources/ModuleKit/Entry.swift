import CAuthModule

/// What `void *instance` points at.
final class Instance {
    /// The module, whichever kind it is.
    let hosted: any HostedModule
    /// nil for an authenticator.
    let module: (any AuthModule)?
    /// nil for a module that answers questions.
    let authenticator: (any Authenticator)?
    let host: HostInterface
    let extensions = ExtensionRecords()

    init(_ made: ModuleFactory.Made, _ host: HostInterface) {
        switch made {
        case .answers(let made): (hosted, module, authenticator) = (made, made, nil)
        case .authenticates(let made): (hosted, module, authenticator) = (made, nil, made)
        }
        self.host = host
    }

    /// Lends the instance that a pointer stands for; nil for null.
    @inline(__always)
    static func with<Result>(_ pointer: UnsafeMutableRawPointer?, _ body: (Instance) -> Result) -> Result? {
        guard let pointer else { return nil }
        // SAFETY: the pointer is authkit_init's, retained until authkit_exit, and the host calls nothing after that.
        return Unmanaged<Instance>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
    }
}

/// The way of a question through an entry point.
enum Entry {
    /// Why a record that breaks the contract is answered "could not decide".
    static var broken: StaticString { "the host's record breaks the contract" }

    /// Asks with a place on the stack for the question's completion, and puts the reply into the host's record.
    @inline(__always)
    static func answer<Reply: ModuleReply>(
        _ instance: UnsafeMutableRawPointer?, _ result: UnsafeMutablePointer<auth_result_t>?,
        _ question: (any AuthModule, PendingSlot<Reply>) -> Reply
    ) -> Int32 {
        guard let result, result.pointee.size >= FirstSize.result else { return AUTH_ERROR }
        return Instance.with(instance) { instance in
            guard let module = instance.module else { return AUTH_ERROR }
            return ask(instance.host, result) { question(module, $0) }
        } ?? AUTH_ERROR
    }

    /// The same for a log-in: an answer that allows says who was authenticated, as the host wants it.
    static func login(
        _ instance: UnsafeMutableRawPointer?, _ login: UnsafePointer<auth_login_t>?,
        _ result: UnsafeMutablePointer<auth_result_t>?,
        _ question: (any AuthModule, borrowing LoginQuestion) -> Answer
    ) -> Int32 {
        let status = answer(instance, result) { (module, slot: PendingSlot<Answer>) -> Answer in
            guard let asked = LoginQuestion(login, slot) else { return .failed(broken) }
            return question(module, asked)
        }
        if status == AUTH_OK, let login, let result, result.pointee.user.length == 0 {
            // The host's own memory, which outlives the entry.
            result.pointee.user = login.pointee.user
        }
        return status
    }

    /// The same for an authenticator.
    static func supply(
        _ instance: UnsafeMutableRawPointer?, _ result: UnsafeMutablePointer<auth_result_t>?,
        _ question: (any Authenticator, PendingSlot<CredentialAnswer>) -> CredentialAnswer
    ) -> Int32 {
        guard let result, result.pointee.size >= FirstSize.result else { return AUTH_ERROR }
        return Instance.with(instance) { instance in
            guard let authenticator = instance.authenticator else { return AUTH_ERROR }
            return ask(instance.host, result) { question(authenticator, $0) }
        } ?? AUTH_ERROR
    }

    /// Asks, and writes the reply for the host; returns the status.
    @inline(__always)
    static func ask<Reply: ModuleReply>(
        _ host: HostInterface, _ result: UnsafeMutablePointer<auth_result_t>, _ question: (PendingSlot<Reply>) -> Reply
    ) -> Int32 {
        var taken: Completion<Reply>?
        return withUnsafeMutablePointer(to: &taken) { taken in
            let reply = question(PendingSlot(pointer: taken, host: .passUnretained(host)))
            let status = reply.answer.status
            if status != .delayed {
                return reply.isBare ? status.rawValue : write(reply, result)
            }
            guard let taken = taken.pointee else {
                return write(Reply.failed("the module delayed a question without taking its completion"), result)
            }
            taken.expectAnswer()
            return AUTH_DELAYED
        }
    }

    private static func write(_ reply: some ModuleReply, _ result: UnsafeMutablePointer<auth_result_t>) -> Int32 {
        let room = result.pointee.scratch == nil ? 0 : Int(result.pointee.scratch_size)
        // SAFETY: the host lends `scratch_size` bytes until the entry returns.
        let scratch = UnsafeMutableBufferPointer(start: result.pointee.scratch, count: room)
        return ResultWriter.write(reply, to: &result.pointee, scratch: scratch)
    }
}

extension ModuleReply {
    /// Says whether the status is all there is.
    @inline(__always)
    fileprivate var isBare: Bool { answer.isBare && mappedName.isEmpty && credential == nil }
}
