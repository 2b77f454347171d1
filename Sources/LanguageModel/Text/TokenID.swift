/// A token's number in the vocabulary.
public typealias TokenID = Int32
