/// How a forward pass multiplies with the model's weights. A backward pass is always in float32.
public enum Arithmetic: Sendable, CaseIterable {
  /// All of it in float32: what reported numbers are computed with.
  case float32
  /// By the integer codes that the file holds, exactly, with the other factor rounded to 16 bits in
  /// blocks of 32; weights that the file holds otherwise in float32. About twice as fast: what drawing
  /// and training use.
  case codes
}
