import Glibc

/// Goes along a path by its parts, from the root and without links.
struct PathWalk {
    /// Most links on the way, as for path_resolution(7).
    private static let mostLinks = 40

    /// The directory that was reached: absolute, without links.
    private(set) var place = "/"
    /// What is still to go, the next part last.
    private var rest: [String]
    private var links = 0

    /// - Parameter path: absolute.
    init(_ path: String) { rest = Self.parts(path).reversed() }

    /// Whether nothing is left to go.
    var isAtEnd: Bool { rest.isEmpty }

    /// The next entry on the way; nil at the end.
    mutating func next() -> String? {
        while let part = rest.popLast() {
            switch part {
            case ".": continue
            // INVARIANT: the place holds no links, so what is above it is its own text without the last part.
            case "..": place = Self.above(place)
            default: return place == "/" ? "/\(part)" : "\(place)/\(part)"
            }
        }
        return nil
    }

    /// Goes on from a directory that ``next()`` has given.
    mutating func enter(_ directory: String) { place = directory }

    /// Goes on where a link leads that ``next()`` has given.
    mutating func follow(_ link: String) throws(FileTrustError) {
        links += 1
        guard links <= Self.mostLinks else { throw FileTrustError(system: ELOOP, "`\(link)`: ") }
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        // SAFETY: readlink(2) writes at most as many bytes as the buffer has, and adds no NUL.
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                $0.baseAddress.map { base in readlink(link, base, bytes.count) } ?? -1
            }
        }
        guard count > 0 else { throw FileTrustError(system: errno, "`\(link)`: ") }
        let target = String(decoding: buffer[..<count], as: UTF8.self)
        if target.hasPrefix("/") { place = "/" }
        rest += Self.parts(target).reversed()
    }

    private static func parts(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }

    private static func above(_ directory: String) -> String {
        guard let slash = directory.lastIndex(of: "/"), slash != directory.startIndex else { return "/" }
        return String(directory[..<slash])
    }
}
