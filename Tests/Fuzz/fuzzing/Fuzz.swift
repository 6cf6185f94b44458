import FuzzDriver
import Glibc

/// Runs one function on inputs that libFuzzer makes up, as its options on the command line say, and ends the process.
package func fuzz(_ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32) -> Never {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    let status = withUnsafeMutablePointer(to: &arguments) { pointer in
        // C does not say that there are arguments; there are.
        pointer.withMemoryRebound(to: Optional<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>.self, capacity: 1) {
            fuzz_run(&count, $0, one)
        }
    }
    exit(status)
}

/// Ends the run when a message is not for people: empty, or with control characters other than tabs.
package func expectReadable(_ message: String) {
    precondition(!message.isEmpty, "an error without words")
    for line in message.split(separator: "\n") {
        let isPrintable = line.unicodeScalars.allSatisfy { $0 == "\t" || $0.properties.generalCategory != .control }
        precondition(isPrintable, "not printable: \(line)")
    }
}
