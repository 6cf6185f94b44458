import Basics

extension AuthZENDoor {
    /// Asks for one evaluation, and lets in by `"decision":true` alone.
    public static func probe(_ settings: DoorSettings) -> DoorProbe? {
        let type = settings.option("subject-types", of: Self.self).split(separator: " ").first ?? "user"
        let action = settings.option("read-actions", of: Self.self).split(separator: " ").first ?? "read"
        let question =
            #"{"subject":{"type":"\#(type)","id":"doctor"},"action":{"name":"\#(action)"},"#
            + #""resource":{"type":"doctor","id":"doctor"}}"#
        let request =
            "POST /access/v1/evaluation HTTP/1.1\r\nhost: doctor\r\ncontent-type: application/json\r\n"
            + "content-length: \(question.utf8.count)\r\n\r\n\(question)"
        return .http(request) { status, content in
            status == 200 && content.replacingEach(" ", with: "").holds(#""decision":true"#)
        }
    }
}
