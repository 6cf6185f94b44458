import AuthCore
import Conversing
import Fuzzing
import JSONReading

@testable import DoorProtocols

/// Reads one input as the body of each endpoint of AuthZEN.
func read(_ bytes: [UInt8]) {
    do throws(RequestRefusal) {
        let body = try JSONValue(bytes, within: .batch)
        if let search = try? AuthZENEvaluation(body, action: "read") { look(search) }
        switch try AuthZENBatch(body) {
        case .single(let evaluation): look(evaluation)
        case .several(let items, _):
            for item in items {
                switch item {
                case .success(let evaluation): look(evaluation)
                case .failure(let refusal): expectReadable(refusal.detail)
                }
            }
        }
    } catch {
        expectReadable(error.detail)
    }
}

/// What stands for a letter of the template.
func part(_ letter: Character, of evaluation: AuthZENEvaluation) -> [UInt8] {
    var bytes: [UInt8] = []
    evaluation.write(letter, to: &bytes)
    return bytes
}

/// A module sees at most so many fields, without NUL, and a name whose type is a segment of its own.
func look(_ evaluation: AuthZENEvaluation) {
    precondition((1...AuthZENFields.maximumCount).contains(evaluation.fields.count), "too many fields")
    precondition(evaluation.size <= AuthZENFields.maximumSize, "too large")
    precondition(evaluation.fields[0] == Field("action", evaluation.action), "the action is not the first field")
    for field in evaluation.fields {
        precondition(!field.name.utf8.contains(0) && !field.value.utf8.contains(0), "a field holds a NUL")
    }
    let type = part("t", of: evaluation)
    let bytes: [UInt8] = Array("/authzen/".utf8) + type + part("p", of: evaluation)
    guard let name = try? ObjectName(bytes) else { return }
    let segments = name.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    precondition(segments.count >= 4 && segments[2].elementsEqual(type), "\(name)")
    precondition(!part("i", of: evaluation).contains(UInt8(ascii: "/")), "\(name)")
}

fuzz { data, size in
    read(Array(UnsafeBufferPointer(start: data, count: size)))
    converseWithProbe(AuthZENDoor.self, Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
