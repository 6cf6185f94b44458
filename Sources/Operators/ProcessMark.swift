import Basics

/// A process that runs, told apart from a later one of its number by when it began (proc(5), `stat`).
package struct ProcessMark: Sendable {
    /// Its number.
    package let number: Int32
    private let began: Substring?

    /// Looks at a process.
    package init(_ number: Int32) {
        self.number = number
        began = Self.beginning(of: number)
    }

    /// Whether it has ended since; false too where the system has not shown it at the beginning.
    package var hasEnded: Bool { began != nil && Self.beginning(of: number) != began }

    /// When a process began; nil for one that has ended, whose parent may not have asked for it yet.
    private static func beginning(of number: Int32) -> Substring? {
        guard let bytes = ProcFile.read("/proc/\(number)/stat") else { return nil }
        // Behind its name, which may hold anything: the third field and those after it.
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return fields[19]
    }
}
