import CAuthModule
import Glibc
import Synchronization

@testable import ModuleKit

/// A host's side of the C interface that remembers what the module did to it.
final class FakeHost: Sendable {
    struct Completed: Equatable {
        var token: UInt64
        var status: Int32
        var reason: String
        var user = ""
    }

    struct State {
        var log: [String] = []
        var completed: [Completed] = []
        var options: [String: String] = [:]
    }

    let state = Mutex(State())

    /// Lends a table of functions.
    func withTable<Result>(_ change: (inout auth_host_t) -> Void = { _ in }, _ body: (inout auth_host_t) -> Result)
        -> Result
    {
        var table = auth_host_t()
        table.size = UInt32(MemoryLayout<auth_host_t>.size)
        table.generation = 9
        table.context = Unmanaged.passUnretained(self).toOpaque()
        table.log = { host, _, text in FakeHost.of(host) { $0.log.append(String(cString: text!)) } }
        table.option = { host, name, index in
            guard index == 0, let value = FakeHost.of(host, { $0.options[String(cString: name!)] }) else { return nil }
            return UnsafePointer(strdup(value))
        }
        table.complete = { host, token, status, result in
            FakeHost.of(host) { state in
                let reason = result.map { $0.pointee.reason_log.text } ?? ""
                let user = result.map { $0.pointee.user.text } ?? ""
                let isFirst = !state.completed.contains { $0.token == token }
                state.completed.append(Completed(token: token, status: status, reason: reason, user: user))
                return isFirst ? AUTH_COMPLETE_TAKEN : AUTH_COMPLETE_TWICE
            }
        }
        table.signature_check = { _, key, token, user, reason, size in
            let said = "\(String(cString: key!)) \(String(cString: token!)) \(String(cString: user!))"
            guard said != "k secret signed" else { return AUTH_OK }
            _ = said.withCString { strncpy(reason!, $0, size - 1) }
            return said == "k secret signed-wrong" ? AUTH_DENY : 99
        }
        change(&table)
        return withExtendedLifetime(self) { body(&table) }
    }

    private static func of<Result>(_ host: UnsafePointer<auth_host_t>?, _ body: (inout State) -> Result) -> Result {
        let fake = Unmanaged<FakeHost>.fromOpaque(host!.pointee.context).takeUnretainedValue()
        return fake.state.withLock { state in body(&state) }
    }

    /// Runs `body` with an instance of the module under test.
    func withInstance<Result>(_ body: (UnsafeMutableRawPointer) throws -> Result) rethrows -> Result? {
        // The module may keep the table, so it stands still until the end.
        let table = UnsafeMutablePointer<auth_host_t>.allocate(capacity: 1)
        table.initialize(to: withTable { $0 })
        defer { table.deallocate() }
        var instance: UnsafeMutableRawPointer?
        guard authkit_init(table, &instance) == AUTH_OK, let instance else { return nil }
        defer { authkit_exit(instance) }
        return try body(instance)
    }

    var log: [String] { state.withLock { $0.log } }
    var completed: [Completed] { state.withLock { $0.completed } }
}

/// Finds the module behind an instance.
func module(of instance: UnsafeMutableRawPointer) -> TestModule? {
    Unmanaged<Instance>.fromOpaque(instance).takeUnretainedValue().module as? TestModule
}

/// What an entry point left in the host's record.
struct Answered: Equatable {
    var status: Int32
    var log = ""
    var client = ""
    var mapped = ""
    var expiry: Int64 = 0
    var limit: UInt32 = 0
    var applicationLimit: UInt32 = 0
    var explanation = ""
    var user = ""
    var sessionData: UInt64 = 0
    var attributes: [Attribute] = []
}

/// Lends a result record with scratch, as the host does, and reads it.
func answered(scratchSize: Int = 8192, _ body: (inout auth_result_t) -> Int32) -> Answered {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: max(scratchSize, 1)) { scratch in
        var result = auth_result_t()
        result.size = UInt32(MemoryLayout<auth_result_t>.size)
        result.scratch = scratchSize == 0 ? nil : scratch.baseAddress
        result.scratch_size = UInt32(scratchSize)
        let status = body(&result)
        return Answered(
            status: status, log: result.reason_log.text, client: result.reason_client.text, mapped: result.mapped.text,
            expiry: result.expiry, limit: result.session_limit,
            applicationLimit: result.application_session_limit, explanation: result.explanation.text,
            user: result.user.text, sessionData: result.session_data,
            attributes: (0..<result.attribute_count).compactMap { index in
                result.attributes[index].map { Attribute($0.pointee.name.text, $0.pointee.value.text) }
            })
    }
}

/// Asks a batch as the host does, in records of `size` bytes; the status of the call, and of each row.
func answeredBatch(
    _ instance: UnsafeMutableRawPointer?, _ checks: [auth_check_t], count: Int? = nil,
    size: Int = MemoryLayout<auth_result_t>.size
) -> [Int32] {
    var result = auth_result_t()
    result.size = UInt32(size)
    var results = Array(repeating: result, count: checks.count)
    let status = checks.withUnsafeBufferPointer { checks in
        results.withUnsafeMutableBufferPointer { results in
            // SAFETY: both arrays stand still until the call has returned, and have the indices of `checks`.
            let rows = checks.indices.map { Optional(checks.baseAddress! + $0) }
            let answers = results.indices.map { Optional(results.baseAddress! + $0) }
            return authkit_check_batch(instance, rows, count ?? rows.count, answers)
        }
    }
    return [status] + results.map(\.status)
}

extension auth_string_t {
    var text: String {
        guard let data else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: data, count: length), as: UTF8.self)
    }
}

/// Lends a text as the host does.
func withText<Result>(_ text: String, _ body: (auth_string_t) -> Result) -> Result {
    text.withCString { body(auth_string_t(data: $0, length: text.utf8.count)) }
}

/// Lends a log-in.
func withLogin<Result>(_ user: String, token: UInt64 = 7, _ body: (inout auth_login_t) -> Result) -> Result {
    withText(user) { user in
        withText("secret") { password in
            withText("http") { door in
                var login = auth_login_t()
                login.size = UInt32(MemoryLayout<auth_login_t>.size)
                (login.user, login.password, login.door, login.token) = (user, password, door, token)
                return body(&login)
            }
        }
    }
}

/// Lends a check.
func withCheck<Result>(_ object: String, _ action: Int32, _ body: (inout auth_check_t) -> Result) -> Result {
    withText("bob") { user in
        withText(object) { name in
            var held = auth_object_t()
            held.size = UInt32(MemoryLayout<auth_object_t>.size)
            held.name = name
            return withUnsafeMutablePointer(to: &held) { held in
                var check = auth_check_t()
                check.size = UInt32(MemoryLayout<auth_check_t>.size)
                check.action = UInt32(action)
                (check.user, check.requested, check.object) = (user, name, UnsafePointer(held))
                return body(&check)
            }
        }
    }
}

/// Lends fields or attributes.
func withPairs<Result>(
    _ texts: [(String, String)], _ body: (UnsafePointer<UnsafePointer<auth_pair_t>?>?, Int) -> Result
) -> Result {
    let pairs = texts.map { name, value in
        var pair = auth_pair_t()
        pair.size = UInt32(MemoryLayout<auth_pair_t>.size)
        pair.name = auth_string_t(data: strdup(name), length: name.utf8.count)
        pair.value = auth_string_t(data: strdup(value), length: value.utf8.count)
        return pair
    }
    defer {
        for pair in pairs {
            free(UnsafeMutablePointer(mutating: pair.name.data))
            free(UnsafeMutablePointer(mutating: pair.value.data))
        }
    }
    return pairs.withUnsafeBufferPointer { pairs in
        let addresses = pairs.indices.map { index in pairs.baseAddress.map { $0 + index } }
        return addresses.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
    }
}
