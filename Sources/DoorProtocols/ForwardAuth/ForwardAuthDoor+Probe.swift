extension ForwardAuthDoor {
    /// How `doctor` asks it.
    public static func probe(_ settings: DoorSettings) -> DoorProbe? { nginxProbe(ForwardingProxy.nginx.path) }

    /// Asks as nginx does, with a password, and lets in by a status of 2xx.
    static func nginxProbe(_ path: String) -> DoorProbe {
        // `doctor:doctor`.
        let request =
            "GET \(path) HTTP/1.1\r\nhost: doctor\r\nauthorization: Basic ZG9jdG9yOmRvY3Rvcg==\r\nx-original-method: GET\r\n"
            + "x-original-uri: /doctor\r\n\r\n"
        return .http(request) { status, _ in (200...299).contains(status) }
    }
}
