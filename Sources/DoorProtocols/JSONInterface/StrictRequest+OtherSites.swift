extension StrictRequest {
    /// Whether a browser says that a page of another site made it send this (`Sec-Fetch-Site`, Fetch Metadata; `Origin`,
    /// RFC 6454, section 7). What programs send says neither.
    ///
    /// Throws: ``RequestRefusal`` where a field comes twice.
    var isOfOtherSite: Bool {
        get throws(RequestRefusal) {
            if let site = try text(.fetchSite), site != "same-origin", site != "none" { return true }
            guard let origin = try text(.origin) else { return false }
            guard let host = try text(.host), !host.isEmpty else { return true }
            return origin != "http://\(host)" && origin != "https://\(host)"
        }
    }

    private func text(_ name: FieldName) throws(RequestRefusal) -> String? {
        try field(name).map { String(decoding: copy($0), as: UTF8.self).lowercased() }
    }
}

extension FieldName {
    fileprivate static let fetchSite = FieldName("sec-fetch-site")
    fileprivate static let origin = FieldName("origin")
}
