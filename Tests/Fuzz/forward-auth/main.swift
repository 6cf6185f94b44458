import AuthCore
import Conversing
import Fuzzing

@testable import DoorProtocols

/// Reads one input as a request at the forward-auth door, in one piece and in two, and looks at everything that the door would
/// take from it.
func read(_ bytes: [UInt8]) {
    var whole = StrictRequestReader(limits: .forwarded)
    guard outcome(of: &whole, bytes) else { return }
    var parts = StrictRequestReader(limits: .forwarded)
    _ = outcome(of: &parts, Array(bytes[..<(bytes.count / 2)]))
    precondition(outcome(of: &parts, bytes), "a request is none when it comes in two parts")
    precondition(parts.head.body == whole.head.body && parts.head.path == whole.head.path, "two parts read otherwise")
    look(whole.head, bytes)
}

/// Whether a request is complete.
func outcome(of reader: inout StrictRequestReader, _ bytes: [UInt8]) -> Bool {
    do throws(RequestRefusal) {
        return try reader.read(bytes.span)
    } catch {
        expectReadable(error.detail)
        return false
    }
}

func look(_ head: RequestHead, _ bytes: [UInt8]) {
    _ = head.acceptsHTML(bytes.span)
    do throws(RequestRefusal) {
        if let address = try head.forwardedFor(bytes.span) {
            precondition(!address.contains(UInt8(ascii: ",")), "an address with a comma")
        }
        if let proxy = ForwardingProxy.asking(at: head.path, bytes.span) {
            ask(try ForwardedRequest(proxy, head, bytes.span))
        }
        fill(try FormFields(bytes.span, head.query))
        fill(try FormFields(bytes.span, head.body))
    } catch {
        expectReadable(error.detail)
    }
}

let template = try ObjectTemplate("/web/%h/%m%p")

func ask(_ request: ForwardedRequest) {
    if let check = request.check(template) {
        // By bytes: a character of text may be a slash with an accent.
        let segments = check.name.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .dropFirst()
        precondition(segments.first?.elementsEqual("web".utf8) == true, "asked about \(check.name)")
        let isOdd = segments.contains { $0.isEmpty || $0.elementsEqual("..".utf8) || $0.elementsEqual(".".utf8) }
        precondition(!isOdd, "asked about \(check.name)")
    }
    lead(request.target.flatMap { ReturnPath($0) })
}

func fill(_ form: FormFields) {
    lead(form["rd"].flatMap { ReturnPath($0) })
    _ = form["token"]
}

/// A browser goes to the same site, whatever it makes of backslashes, tabs and escapes.
func lead(_ path: ReturnPath?) {
    guard let path else { return }
    let bytes = Array(path.text.utf8)
    let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
    let decoded = PercentEncoding.decode(bytes.span, 0..<end) ?? []
    precondition(bytes.first == UInt8(ascii: "/"), "leads to \(path.text)")
    precondition(bytes.allSatisfy { (0x21...0x7e).contains($0) }, "leads to \(path.text)")
    for path in [Array(bytes[..<end]), decoded] {
        precondition(!path.starts(with: "//".utf8) && !path.contains(UInt8(ascii: "\\")), "leads to another host")
        precondition(!path.contains { $0 < 0x20 }, "leads to where a control is")
    }
}

fuzz { data, size in
    read(Array(UnsafeBufferPointer(start: data, count: size)))
    converse(ForwardAuthDoor.self, Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
