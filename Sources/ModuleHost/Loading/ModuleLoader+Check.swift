extension ModuleLoader {
    /// Checks the request as far as that is possible without running code of the module: its file, owner and permissions,
    /// the libraries it needs, what its note says, and the configured options against those that it declares.
    ///
    /// - Throws: ``ModuleError``, as ``load(services:)`` would for the same reason.
    public func checkOptions() throws(ModuleError) -> ModuleInspection {
        let image = try read()
        let inspection = try ModuleInspection(image)
        try NeededLibraries(image, inspection, request.trust).check()
        try checkMemory(of: inspection, image)
        _ = try checkKind(of: inspection)
        _ = try ModuleOptions(
            module: request.module, declared: inspection.options, settings: request.settings, search: request.search)
        return inspection
    }

    /// Checks what the file asks of memory: where it may be executed, and what besides its code would be.
    func checkMemory(of inspection: ModuleInspection, _ image: ModuleImage) throws(ModuleError) {
        if image.isNoExec {
            throw ModuleError(
                .noexecFolder, request.module,
                "`\(image.path)` lies in a file system that is mounted noexec; one that may hold programs is accepted")
        }
        let fault = ModuleError.memory(
            of: "`\(image.path)`", inspection.wantsExecutableStack, inspection.hasTextRelocations, request.module)
        if let fault { throw fault }
    }

    /// Checks that the file is a module, and one that may be loaded.
    ///
    /// - Returns: the generation of one without a descriptor.
    func checkKind(of inspection: ModuleInspection) throws(ModuleError) -> UInt32 {
        if inspection.hasDescriptor { return 0 }
        guard !inspection.bareEntries.isEmpty else {
            throw ModuleError(
                .noDescriptor, request.module,
                "`\(inspection.path)` exports neither the function `auth_module` nor an entry point such as `auth_new_user`"
            )
        }
        let found =
            "`\(inspection.path)` has no descriptor, only \(inspection.bareEntries.map { "`\($0)`" }.joined(separator: ", "))"
        guard request.allowsBare else {
            throw ModuleError(
                .bareNotAllowed, request.module,
                "\(found); such a module is loaded with `allow-bare-modules TRUE` and `bare-generation`, 6 or 7")
        }
        guard inspection.builtGeneration != 9 else {
            throw ModuleError(
                .noDescriptor, request.module,
                "\(found), and it was built against the header of generation 9, whose modules have an AUTH_MODULE line")
        }
        // The functions of both have the same names and other parameters: a guess would hand them wrong ones.
        guard let generation = request.bareGeneration, [6, 7].contains(generation) else {
            throw ModuleError(
                .bareGeneration, request.module,
                "\(found), and nothing in it tells its generation; `bare-generation` says with which SDK it was built, "
                    + "6 or 7, as `auth_map_object` takes four parameters in 6 and five in 7")
        }
        if let built = inspection.builtGeneration, built != generation {
            throw ModuleError(
                .bareGeneration, request.module,
                "\(found); `bare-generation` says \(generation), and its source said AUTH_GENERATION \(built)")
        }
        return generation
    }
}

extension ModuleError.Code {
    /// Whether the configuration of the module's options is at fault, and not its file.
    public var isOption: Bool { [.unknownOption, .badOptionValue, .missingOption].contains(self) }
}

extension ModuleError {
    /// Why a file may not be mapped that asks for memory which can be written and executed; nil for one that does not.
    ///
    /// - Parameter what: the module, or a library that it needs.
    static func memory(of what: String, _ executableStack: Bool, _ textRelocations: Bool, _ module: String)
        -> ModuleError?
    {
        if executableStack {
            return ModuleError(
                .executableStack, module,
                "\(what) asks for executable stacks, for every thread of the host; link it with `-z noexecstack`, "
                    + "and its assembly with a section `.note.GNU-stack`")
        }
        if textRelocations {
            return ModuleError(
                .textRelocations, module,
                "\(what) has relocations in its code, which would have to be writable; compile it with `-fPIC`, "
                    + "link it with `-z text`")
        }
        return nil
    }
}
