import AuthCore
import Conversing
import Fuzzing

@testable import DoorProtocols

/// Reads one input as a frame of the native protocol behind its length, whole and cut short.
func read(_ bytes: [UInt8]) {
    do throws(DoorFault) {
        let request = try NativeReader.request(bytes[...], version: NativeProtocol.versions.upperBound)
        look(request.body)
    } catch {
        expectReadable(error.description)
        precondition(!error.kind.isEmpty && error.kind.utf8.count < 32, "a fault without a word for it")
        return
    }
    // What is a request is none without its last byte, and none with one more.
    for other in [bytes[..<(bytes.count - 1)], (bytes + [0])[...]] {
        do throws(DoorFault) {
            _ = try NativeReader.request(other, version: NativeProtocol.versions.upperBound)
            preconditionFailure("a request of another length")
        } catch {
            expectReadable(error.description)
        }
    }
}

func look(_ body: NativeRequest.Body) {
    switch body {
    case .batch(_, let checks, let attributes):
        look(attributes)
        precondition((1...NativeProtocol.longestBatch).contains(checks.count), "a batch of \(checks.count)")
        for check in checks { look(check) }
    case .check(_, let check): look(check)
    case .login(let login): look(login.attributes)
    case .logout(_, let attributes), .map(_, _, let attributes): look(attributes)
    case .refused(let kind, let rows, let why):
        precondition((kind == .batch) == (rows > 0) && rows <= NativeProtocol.longestBatch, "\(rows) rows of \(kind)")
        expectReadable(why)
    case .hello, .logon, .watch, .ping: break
    }
}

func look(_ check: NativeCheck) {
    look(check.attributes)
    precondition(check.fields.count <= NativeProtocol.mostFields, "\(check.fields.count) fields")
    for field in check.fields {
        precondition(!field.name.utf8.contains(0) && !field.value.utf8.contains(0), "a NUL in a field")
    }
}

func look(_ attributes: [Field]) {
    precondition(attributes.count <= DoorAttribute.maximumCount, "\(attributes.count) attributes")
    for attribute in attributes {
        precondition((1...255).contains(attribute.name.utf8.count) && attribute.value.utf8.count <= 4095)
        expectReadable(attribute.value)
    }
}

fuzz { data, size in
    read(Array(UnsafeBufferPointer(start: data, count: size)))
    converse(NativeDoor.self, Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
