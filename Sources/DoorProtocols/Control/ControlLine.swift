import JSONReading

/// The lines of the protocol.
package enum ControlLine {
    /// How many operators may be connected at once.
    package static let mostConnections = 32
    /// Most bytes of a request.
    static let limit = 16_384

    package static func encode(_ value: some Encodable) -> [UInt8] { JSON.encode(value) + [UInt8(ascii: "\n")] }

    /// Reads a request, or says what is wrong with it.
    package static func request(_ bytes: [UInt8]) -> Result<ControlRequest, ControlError> {
        bytes.withUnsafeBytes { JSON.read(ControlRequest.self, $0, as: "request") }
            .mapError { ControlError(description: $0.description) }
    }
}

/// What went wrong between an operator and a host.
public struct ControlError: Error, CustomStringConvertible, Sendable {
    /// What is wrong, in words.
    public let description: String

    /// Says what is wrong.
    public init(description: String) { self.description = description }
}
