import Accounts
import CLibXML2

/// Lends the attributes of one element as libxml2 hands them over: five pointers each.
struct AttributeList {
    let pointers: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    let count: Int

    /// The local name, or the prefix of a name that has one: no attribute of the format is called so.
    func name(_ index: Int) -> UnsafePointer<xmlChar>? {
        // SAFETY: SAX2 passes 5 pointers an attribute: local name, prefix, URI, begin and end of the value.
        guard let row = pointers.map({ $0 + index * 5 }) else { return nil }
        return row[1] ?? row[0]
    }

    func value(_ index: Int) -> LentText {
        // SAFETY: as above; the value lives until the callback returns.
        guard let row = pointers.map({ $0 + index * 5 }), let begin = row[3], let end = row[4] else {
            return LentText(start: nil, count: 0)
        }
        return LentText(start: begin, count: end - begin)
    }
}

/// Finds the values of one element by attribute.
struct AttributeValues {
    private let list: AttributeList
    /// For each attribute, 1 + its index in the list; 0 when it is not there.
    private var slots = InlineArray<32, UInt8>(repeating: 0)

    init(_ list: AttributeList) { self.list = list }

    mutating func put(_ attribute: Attribute, at index: Int) {
        slots[attribute.rawValue] = UInt8(truncatingIfNeeded: index + 1)
    }

    subscript(attribute: Attribute) -> LentText? {
        let slot = slots[attribute.rawValue]
        return slot == 0 ? nil : list.value(Int(slot) - 1)
    }

    /// The value of a required attribute.
    func required(_ attribute: Attribute) -> LentText { self[attribute] ?? LentText(start: nil, count: 0) }
}

/// Knows the names of elements and attributes as a parser's dictionary holds them: one pointer comparison each.
struct ParserNames {
    private var elements = InlineArray<10, UnsafePointer<xmlChar>?>(repeating: nil)
    private var attributes = InlineArray<23, UnsafePointer<xmlChar>?>(repeating: nil)
    private var grammars = InlineArray<10, ElementGrammar>(repeating: ElementGrammar(of: .root))

    init(_ dictionary: xmlDictPtr?) {
        for element in Element.allCases {
            elements[element.rawValue] = xmlDictLookup(dictionary, element.name, -1)
            grammars[element.rawValue] = ElementGrammar(of: element)
        }
        for attribute in Attribute.allCases {
            attributes[attribute.rawValue] = xmlDictLookup(dictionary, attribute.text, -1)
        }
    }

    func grammar(of element: Element) -> ElementGrammar { grammars[element.rawValue] }

    func element(_ name: UnsafePointer<xmlChar>, in mask: UInt32) -> Element? {
        var left = mask
        while left != 0 {
            let index = left.trailingZeroBitCount
            if elements[index] == name { return Element(rawValue: index) }
            left &= left - 1
        }
        return nil
    }

    func attribute(_ name: UnsafePointer<xmlChar>?, in mask: UInt32) -> Attribute? {
        var left = mask
        while left != 0 {
            let index = left.trailingZeroBitCount
            if attributes[index] == name { return Attribute(rawValue: index) }
            left &= left - 1
        }
        return nil
    }
}
