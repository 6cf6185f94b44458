import Accounts
import CLibXML2

/// Owns one push parser and the parse that follows it.
final class UsersSession: UsersFeed {
    private let path: String
    private let parse: UnsafeMutablePointer<UsersParse>
    private var context: xmlParserCtxtPtr?
    private var hasParse = false

    /// survey: gathers what a check wants to know, and takes every fault in place of the first.
    init(path: String, allowsPlain: Bool, survey: UsersSurvey? = nil) throws(UsersFileError) {
        self.path = path
        parse = .allocate(capacity: 1)
        xmlInitParser()
        var handler = UsersParse.handler()
        // SAFETY: libxml2 copies the handler; the session owns both the context and the parse behind its user data.
        guard let context = xmlCreatePushParserCtxt(&handler, parse, nil, 0, nil) else {
            throw UsersFileError(code: .unreadable, file: path, line: 0, column: 0, message: "libxml2 cannot start")
        }
        self.context = context
        // NOENT makes `&amp;` in a value one byte. It opens nothing: a bare handler knows no entity but the five of XML, and
        // stops at a document type, without which there are no others.
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue))
        var builder = SnapshotBuilder(allowsPlain: allowsPlain)
        do {
            _ = try builder.addFile(path)
        } catch {
            throw UsersFileError(error, file: path, place: Place(line: 0))
        }
        parse.initialize(to: UsersParse(path: path, context: context, builder: builder, survey: survey))
        hasParse = true
    }

    deinit {
        // SAFETY: made by `init`, freed once; no document was built.
        if let context { xmlFreeParserCtxt(context) }
        if hasParse { parse.deinitialize(count: 1) }
        parse.deallocate()
    }

    func feed(_ bytes: UnsafeRawBufferPointer) throws(UsersFileError) {
        guard let context else { return }
        switch PushParser(context: context).feed(bytes) {
        case .going: break
        case .stopped(let code): parse.pointee.stopped(code: code)
        case .tooLong(let line, let column): parse.pointee.tooLong(line, column)
        }
        if let error = parse.pointee.error { throw error }
    }

    /// Makes the accounts; the session is of no use afterwards.
    func finish() throws(UsersFileError) -> AccountSnapshot {
        guard hasParse else {
            throw UsersFileError(
                code: .unreadable, file: path, line: 0, column: 0, message: "the file was read already")
        }
        hasParse = false
        return try parse.move().build()
    }
}
