import Fuzzing

@testable import ModuleHost

/// Reads one input as a module's file, as a library that one needs, and as the cache of ldconfig.
///
/// What is accepted has names that end, and no more of them than the reader says.
func read(_ bytes: [UInt8]) {
    do throws(ELFError) {
        let file = try ELFFile(bytes)
        precondition(file.exports.allSatisfy { $0.utf8.count <= 3 * ELFSymbols.maximumName }, "a name without an end")
        if let note = file.note(owner: "authhost", type: 1), let read = try? ModuleNote(note) {
            precondition(!read.name.isEmpty && read.generation > 0, "a note that says nothing")
        }
        // The dynamic linker's part was read already: the same part alone cannot fail.
        guard let dynamic = try ELFFile.dynamic(.memory(bytes)) else {
            preconditionFailure("a module of another machine")
        }
        precondition(dynamic.needed == file.needed && dynamic.searchPaths == file.searchPaths)
    } catch {
        expectReadable("\(error)")
    }
    if let cache = LibraryCache(bytes) { _ = cache.paths(of: "libc.so.6") }
}

fuzz { data, size in
    read(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
