extension RabbitMQDoor {
    /// Asks about a user as the broker does, and reads `allow` as it does: the whole content, up to a space.
    public static func probe(_ settings: DoorSettings) -> DoorProbe? {
        let form = "username=doctor&password=doctor"
        let request =
            "POST \(settings.option("path", of: Self.self))/user HTTP/1.1\r\nhost: doctor\r\n"
            + "content-type: application/x-www-form-urlencoded\r\ncontent-length: \(form.utf8.count)\r\n\r\n\(form)"
        return .http(request) { status, content in
            (200...201).contains(status) && content.lowercased().split(separator: " ").first == "allow"
        }
    }
}
