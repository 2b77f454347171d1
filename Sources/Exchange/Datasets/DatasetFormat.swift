/// The dataset formats that labels come and go in.
public enum DatasetFormat: String, CaseIterable, Sendable {
  /// Ours, lossless: one submission a line with its slate.
  case rankings
  /// Demonstrations as TRL's supervised fine-tuning reads them.
  case trlSFT = "trl-sft"
  /// Strict pairs as TRL's reward and preference training read them; ties are lost.
  case trlPreference = "trl-preference"
}
