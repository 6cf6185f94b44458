extension ModuleLoader {
    /// Checks the request as far as that is possible without running code of the module: its file, owner and permissions,
    /// what its note says, and the configured options against those that it declares.
    ///
    /// - Throws: ``ModuleError``, as ``load(services:)`` would for the same reason.
    public func checkOptions() throws(ModuleError) -> ModuleInspection {
        let inspection = try inspect()
        guard inspection.hasDescriptor || !inspection.bareEntries.isEmpty else {
            throw ModuleError(
                .noDescriptor, request.module,
                "`\(inspection.path)` exports neither the function `auth_module` nor an entry point such as `auth_new_user`"
            )
        }
        guard inspection.hasDescriptor || request.allowsBare else {
            throw ModuleError(
                .bareNotAllowed, request.module,
                "`\(inspection.path)` has no descriptor; such a module is loaded with `allow-bare-modules TRUE`")
        }
        _ = try ModuleOptions(
            module: request.module, declared: inspection.options, settings: request.settings, search: request.search)
        return inspection
    }
}

extension ModuleError.Code {
    /// Whether the configuration of the module's options is at fault, and not its file.
    public var isOption: Bool { [.unknownOption, .badOptionValue, .missingOption].contains(self) }
}
