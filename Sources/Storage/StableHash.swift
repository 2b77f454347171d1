/// A 64-bit hash that is the same in every process and on every machine: FNV-1a (Fowler, Noll and
/// Vo), then the finalizer of SplitMix64 to spread short keys over all bits.
func stableHash(_ text: String, salt: UInt64) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ salt
  for byte in text.utf8 {
    hash ^= UInt64(byte)
    hash &*= 0x0000_0100_0000_01B3
  }
  hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
  hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
  return hash ^ (hash >> 31)
}
