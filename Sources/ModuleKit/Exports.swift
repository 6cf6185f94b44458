// The functions of `swiftmodule.h`. Each is total: whatever the host passes, it returns, and in doubt AUTH_ERROR.
// SAFETY: pointers are the host's, valid until the function returns; null and short records are refused.
import CAuthModule

/// Makes an instance of the exported type.
@c @implementation
public func authkit_init(
    _ host: UnsafePointer<auth_host_t>?, _ instance: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
)
    -> Int32
{
    guard let instance, let interface = HostInterface(host) else { return AUTH_ERROR }
    guard let type = authkit_module_type() else {
        interface.log(.error, "the module exports no Swift type")
        return AUTH_ERROR
    }
    // SAFETY: `exported` made it, and passes one reference on.
    let factory = Unmanaged<ModuleFactory>.fromOpaque(type).takeRetainedValue()
    do {
        try factory.checkDeclaration()
        let made = Instance(try factory.make(interface), interface)
        instance.pointee = Unmanaged.passRetained(made).toOpaque()
        return AUTH_OK
    } catch {
        interface.log(.error, "\(error)")
        return AUTH_ERROR
    }
}

/// Ends an instance.
@c @implementation
public func authkit_exit(_ instance: UnsafeMutableRawPointer?) {
    guard let instance else { return }
    // SAFETY: the reference that authkit_init retained; the host passes it here once.
    Unmanaged<Instance>.fromOpaque(instance).takeRetainedValue().hosted.exit()
}

/// Reads again what the instance was configured from.
@c @implementation
public func authkit_reload(_ instance: UnsafeMutableRawPointer?, _ reload: UnsafePointer<auth_reload_t>?) -> Int32 {
    Instance.with(instance) { instance in
        do {
            try instance.hosted.reload()
            return AUTH_OK
        } catch {
            instance.host.log(.error, "\(error)")
            return AUTH_ERROR
        }
    } ?? AUTH_ERROR
}

/// Tells that the answer to a question is no longer wanted.
@c @implementation
public func authkit_cancel(_ instance: UnsafeMutableRawPointer?, _ cancel: UnsafePointer<auth_cancel_t>?) {
    guard let cancel, cancel.pointee.size >= FirstSize.cancel else { return }
    _ = Instance.with(instance) { $0.hosted.cancel(QuestionToken(rawValue: cancel.pointee.token)) }
}

/// Finds an ability of the module.
@c @implementation
public func authkit_get_extension(
    _ instance: UnsafeMutableRawPointer?, _ id: UnsafePointer<CChar>?
) -> UnsafeRawPointer? {
    guard let id else { return nil }
    return Instance.with(instance) { instance in
        // SAFETY: the host says that the id is NUL-terminated.
        instance.hosted.extension(String(cString: id)).map(instance.extensions.address)
    } ?? nil
}

/// Decides whether a user may log in.
@c @implementation
public func authkit_new_user(
    _ instance: UnsafeMutableRawPointer?, _ login: UnsafePointer<auth_login_t>?,
    _ result: UnsafeMutablePointer<auth_result_t>?
) -> Int32 {
    Entry.login(instance, login, result) { $0.newUser($1) }
}

/// Decides whether a user who is authenticated already may have a session.
@c @implementation
public func authkit_resume_user(
    _ instance: UnsafeMutableRawPointer?, _ login: UnsafePointer<auth_login_t>?,
    _ result: UnsafeMutablePointer<auth_result_t>?
) -> Int32 {
    Entry.login(instance, login, result) { $0.resumeUser($1) }
}

/// Tells that a session has ended.
@c @implementation
public func authkit_free_user(_ instance: UnsafeMutableRawPointer?, _ end: UnsafePointer<auth_end_t>?) -> Int32 {
    guard let end, end.pointee.size >= FirstSize.end, end.pointee.user.isValid else { return AUTH_ERROR }
    return Instance.with(instance) { instance in
        let ended = EndedSession(
            session: SessionID(rawValue: end.pointee.session), reason: SessionEnd(rawValue: end.pointee.reason),
            user: end.pointee.user.span.text(), data: end.pointee.session_data, unheard: EndedSession.Unheard())
        instance.module?.freeUser(ended)
        return ended.unheard.wasSaid ? AUTH_NO_ENTRY : AUTH_OK
    } ?? AUTH_ERROR
}

/// Maps a name.
@c @implementation
public func authkit_map_object(
    _ instance: UnsafeMutableRawPointer?, _ mapping: UnsafePointer<auth_mapping_t>?,
    _ result: UnsafeMutablePointer<auth_result_t>?
) -> Int32 {
    Entry.answer(instance, result) { (module, slot: PendingSlot<MapAnswer>) -> MapAnswer in
        guard let question = MapQuestion(mapping, slot) else { return .failed(Entry.broken) }
        return module.mapObject(question)
    }
}

/// Decides whether the session may read an object.
@c @implementation
public func authkit_check_read(
    _ instance: UnsafeMutableRawPointer?, _ check: UnsafePointer<auth_check_t>?,
    _ result: UnsafeMutablePointer<auth_result_t>?
) -> Int32 {
    Entry.answer(instance, result) { (module, slot: PendingSlot<Answer>) -> Answer in
        guard let question = CheckQuestion(check, slot) else { return .failed(Entry.broken) }
        return module.checkRead(question)
    }
}

/// Decides whether the session may write an object.
@c @implementation
public func authkit_check_write(
    _ instance: UnsafeMutableRawPointer?, _ check: UnsafePointer<auth_check_t>?,
    _ result: UnsafeMutablePointer<auth_result_t>?
) -> Int32 {
    Entry.answer(instance, result) { (module, slot: PendingSlot<Answer>) -> Answer in
        guard let question = CheckQuestion(check, slot) else { return .failed(Entry.broken) }
        return module.checkWrite(question)
    }
}

/// Decides whether the session may create an object.
@c @implementation
public func authkit_check_create(
    _ instance: UnsafeMutableRawPointer?, _ check: UnsafePointer<auth_check_t>?,
    _ result: UnsafeMutablePointer<auth_result_t>?
) -> Int32 {
    Entry.answer(instance, result) { (module, slot: PendingSlot<Answer>) -> Answer in
        guard let question = CheckQuestion(check, slot) else { return .failed(Entry.broken) }
        return module.checkCreate(question)
    }
}

/// Decides many checks in one call.
@c @implementation
public func authkit_check_batch(
    _ instance: UnsafeMutableRawPointer?, _ checks: UnsafePointer<UnsafePointer<auth_check_t>?>?, _ count: Int,
    _ results: UnsafePointer<UnsafeMutablePointer<auth_result_t>?>?
) -> Int32 {
    Instance.with(instance) { instance in
        guard let module = instance.module, let batch = CheckBatch(checks, results, count, instance.host) else {
            return AUTH_ERROR
        }
        module.checkBatch(batch)
        return AUTH_OK
    } ?? AUTH_ERROR
}

/// Says why a check is answered as it is.
@c @implementation
public func authkit_explain(
    _ instance: UnsafeMutableRawPointer?, _ check: UnsafePointer<auth_check_t>?,
    _ result: UnsafeMutablePointer<auth_result_t>?
) -> Int32 {
    var text = ""
    let status = Entry.answer(instance, result) { (module, slot: PendingSlot<Answer>) -> Answer in
        guard let question = CheckQuestion(check, slot) else { return .failed(Entry.broken) }
        let explanation = module.explain(question)
        text = explanation.text
        return explanation.answer
    }
    if let result, !text.isEmpty { ResultWriter.write(explanation: text, to: &result.pointee) }
    return status
}

/// Decides whether a user may fetch a path from a HTTP realm.
@c @implementation
public func authkit_http_request(
    _ instance: UnsafeMutableRawPointer?, _ request: UnsafePointer<auth_http_t>?,
    _ result: UnsafeMutablePointer<auth_result_t>?
) -> Int32 {
    Entry.answer(instance, result) { (module, slot: PendingSlot<Answer>) -> Answer in
        guard let question = HTTPQuestion(request, slot) else { return .failed(Entry.broken) }
        return module.httpRequest(question)
    }
}

/// Gives the credentials that a connection begins with.
@c @implementation
public func authkit_authenticate(
    _ instance: UnsafeMutableRawPointer?, _ destination: UnsafePointer<auth_destination_t>?,
    _ result: UnsafeMutablePointer<auth_result_t>?
) -> Int32 {
    Entry.supply(instance, result) { authenticator, slot in
        guard let question = DestinationQuestion(destination, slot) else { return .failed(Entry.broken) }
        return authenticator.authenticate(question)
    }
}

/// Answers a challenge of the remote server.
@c @implementation
public func authkit_retry(
    _ instance: UnsafeMutableRawPointer?, _ destination: UnsafePointer<auth_destination_t>?,
    _ result: UnsafeMutablePointer<auth_result_t>?
) -> Int32 {
    Entry.supply(instance, result) { authenticator, slot in
        guard let question = DestinationQuestion(destination, slot) else { return .failed(Entry.broken) }
        return authenticator.retry(question)
    }
}

/// Tells what became of the credentials.
@c @implementation
public func authkit_completed(_ instance: UnsafeMutableRawPointer?, _ completed: UnsafePointer<auth_completed_t>?) {
    _ = Instance.with(instance) { instance in
        guard let completed, completed.pointee.size >= FirstSize.completed, completed.pointee.destination.isValid else {
            return
        }
        instance.authenticator?.completed(
            completed.pointee.destination.span.text(), serial: completed.pointee.serial,
            accepted: completed.pointee.outcome == AUTH_OK)
    }
}
