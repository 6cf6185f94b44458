import AuthCore
import CAuthModule
import CFFI
import Glibc

/// Contributed fields as generations 6 and 7 want them.
enum FieldRecords {
    /// Lends the fields; without fields nothing is allocated.
    static func withFields<Result>(
        _ fields: [Field], _ body: (UnsafeMutableBufferPointer<string_pair_t>) -> Result
    ) -> Result {
        if fields.isEmpty { return body(UnsafeMutableBufferPointer(start: nil, count: 0)) }
        let pairs = UnsafeMutableBufferPointer<string_pair_t>.allocate(capacity: fields.count)
        for (index, field) in fields.enumerated() {
            pairs.initializeElement(at: index, to: string_pair_t(name: strdup(field.name), value: strdup(field.value)))
        }
        defer {
            for pair in pairs {
                free(pair.name)
                free(pair.value)
            }
            pairs.deallocate()
        }
        return body(pairs)
    }
}
