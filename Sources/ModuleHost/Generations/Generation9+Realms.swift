import AuthCore
import CAuthModule

// How each generation is asked `auth_http_request`.
extension Generation9 {
    func httpRequest(
        _ request: RealmRequest, _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer? {
        guard let call = table[.httpRequest]?.call else { return nil }
        return request.password.withTerminatedBytes { password in
            request.user.withTerminated { user in
                request.path.withTerminatedBytes { path in
                    var record = auth_http_t()
                    record.size = UInt32(MemoryLayout<auth_http_t>.size)
                    record.method = request.method.rawValue
                    record.user = user
                    record.password = auth_string_t(password)
                    record.path = auth_string_t(path)
                    record.session = session.handle
                    record.token = terms.token
                    record.deadline = terms.deadline
                    record.session_data = session.data
                    return ask(call, &record)
                }
            }
        }
    }
}

extension Generation6And7 {
    func httpRequest(
        _ request: RealmRequest, _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer? {
        guard let call = table[.httpRequest]?.call else { return nil }
        var lent = LentText()
        let user = lent.add(Array(request.user.utf8) + [0])
        let password = request.password.withTerminatedBytes { lent.add($0) }
        defer { lent.wipe() }
        let path = request.path.withTerminatedBytes { lent.add($0) }
        let returned = call(user, password, UInt64(request.method.rawValue), path)
        return ModuleAnswer(Status(rawValue: Int32(truncatingIfNeeded: returned))).notDelayed
    }
}

extension ModuleAnswer {
    /// There is no token by which such a question could be answered later.
    fileprivate var notDelayed: ModuleAnswer {
        status == .delayed ? .broken("auth_http_request returned AUTH_DELAYED, which it cannot complete") : self
    }
}
