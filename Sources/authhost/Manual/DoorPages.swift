import DoorProtocols

/// The page of each type of door, made of what the type declares.
enum DoorPages {
    static let names = DoorTypes.all.map { "authhost-door-\($0.name)(7)" }

    static func all() -> [ManualPage] { DoorTypes.all.map(page) }

    private static func page(_ type: any DoorType.Type) -> ManualPage {
        var page = ManualPage(
            "authhost-door-\(type.name)", section: 7, summary: "the door \(type.name) of authhost, for \(type.summary)")
        page.heading("SYNOPSIS")
        let options = type.options.map {
            "\n      option  \($0.name) \($0.defaultText.isEmpty ? "VALUE" : $0.defaultText)"
        }
        page.text(
            "  add-door\n      type    \(type.name)\n      socket  /run/authhost/\(type.name).sock\(options.joined())\n  end-door"
        )
        page.heading("DESCRIPTION")
        page.text("Serves \(type.summary).")
        page.text("The lines of the block are described in authhost.conf(5), below `add-door`.")
        if !type.options.isEmpty {
            page.heading("OPTIONS")
            for option in type.options {
                let standard = option.defaultText.isEmpty ? "" : " Default: `\(option.defaultText)`."
                page.entry(option.name, kind(option.kind), CommandPages.asSentence(option.help) + standard)
            }
        }
        if let template = type.template {
            page.heading("OBJECTS")
            page.text(
                "A request is checked against the object that the line `object` names, `\(template.defaultText)` without it."
            )
            for letter in template.letters {
                page.entry("%\(letter.letter)", "", CommandPages.asSentence(letter.meaning))
            }
        }
        if !type.patience.isEmpty {
            page.heading("TIMES")
            for client in type.patience {
                let setting = client.setting.map { ", or as long as its `\($0)` says" } ?? ""
                page.entry(client.client, "", "Waits \(client.limit.components.seconds) s for an answer\(setting).")
            }
        }
        page.seeAlso(["authhost(1)", "authhost.conf(5)", "authhost-doctor(1)"])
        return page
    }

    private static func kind(_ kind: DoorOption.Kind) -> String {
        switch kind {
        case .flag: "TRUE | FALSE"
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): words.joined(separator: " | ")
        case .text: "text"
        }
    }
}
