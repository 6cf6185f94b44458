import AuthConfiguration

/// authhost.conf(5), made of the table of items.
enum ConfigurationPage {
    static func page() -> ManualPage {
        var page = ManualPage("authhost.conf", section: 5, summary: "configuration of authhost")
        page.heading("DESCRIPTION")
        page.text(
            """
            Each line sets an item: its name, and its value behind white space. A value with white space stands in double \
            quotes. `#` begins a comment. Items whose name begins with `add-` open a block, which `end-` and the rest of the \
            name close. Every item but a block is an option of the command line as well, `--`NAME VALUE, which wins over the \
            file.

            In paths `%r` stands for application-root, `%a` for application-name and `%h` for the host's name. `${NAME}` and \
            `${ENV:NAME}` are variables. `authhost config check` says whether a start would serve, `authhost config explain` \
            what an item takes.

            A file that begins with `<` is read as XML, as 60East AMPS has its configuration.
            """)
        page.heading("ITEMS")
        for item in ItemDefinition.all { entry(item, &page) }
        for item in ItemDefinition.all {
            guard case .block(let options) = item.type else { continue }
            page.subheading("Lines of \(item.name)")
            for option in options { entry(option, &page) }
        }
        page.heading("FILES")
        page.entry(Configuration.usualFile, "", "The file that is read where no `-c` names another.")
        page.seeAlso(
            ["authhost(1)", "authhost-config-check(1)", "authhost-config-explain(1)"] + DoorPages.names
                + ModulePages.names)
        return page
    }

    private static func entry(_ item: ItemDefinition, _ page: inout ManualPage) {
        let type = [item.type.name, item.type.unitName, item.type.rangeDescription].filter { !$0.isEmpty }
        var text = CommandPages.asSentence(item.help)
        if item.isRequired {
            text += " Needed."
        } else {
            text += " Default: \(item.defaultNote ?? item.defaultText.map { "`\($0)`" } ?? "unset")."
        }
        if item.isReloadable { text += " HUP changes it." }
        if let remark = item.availability.withoutEffect { text += " It \(remark)." }
        page.entry(item.name, type.joined(separator: ", "), text)
    }
}

extension CommandPages {
    /// A help as a sentence.
    static func asSentence(_ text: String) -> String {
        let first = text.prefix(1).uppercased() + text.dropFirst()
        return first.hasSuffix(".") ? first : first + "."
    }
}
