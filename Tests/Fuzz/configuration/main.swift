import AuthConfiguration
import Fuzzing

/// Reads one input as a configuration: up to the first NUL the main file, then `a.conf`, then `b.conf`.
///
/// What is refused must say where and why in printable words, and so must every warning.
func read(_ input: UnsafeBufferPointer<UInt8>) {
    let parts = input.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
    var files: [String: [UInt8]] = [:]
    for (name, bytes) in zip(["main.conf", "a.conf", "b.conf"], parts) { files[name] = bytes }
    let context = ConfigurationContext(
        environment: ["HOME": "/home/ann", "STAGE": "fuzz"], hostName: "box", workingDirectory: "/srv",
        files: .inMemory(files))
    do {
        let configuration = try Configuration.load(file: "main.conf", arguments: [], context: context)
        for warning in configuration.warnings { expectReadable("\(warning)") }
    } catch {
        expectReadable("\(error)")
        precondition("\(error)".contains(".conf"), "an error without a place: \(error)")
    }
}

fuzz { data, size in
    read(UnsafeBufferPointer(start: data, count: size))
    return 0
}
